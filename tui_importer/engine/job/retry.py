"""Going over what failed: rows are tried again, or skipped for a reason. The journal keeps every attempt.

A row that is tried again goes on at the step that failed: a user that is there is not created again. Rows that the
scan refused cannot be tried again, since the job's rows are frozen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.text import by_frequency

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from tui_importer.journal.journal import Journal
    from tui_importer.journal.records import FailedStep, Failure

    FirstRows = Callable[[Sequence[int]], dict[int, int]]

FOLLOWS = "first_row_failed"
"""The kind of a row whose person's first row failed: one without the other makes no sense."""

NOT_RETRYABLE = "row"
"""The step of rows that the scan refused."""

LONGEST_REASON = 200
"""Characters kept of the reason for which rows are skipped."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which failures are meant: those that fit all that is given; `rows` None for any row."""

    rows: Collection[int] | None = None
    kind: str | None = None

    def fits(self, row: int, kind: str) -> bool:
        """Whether a failed row is meant. Failures of organizations have no row: every run tries those again."""
        return (self.rows is None or row in self.rows) and (self.kind is None or kind == self.kind)


@dataclass(frozen=True, slots=True)
class Reopened:
    """Rows that become pending again: all of them, and those whose user step had failed."""

    rows: tuple[int, ...]
    without_user: frozenset[int]


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What trying a selection again would do now.

    `rows` become pending; `along` of them are not selected themselves, but belong to a person of whom a row is.
    `kinds` are (kind, rows), the most frequent first. `refused` selected ones cannot be tried again: the scan refused
    them, or their person's first row, or that one was skipped. `later` ones belong to failed organizations, for which
    a running job has to rest first. `requests` are the fewest it can take.
    """

    rows: int
    along: int
    kinds: tuple[tuple[str, int], ...]
    refused: int
    later: int
    requests: int


def retryable(failure: Failure) -> bool:
    """Whether trying again can help."""
    return failure.row is not None and failure.step != NOT_RETRYABLE


class _Choice(NamedTuple):
    failed: Mapping[int, FailedStep]
    selected: set[int]
    chosen: set[int]
    refused: int
    later: int


def _choose(journal: Journal, selection: Selection, first_rows: FirstRows, *, blocked: bool) -> _Choice:
    """With a row go those that failed only because it did, and with such a row goes the first one."""
    known: dict[FailedStep, FailedStep] = {}
    failed: dict[int, FailedStep] = {}  # equal ones are one object: there may be a million rows
    selected: set[int] = set()
    waiting: set[int] = set()
    refused = later = 0
    for row, found in journal.failed_steps():
        fits = selection.fits(row, found.kind)
        if found.step == NOT_RETRYABLE:
            refused += fits
        elif not blocked and found.step == "organization":
            later += fits
            waiting.add(row)
        else:
            failed[row] = known.setdefault(found, found)
            if fits:
                selected.add(row)
    follows = first_rows([row for row, failure in failed.items() if failure.kind == FOLLOWS])
    chosen = selected | {first for row, first in follows.items() if row in selected and first in failed}
    chosen |= {row for row, first in follows.items() if first in chosen}
    alone = {row: first for row, first in follows.items() if row in chosen and first not in chosen}
    chosen -= set(alone)
    held_up = sum(first in waiting for first in alone.values())
    return _Choice(failed, selected, chosen, refused + len(alone) - held_up, later + held_up)


def to_reopen(journal: Journal, selection: Selection, first_rows: FirstRows, *, blocked: bool) -> Reopened:
    """Which rows a selection makes pending again. `blocked` False leaves rows of failed organizations alone.

    `first_rows` gives the first row of a person for those rows that are not it. Raises JournalError.
    """
    choice = _choose(journal, selection, first_rows, blocked=blocked)
    failed = choice.failed
    rows = tuple(sorted(choice.chosen))
    failed_users = [row for row in rows if failed[row].step == "user" and failed[row].kind != FOLLOWS]
    without_user = frozenset(failed_users) - first_rows(failed_users).keys()  # a later row's failure counts no user
    return Reopened(rows, without_user)


def plan_retry(journal: Journal, selection: Selection, first_rows: FirstRows, *, blocked: bool) -> RetryPlan:
    """What `to_reopen` would make pending, in numbers. Raises JournalError."""
    choice = _choose(journal, selection, first_rows, blocked=blocked)
    failed = choice.failed
    kinds = Counter(failed[row].kind for row in choice.chosen)
    return RetryPlan(
        rows=len(choice.chosen),
        along=len(choice.chosen - choice.selected),
        kinds=tuple(by_frequency(kinds)),
        refused=choice.refused,
        later=choice.later,
        requests=_fewest_requests({row: failed[row] for row in choice.chosen}, first_rows),
    )


def _fewest_requests(rows: Mapping[int, FailedStep], first_rows: FirstRows) -> int:
    """One for each step that is missing: an organization, a user by its first row, a membership."""
    waited = [row for row, failure in rows.items() if failure.step == "organization"]
    with_user = set(first_rows(waited)) | {row for row, failure in rows.items() if failure.kind == FOLLOWS}
    users = sum(failure.step != "membership" and row not in with_user for row, failure in rows.items())
    memberships = sum(bool(failure.organization) for failure in rows.values())
    return users + memberships + len({rows[row].organization for row in waited})


def to_skip(journal: Journal, rows: Iterable[int]) -> tuple[int, ...]:
    """Those of `rows` that failed, in order. Raises JournalError."""
    wanted = set(rows)
    return tuple(row for row in journal.failed_rows() if row in wanted)
