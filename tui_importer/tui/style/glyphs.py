"""Glyph, word and tone of every state; colour is never the only carrier.

A tone is a role (`good`, `bad`, ...), which themes turn into a colour. All glyphs are one cell wide and exist in
the usual monospaced fonts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from textual.content import Content

if TYPE_CHECKING:
    from collections.abc import Mapping

Tone = Literal["", "muted", "faint", "strong", "accent", "graph", "good", "warn", "bad"]

STYLES: Final[Mapping[str, str]] = {
    "": "",
    "muted": "$text-muted",
    "faint": "$text-disabled",
    "strong": "bold",
    "accent": "$accent",
    "graph": "$secondary",
    "good": "$success",
    "warn": "$warning",
    "bad": "$error",
}
"""The content style of each tone."""


class Mark(NamedTuple):
    """How a state is shown: `glyph` and `word` in a tone."""

    glyph: str
    word: str
    tone: Tone = ""

    @property
    def text(self) -> str:
        """Glyph and word as plain text."""
        return f"{self.glyph} {self.word}"

    def content(self, *, upper: bool = False, bold: bool = False) -> Content:
        """Glyph and word in the tone's colour."""
        text = self.text.upper() if upper else self.text
        return Content.styled(text, f"{STYLES[self.tone]} bold".strip() if bold else STYLES[self.tone])


STATES: Final[Mapping[str, Mark]] = {
    "ready": Mark("○", "ready", "accent"),
    "running": Mark("▶", "running", "accent"),
    "pausing": Mark("‖", "pausing", "warn"),
    "paused": Mark("‖", "paused", "warn"),
    "finished": Mark("✔", "finished", "good"),
    "aborted": Mark("✖", "aborted", "muted"),
}

ENVIRONMENTS: Final[Mapping[str, Mark]] = {
    "SANDBOX": Mark("◇", "SANDBOX", "good"),
    "STAGING": Mark("◈", "STAGING", "warn"),
    "PRODUCTION": Mark("◆", "PRODUCTION", "bad"),
    "UNKNOWN": Mark("?", "UNKNOWN", "muted"),
}

CHUNKS: Final[Mapping[str, Mark]] = {
    "waiting": Mark("○", "waiting", "muted"),
    "running": Mark("▶", "running", "accent"),
    "done": Mark("✔", "done", "good"),
    "deferred": Mark("◷", "deferred", "warn"),
}

WORKERS: Final[Mapping[str, Mark]] = {
    "idle": Mark("○", "idle", "muted"),
    "running": Mark("▶", "running", "accent"),
    "waiting": Mark("◷", "waiting", "muted"),
    "backing off": Mark("↻", "backing off", "warn"),
    "paused": Mark("‖", "paused", "warn"),
    "stopped": Mark("■", "stopped", "muted"),
}

ORGANIZATIONS: Final[Mapping[str, Mark]] = {
    "waiting": Mark("○", "waiting", "muted"),
    "resolving": Mark("▶", "resolving", "accent"),
    "existing": Mark("═", "existing", ""),
    "created": Mark("✔", "created", "good"),
    "failed": Mark("✖", "failed", "bad"),
}

LEVELS: Final[Mapping[str, Mark]] = {
    "info": Mark("·", "info", "muted"),
    "warning": Mark("!", "warning", "warn"),
    "error": Mark("✖", "error", "bad"),
}

FINDINGS: Final[Mapping[str, Mark]] = {
    "error": Mark("✖", "not imported", "bad"),
    "warning": Mark("!", "to look at", "warn"),
}

COLUMNS: Final[Mapping[str, Mark]] = {
    "recognised": Mark("✔", "recognised", "good"),
    "chosen": Mark("●", "chosen", "accent"),
    "unused": Mark("○", "not used", "muted"),
}

_UNKNOWN: Final = Mark("?", "unknown", "muted")


def mark_of(marks: Mapping[str, Mark], state: str) -> Mark:
    """The mark of `state`, a question mark for one this version does not know."""
    return marks.get(state, _UNKNOWN)
