"""The commands: names, flags and help. Each factory joins a declaration to the body that does the work.

A body takes the command's request and returns the exit code. `main` registers the commands that exist.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui_importer.cli import requests
from tui_importer.cli.options import (
    json_flag,
    resume_flags,
    run_flags,
    run_request,
    scan_request,
    source_argument,
    yes_flag,
)
from tui_importer.cli.reading import reading_flags
from tui_importer.cli.terminal import require_terminal
from tui_importer.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

_EXIT_CODES = "\b\nExit codes:\n" + "\n".join(f"{code:>3}  {code.meaning}" for code in ExitCode)


def lazy(place: str) -> Callable[[Any], int]:
    """A body that is imported from `module:function` when it is called."""
    module, _, function = place.partition(":")

    def body(request: object) -> int:
        code: int = getattr(importlib.import_module(module), function)(request)
        return code

    return body


def run(body: Callable[[requests.RunRequest], int]) -> click.Command:
    """`run CSV`."""

    @click.command("run", epilog=_EXIT_CODES)
    @source_argument
    @run_flags
    @click.pass_context
    def command(context: click.Context, /, source: Path, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Import the users of CSV without a screen: progress on stderr, the summary on stdout.

        Shows the plan and asks before anything is written. The API key comes from WORKOS_API_KEY or a prompt.
        """
        return body(run_request(context, source, values))

    return command


def resume(body: Callable[[requests.RunRequest], int]) -> click.Command:
    """`resume [JOB]`."""

    @click.command("resume", epilog=_EXIT_CODES)
    @click.argument("job", required=False)
    @resume_flags
    @click.pass_context
    def command(context: click.Context, /, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Go on with JOB where it stood; without a name, with the only unfinished job.

        Flags that are not given again stay as the job has them.
        """
        return body(run_request(context, None, values))

    return command


def retry(body: Callable[[requests.RetryRequest], int]) -> click.Command:
    """`retry JOB`."""

    @click.command("retry", epilog=_EXIT_CODES)
    @click.argument("job")
    @click.option("--kind", metavar="K", default=None, help="Only failures of this kind, as `errors` names it.")
    @resume_flags
    @click.pass_context
    def command(context: click.Context, /, kind: str | None, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Try the failed rows of JOB again: each goes on at the step that failed, and every attempt is kept.

        Rows that the scan refused are not tried again: the job's rows are frozen.
        """
        return body(requests.RetryRequest(run_request(context, None, values), kind))

    return command


def jobs(body: Callable[[requests.JobsRequest], int]) -> click.Command:
    """`jobs`."""

    @click.command("jobs")
    @json_flag
    def command(json: bool) -> int:  # noqa: FBT001 - click passes by name
        """List the jobs on this machine, newest first."""
        return body(requests.JobsRequest(json))

    return command


def scan(body: Callable[[requests.ScanRequest], int]) -> click.Command:
    """`scan CSV`."""

    @click.command("scan", epilog=_EXIT_CODES)
    @source_argument
    @reading_flags
    @json_flag
    def command(source: Path, **values: Any) -> int:  # noqa: ANN401 - click's values
        """Read the whole CSV without any request: what becomes of its columns, its problems by row and line.

        Ends with 1 when some rows could not be imported, with 2 when the file as a whole could not.
        """
        return body(scan_request(source, values))

    return command


def errors(body: Callable[[requests.ErrorsRequest], int]) -> click.Command:
    """`errors JOB`."""

    @click.command("errors")
    @click.argument("job")
    @click.option("--output", metavar="F", type=click.Path(path_type=Path), default=None, help="A file, not stdout.")
    def command(job: str, output: Path | None) -> int:
        """Export the failed rows of JOB as CSV, each with what failed and why."""
        return body(requests.ErrorsRequest(job, output))

    return command


def purge(body: Callable[[requests.PurgeRequest], int]) -> click.Command:
    """`purge JOB`."""

    @click.command("purge")
    @click.argument("job")
    @yes_flag
    def command(job: str, yes: bool) -> int:  # noqa: FBT001 - click passes by name
        """Remove JOB and everything kept of it on this machine. Nothing in WorkOS is changed."""
        return body(requests.PurgeRequest(job, yes))

    return command


def open_(body: Callable[[requests.OpenRequest], int]) -> click.Command:
    """`open CSV|JOB`."""

    @click.command("open")
    @click.argument("target", metavar="CSV|JOB")
    def command(target: str) -> int:
        """Start the console at a new job for CSV, or at JOB."""
        require_terminal()
        return body(requests.OpenRequest(target))

    return command


def demo(body: Callable[[requests.DemoRequest], int]) -> click.Command:
    """`demo`."""

    @click.command("demo")
    @click.option("--keep", is_flag=True, help="Keep the demo's folder and say where it is.")
    def command(keep: bool) -> int:  # noqa: FBT001 - click passes by name
        """A sandbox, a generated CSV file and the console: the whole journey without an account."""
        require_terminal()
        return body(requests.DemoRequest(keep))

    return command


def sandbox(body: Callable[[requests.SandboxRequest], int]) -> click.Command:
    """`sandbox`."""

    def count(flag: str, default: int | None, text: str, *, metavar: str = "N") -> Callable[[Any], Any]:
        number = click.IntRange(min=0)
        return click.option(flag, type=number, metavar=metavar, default=default, show_default=True, help=text)

    kinds = "500, 503, html, drop_before, drop_after, no_answer, slow, truncated"

    @click.command("sandbox")
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
