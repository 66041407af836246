"""`purge JOB`: remove a job from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui_importer.cli import completers
from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.flags import yes_flag
from tui_importer.cli.journal_refusals import refused_not_paused
from tui_importer.cli.output import note
from tui_importer.cli.prompts import can_ask, confirmed
from tui_importer.config import paths
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from tui_importer.engine.job.store import Jobs


class NotConfirmed(ImporterError):
    """Purge without a yes."""

    kind = "not_confirmed"


@click.command("purge", cls=ImporterCommand)
@click.argument("job", shell_complete=completers.jobs)
@yes_flag
def command(job: str, *, yes: bool) -> int:
    """Remove JOB and everything kept of it on this machine. Nothing in WorkOS is changed."""
    from tui_importer.engine.job.store import Jobs

    found = Jobs(paths().jobs)
    with refused_not_paused():
        what = _contents(found, job)
    if not yes:
        _confirm(what)
    found.purge(job)
    note(f"{safe(job)} was removed; nothing in WorkOS was changed.")
    return ExitCode.DONE


def _confirm(what: str) -> None:
    """Return after a yes. Raises NotConfirmed."""
    if not can_ask():
        raise NotConfirmed(f"This removes {what}.", "Give --yes.")
    try:
        yes = confirmed(f"Remove {what}? Nothing in WorkOS is changed.")
    except EOFError:
        yes = False
    if not yes:
        raise NotConfirmed("Nothing was removed.")


def _contents(found: Jobs, name: str) -> str:
    """Describe what a purge removes; a job that is damaged can be removed, too. Raises JobNotFound, NotRemoved."""
    from tui_importer.journal.errors import JournalBusy, JournalCorrupt, JournalNewer, JournalUnwritable, NotRemoved

    try:
        _, _, job = found.options_of(name)
    except (JournalCorrupt, JournalNewer) as error:
        return f"a job that cannot be read ({error.message})"
    except JournalBusy:
        raise
    except JournalUnwritable as error:
        raise NotRemoved(error.message, "Check its permissions, or remove it by hand.") from error
    return f"the journal of {plural(job.totals.rows, 'row')} ({job.totals.pending:,} of them pending)"
