"""Driving a job without a screen: consent, plan, progress, exit code, summary."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tui_importer.cli.error_boundary import unfinished_job
from tui_importer.cli.output import delivered, not_shown, note, write, write_json
from tui_importer.cli.progress import Progress, draining, wait_for
from tui_importer.cli.prompts import ask, can_ask, confirmed
from tui_importer.errors import ExitCode, ImporterError, lacking
from tui_importer.report.plan import plan_lines
from tui_importer.report.summary import summary_document, summary_lines, summary_of
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.cli.run_request import RunRequest
    from tui_importer.engine.job.job import Job
    from tui_importer.engine.job.store import Jobs
    from tui_importer.engine.plan.plan import Environment, Plan


class ConsentMissing(ImporterError):
    """Missing yes to the plan."""

    kind = "consent_missing"


class Declined(ImporterError):
    """No as the answer to the plan."""

    kind = "declined"


class LeftUndecided(ImporterError):
    """Plan without an answer, as the operator left: the job is kept."""

    kind = "interrupted"
    exit_code = ExitCode.INTERRUPTED


def naming_unfinished(jobs: Jobs, name: str) -> contextlib.AbstractContextManager[None]:
    """Report an unforeseen error in this context with the command that resumes the job, unless that is over."""

    def is_unfinished() -> bool:
        with contextlib.suppress(ImporterError):  # its folder is gone, or it cannot be read
            return not jobs.options_of(name)[2].is_over
        return False

    return unfinished_job(safe(name), is_unfinished)


def check_consent(request: RunRequest, environment: Environment, name: str) -> None:
    """Refuse early what would be refused after the scan."""
    if environment.name != "PRODUCTION" or request.confirm_production == name:
        return
    if request.confirm_production:
        raise ConsentMissing(
            f"--confirm-production says {safe(request.confirm_production)!r}, but the job is named {safe(name)!r}.",
            "Give the job's own name: --job NAME --confirm-production NAME.",
        )
    if request.yes or not can_ask():
        raise ConsentMissing(
            f"The key {environment.key_hint} writes to PRODUCTION.",
            f"If you mean it: --job {safe(name)} --confirm-production {safe(name)}",
        )


def drive(
    job: Job,
    request: RunRequest,
    environment: Environment,
    *,
    agreed: bool,
    planned: Callable[[], None] = lambda: None,
    retried: bool = False,
) -> int:
    """Plan and ask unless that is done, then import; return the exit code. Raises ImporterError when refused.

    A plan that was `agreed` to before is shown again as long as nothing was written.
    `planned` is called when the source is not needed any more. With `retried` only the rows that were made pending
    again are tried; the others wait for `resume`.
    """
    progress = Progress()
    if not (agreed and job.begun):
        plan = scan_and_plan(job, progress)
        if plan is None:
            return job.exit_code
        planned()
        for line in plan_lines(plan):
            note(line)
        if not agreed:
            _ask(job, request, environment)
            job.accept(environment.name)
    with draining(job) as drain:
        job.start(request.canary, retried=retried)
        wait_for(job, progress, drain)
    _raise_refusal(job)
    if job.canary_done and not retried and _wants_rest(job, request):
        with draining(job) as drain:
            job.start()
            wait_for(job, progress, drain)
        _raise_refusal(job)
    return job.exit_code


def _wants_rest(job: Job, request: RunRequest) -> bool:
    """Whether the operator at a terminal wants the other rows, too, after the canary. Without one it stays paused."""
    if request.yes or not can_ask():
        return False
    snapshot = job.snapshot()
    note(f"Canary: {snapshot.reason}.")
    try:
        return confirmed(f"Go on with the other {plural(snapshot.totals.pending, 'row')}?")
    except (EOFError, KeyboardInterrupt):
        return False


def scan_and_plan(job: Job, progress: Progress) -> Plan | None:
    """Scan and plan; None when that was stopped in a way that can be resumed."""
    with draining(job) as drain:
        job.prepare()
        wait_for(job, progress, drain)
        if drain.pending:  # it came when everything was done already
            raise KeyboardInterrupt
    _raise_refusal(job)
    return job.plan()


def _raise_refusal(job: Job) -> None:
    if job.error is not None and job.exit_code == ExitCode.REFUSED:
        raise job.error


def _ask(job: Job, request: RunRequest, environment: Environment) -> None:
    """Ask for a yes to the plan. Raises Declined, LeftUndecided."""
    if request.yes:
        return
    try:
        if environment.name == "PRODUCTION" and not request.confirm_production:
            question = f"This writes to PRODUCTION. Type the job's name ({safe(job.name)}) to begin: "
            agreed = ask(question) == job.name
        else:
            agreed = confirmed("Begin the import?")
    except (EOFError, KeyboardInterrupt) as error:
        raise LeftUndecided(
            "Nothing was written: nobody said yes.", f"Go on with: tui-importer resume {safe(job.name)}"
        ) from error
    if not agreed:
        raise Declined("Nothing was written.")


def print_summary(request: RunRequest, folder: Path, code: int) -> None:
    """Write what became of a job whose command ends with `code`. Raises OutputLost."""
    try:
        summary = summary_of(folder)
    except Exception as error:
        if (lack := lacking(error)) is None:
            raise
        raise not_shown(lack.what, code, folder.name) from error
    with delivered(code, summary.job):
        if request.json:
            write_json(summary_document(summary))
            return
        for line in summary_lines(summary):
            write(line)
        if summary.totals.failed:
            write(f"Look at the failures with: tui-importer errors {safe(summary.job)}")
