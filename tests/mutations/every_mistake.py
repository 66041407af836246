"""All deliberate mistakes, by name.

Not among them, because the program ends the same way with and without them:

- a rejected key that drains the run instead of cancelling it: each thread's next request is rejected, too, and ends it;
- values of the journal that are not compared with the types of their record: what takes them refuses them, and in the
  same words;
- an answer's body that is read on after its time: the connection is abandoned at that moment (see "nobody looks after
  answers that come byte by byte").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.mutations import (
    clocks,
    csv_files,
    exit_codes,
    interrupts,
    job_folders,
    kept_secrets,
    lost_answers,
    pauses,
    rate_limits,
    row_counts,
    screens,
    settings_files,
    sources,
    wrong_writes,
)

if TYPE_CHECKING:
    from tests.mutations.mistake import Mistake

MISTAKES: Final[tuple[Mistake, ...]] = (
    *wrong_writes.MISTAKES,
    *lost_answers.MISTAKES,
    *rate_limits.MISTAKES,
    *pauses.MISTAKES,
    *interrupts.MISTAKES,
    *job_folders.MISTAKES,
    *kept_secrets.MISTAKES,
    *sources.MISTAKES,
    *clocks.MISTAKES,
    *csv_files.MISTAKES,
    *row_counts.MISTAKES,
    *settings_files.MISTAKES,
    *screens.MISTAKES,
    *exit_codes.MISTAKES,
)
