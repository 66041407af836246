"""Faults of requests, drawn from a seeded generator in the order of arrival."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.sandbox.answers import Answer, json_answer
from tui_importer.sandbox.routes import CALLS

if TYPE_CHECKING:
    from tui_importer.sandbox.settings import SandboxSettings

_HTML = b"""<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center></body>
</html>
"""

_ANSWERS = {
    "500": json_answer(500, {"message": "Internal Server Error", "error": "Internal Server Error"}),
    "503": json_answer(503, {"message": "Service Unavailable"}),
    "html": Answer(502, _HTML, b"text/html"),
}


_WITHOUT_EFFECT = {"drop_before", "deep", "huge", "echo", "long_wait"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A fault that happens now; `reset` ends a connection with a reset instead of an orderly close."""

    kind: str
    applied: bool
    reset: bool

    @property
    def answer(self) -> Answer | None:
        """The answer in place of the request's own, if there is one."""
        return _ANSWERS.get(self.kind)


class FaultPlan:
    """A plan of faults as the settings say; `counts` has how many of each kind happened."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._random = random.Random(settings.seed or 0)
        self.counts: Counter[str] = Counter()
        self.configure(settings)

    def configure(self, settings: SandboxSettings) -> None:
        """Take other faults. Raises ValueError for a call that does not exist."""
        table = settings.fault_table
        named = {call for fault in table.values() for call in fault.calls or ()}
        for call in sorted(named | (set(settings.forbidden) - {"*"})):
            if call not in CALLS:
                raise ValueError(f"There is no call {call!r}; the calls are {', '.join(sorted(CALLS))}.")
        self._faults = table
        self._left = {kind: fault.times for kind, fault in table.items()}

    def draw(self, call: str) -> Drawn | None:
        """The fault this request meets, if any."""
        if not self._faults:
            return None
        # Always the same number of draws, so that one fault's settings do not shift the others.
        level, applied, reset = self._random.random(), self._random.random() < 0.5, self._random.random() < 0.5
        for kind, fault in self._faults.items():
            if (fault.calls is not None and call not in fault.calls) or self._left[kind] == 0:
                continue
            level -= fault.probability
            if level >= 0:
                continue
            left = self._left[kind]
            if left is not None:
                self._left[kind] = left - 1
            self.counts[kind] += 1
            if kind in _ANSWERS:
                applied = applied if fault.applied is None else fault.applied
            else:
                applied = kind not in _WITHOUT_EFFECT
            return Drawn(kind, applied, reset)
        return None
