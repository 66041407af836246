"""The commands: names, flags and help. Each factory joins a declaration to the body that does the work.

A body takes the command's request and returns the exit code. `main` registers the commands that exist.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui_importer.cli import completion, requests
from tui_importer.cli.flags import (
    json_flag,
    resume_flags,
    run_flags,
    run_request,
    scan_request,
    source_argument,
    yes_flag,
)
from tui_importer.cli.help import HOME_LINES, KEY_LINES, NETWORK_LINES, HelpedCommand
from tui_importer.cli.prompts import require_terminal
from tui_importer.cli.scratch_folders import sweep
from tui_importer.cli.source_flags import reading_flags

if TYPE_CHECKING:
    from collections.abc import Callable


READING = {
    "Reading the file": (
        "delimiter", "encoding", "maps", "mapping_name", "save_mapping", "added_repairs", "left_repairs", "wins",
    ),
}  # fmt: skip
RESUMING = {
    "Where to": ("base_url",),
    "How fast": ("share", "workers", "writes_per_10s"),
    "Safety": ("yes", "max_failed", "give_up_after", "confirm_production"),
}


def lazy(place: str) -> Callable[[Any], int]:
    """A body that is imported from `module:function` when it is called."""
    module, _, function = place.partition(":")

    def body(request: object) -> int:
        sweep()
        code: int = getattr(importlib.import_module(module), function)(request)
        return code

    return body


def run(body: Callable[[requests.RunRequest], int]) -> click.Command:
    """`run CSV`."""

    @click.command(
        "run",
        cls=HelpedCommand,
        exit_codes=True,
        groups={
            "What everybody needs first": ("dry_run", "yes", "profile", "job"),
            "What is imported": ("limit", "canary"),
            "Where to": ("base_url",),
            "How fast": ("share", "workers", "writes_per_10s", "chunk_size"),
            "What exists already": ("on_existing", "look_up_users"),
            **READING,
            "Safety": ("max_failed", "give_up_after", "confirm_production"),
        },
        examples=(
            "tui-importer run users.csv --dry-run",
            "tui-importer run users.csv --canary 10",
            "tui-importer run users.csv --yes --json > summary.json",
            "zcat users.csv.gz | tui-importer run - --yes --job acme",
            "tui-importer run users.csv --profile live --job acme \\",
            "    --confirm-production acme",
        ),
        variables=(*KEY_LINES, *HOME_LINES, *NETWORK_LINES),
    )
    @source_argument
    @run_flags
    @click.pass_context
    def command(context: click.Context, /, source: Path, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Import the users of CSV without a screen: progress on stderr, the summary on stdout.

        CSV is a file, or - for standard input. Shows the plan and asks before anything is written. Defaults are those
        without a config file.
        """
        return body(run_request(context, source, values))

    return command


