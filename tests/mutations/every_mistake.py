"""All deliberate mistakes, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.mutations import (
    clocks,
    exit_codes,
    interrupts,
    job_folders,
    kept_secrets,
    lost_answers,
    pauses,
    rate_limits,
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
    *exit_codes.MISTAKES,
)
