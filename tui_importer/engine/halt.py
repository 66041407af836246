"""Why a run stopped, what the operator does next, and the exit code that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tui_importer.errors import ExitCode

HaltKind = Literal[
    "operator", "signal", "limit", "canary", "service", "key", "journal", "refused", "internal", "retried"
]

EXIT_CODES: dict[HaltKind, ExitCode] = {
    "operator": ExitCode.INTERRUPTED,
    "signal": ExitCode.INTERRUPTED,
    "limit": ExitCode.PAUSED,
    "canary": ExitCode.PAUSED,
    "service": ExitCode.PAUSED,
    "key": ExitCode.KEY_REJECTED,
    "journal": ExitCode.PAUSED,
    "refused": ExitCode.REFUSED,
    "internal": ExitCode.CRASHED,
    "retried": ExitCode.PAUSED,
}
"""What a run without a screen ends with, by why it stopped."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a run stopped, in words, and what the operator does next."""

    kind: HaltKind
    reason: str
    next_step: str = ""


def key_rejected() -> Halt:
    """The halt for a 401."""
    return Halt("key", "key rejected", "The API answers 401: give a valid key for this environment and resume.")