def resume(body: Callable[[requests.RunRequest], int]) -> click.Command:
    """`resume [JOB]`."""

    @click.command(
        "resume",
        cls=HelpedCommand,
        exit_codes=True,
        groups=RESUMING,
        examples=("tui-importer resume", "tui-importer resume acme-2026-11-02 --share 50"),
        variables=(*KEY_LINES, *HOME_LINES, *NETWORK_LINES),
    )
    @click.argument("job", required=False, shell_complete=completion.jobs)
    @resume_flags
    @click.pass_context
    def command(context: click.Context, /, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Resume JOB where it stood; without a name, the only unfinished job.

        Flags that are not given again stay as the job has them.
        """
        return body(run_request(context, None, values))

    return command


def retry(body: Callable[[requests.RetryRequest], int]) -> click.Command:
    """`retry JOB`."""

    @click.command(
        "retry",
        cls=HelpedCommand,
        exit_codes=True,
        groups={"Which rows": ("kind",), **RESUMING},
        examples=("tui-importer retry acme-2026-11-02", "tui-importer retry acme-2026-11-02 --kind invalid_role"),
        variables=(*KEY_LINES, *HOME_LINES, *NETWORK_LINES),
    )
    @click.argument("job", shell_complete=completion.jobs)
    @click.option(
        "--kind",
        metavar="K",
        default=None,
        help="Only failures of this kind, as `errors` names it. [default: all]",
        shell_complete=completion.kinds,
    )
    @resume_flags
    @click.pass_context
    def command(context: click.Context, /, kind: str | None, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Try the failed rows of JOB again: each resumes at the step that failed, and every attempt is kept.

        Invalid rows are not tried again: the job's rows are frozen.
        """
        return body(requests.RetryRequest(run_request(context, None, values), kind))

    return command


def jobs(body: Callable[[requests.JobsRequest], int]) -> click.Command:
    """`jobs`."""

    @click.command("jobs", cls=HelpedCommand, variables=HOME_LINES)
    @json_flag
    def command(json: bool) -> int:  # noqa: FBT001 - click passes by name
        """List the jobs on this machine, newest first."""
        return body(requests.JobsRequest(json))

    return command


def scan(body: Callable[[requests.ScanRequest], int]) -> click.Command:
    """`scan CSV`."""

    @click.command(
        "scan",
        cls=HelpedCommand,
        exit_codes=True,
        groups=READING,
        examples=(
            "tui-importer scan users.csv",
            "tui-importer scan users.csv --map 'Work mail=email' --save-mapping crm",
            "zcat users.csv.gz | tui-importer scan - --json",
        ),
    )
    @source_argument
    @reading_flags
    @json_flag
    def command(source: Path, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Read the whole CSV without any request: what becomes of its columns, its problems by row and line.

        CSV is a file, or - for standard input. Ends with 1 when some rows could not be imported, with 2 when the file
        as a whole could not.
        """
        return body(scan_request(source, values))

    return command


def errors(body: Callable[[requests.ErrorsRequest], int]) -> click.Command:
    """`errors JOB`."""

    @click.command("errors", cls=HelpedCommand, examples=("tui-importer errors acme-2026-11-02 --output failed.csv",))
    @click.argument("job", shell_complete=completion.jobs)
    @click.option(
        "--output",
        metavar="F",
        type=click.Path(path_type=Path),
        default=None,
        help="A file that does not exist yet. [default: stdout]",
    )
    def command(job: str, output: Path | None) -> int:
        """Export the failed rows of JOB as CSV, each with what failed and why."""
        return body(requests.ErrorsRequest(job, output))

    return command


def purge(body: Callable[[requests.PurgeRequest], int]) -> click.Command:
    """`purge JOB`."""

    @click.command("purge", cls=HelpedCommand)
    @click.argument("job", shell_complete=completion.jobs)
    @yes_flag
    def command(job: str, yes: bool) -> int:  # noqa: FBT001 - click passes by name
        """Remove JOB and everything kept of it on this machine. Nothing in WorkOS is changed."""
        return body(requests.PurgeRequest(job, yes))

    return command


def open_(body: Callable[[requests.OpenRequest], int]) -> click.Command:
    """`open CSV|JOB`."""

    @click.command("open", cls=HelpedCommand, variables=(*KEY_LINES, *HOME_LINES))
    @click.argument("target", metavar="CSV|JOB", shell_complete=completion.jobs_or_files)
    def command(target: str) -> int:
        """Start the console at a new job for CSV, or at JOB."""
        require_terminal()
        return body(requests.OpenRequest(target))

    return command


def demo(body: Callable[[requests.DemoRequest], int]) -> click.Command:
    """`demo`."""

    @click.command("demo", cls=HelpedCommand)
    @click.option("--keep", is_flag=True, help="Keep the demo's folder and say where it is.")
    def command(keep: bool) -> int:  # noqa: FBT001 - click passes by name
        """A sandbox, a generated CSV file and the console: the whole journey without an account."""
        require_terminal()
        return body(requests.DemoRequest(keep))

    return command


def completion_(body: Callable[[requests.CompletionRequest], int]) -> click.Command:
    """`completion SHELL`."""

    @click.command(
        "completion",
        cls=HelpedCommand,
        examples=completion.INSTALL,
    )
    @click.argument("shell", metavar="SHELL", type=click.Choice(completion.SHELLS))
    def command(shell: str) -> int:
        """Print the script with which SHELL (bash, zsh or fish) completes commands, options, jobs, profiles and files.

        Type the example of your shell once, then start a new shell.
        """
        return body(requests.CompletionRequest(shell))

    return command


def help_(body: Callable[[requests.HelpRequest], int]) -> click.Command:
    """`help [COMMAND]`."""

    @click.command("help", cls=HelpedCommand, examples=("tui-importer help run",))
    @click.argument("name", metavar="[COMMAND]", required=False, shell_complete=_complete_command)
    def command(name: str | None) -> int:
        """Show the help of COMMAND; without a name, of all."""
        return body(requests.HelpRequest(name))

    return command


def _complete_command(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem[str]]:
    from tui_importer.cli.lazy_group import COMMANDS

    return completion.values(COMMANDS)(context, parameter, incomplete)


def sandbox(body: Callable[[requests.SandboxRequest], int]) -> click.Command:
    """`sandbox`."""

    def count(flag: str, default: int | None, text: str, *, metavar: str = "N") -> Callable[[Any], Any]:
        number = click.IntRange(min=0)
        return click.option(flag, type=number, metavar=metavar, default=default, show_default=True, help=text)

    kinds = "500, 503, html, drop_before, drop_after, no_answer, slow, truncated"

    @click.command(
        "sandbox",
        cls=HelpedCommand,
        groups={
            "Where": ("host", "port"),
            "How it answers": ("latency_ms", "writes_per_10s", "reads_per_10s", "visible_after_ms", "revoke_after"),
            "What goes wrong": ("faults", "seed"),
        },
        examples=("tui-importer sandbox --latency-ms 80 --fault 500:0.02 --fault drop_after:0.02",),
    )
    @click.option("--host", metavar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
    @click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        metavar="N",
        default=4100,
        show_default=True,
        help="0 takes a free one.",
    )
    @count("--latency-ms", 0, "Time that each answer takes.", metavar="MS")
    @count("--writes-per-10s", 500, "0 lifts the limit.")
    @count("--reads-per-10s", 1000, "0 lifts the limit.")
    @count("--visible-after-ms", 0, "How late lookups find a new organization.", metavar="MS")
    @count("--revoke-after", None, "Refuse the key after so many requests.")
    @click.option(
        "--fault", "faults", metavar="KIND:P", multiple=True, help=f"A fault and its probability, repeatable: {kinds}."
    )
    @click.option("--seed", type=int, metavar="N", default=None, help="Makes faults repeatable.")
    @json_flag
    def command(**values: Any) -> int:  # noqa: ANN401 - click's values
        """Serve a stand-in for the WorkOS API on this machine until Ctrl-C.

        The first line says where it is and which key it accepts.
        """
        return body(requests.SandboxRequest(**values))

    return command
