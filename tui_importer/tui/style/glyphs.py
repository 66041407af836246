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


class StateGlyph(NamedTuple):
    """Display of a state: `glyph` and `word` in a tone."""

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


STATES: Final[Mapping[str, StateGlyph]] = {
    "ready": StateGlyph("○", "ready", "accent"),
    "running": StateGlyph("▶", "running", "accent"),
    "pausing": StateGlyph("‖", "pausing", "warn"),
    "paused": StateGlyph("‖", "paused", "warn"),
    "finished": StateGlyph("✔", "finished", "good"),
    "aborted": StateGlyph("✖", "aborted", "muted"),
}

ENVIRONMENTS: Final[Mapping[str, StateGlyph]] = {
    "SANDBOX": StateGlyph("◇", "SANDBOX", "good"),
    "STAGING": StateGlyph("◈", "STAGING", "warn"),
    "PRODUCTION": StateGlyph("◆", "PRODUCTION", "bad"),
    "UNKNOWN": StateGlyph("?", "UNKNOWN", "muted"),
}

CHUNKS: Final[Mapping[str, StateGlyph]] = {
    "waiting": StateGlyph("○", "waiting", "muted"),
    "running": StateGlyph("▶", "running", "accent"),
    "done": StateGlyph("✔", "done", "good"),
    "deferred": StateGlyph("◷", "deferred", "warn"),
}

WORKERS: Final[Mapping[str, StateGlyph]] = {
    "idle": StateGlyph("○", "idle", "muted"),
    "running": StateGlyph("▶", "running", "accent"),
    "waiting": StateGlyph("◷", "waiting", "muted"),
    "backing off": StateGlyph("↻", "backing off", "warn"),
    "paused": StateGlyph("‖", "paused", "warn"),
    "stopped": StateGlyph("■", "stopped", "muted"),
}

ORGANIZATIONS: Final[Mapping[str, StateGlyph]] = {
    "waiting": StateGlyph("○", "waiting", "muted"),
    "resolving": StateGlyph("▶", "resolving", "accent"),
    "existing": StateGlyph("═", "existing", ""),
    "created": StateGlyph("✔", "created", "good"),
    "failed": StateGlyph("✖", "failed", "bad"),
}

LEVELS: Final[Mapping[str, StateGlyph]] = {
    "info": StateGlyph("·", "info", "muted"),
    "warning": StateGlyph("!", "warning", "warn"),
    "error": StateGlyph("✖", "error", "bad"),
}

FINDINGS: Final[Mapping[str, StateGlyph]] = {
    "error": StateGlyph("✖", "not imported", "bad"),
    "warning": StateGlyph("!", "to look at", "warn"),
}

COLUMNS: Final[Mapping[str, StateGlyph]] = {
    "recognised": StateGlyph("✔", "recognised", "good"),
    "chosen": StateGlyph("●", "chosen", "accent"),
    "unused": StateGlyph("○", "not used", "muted"),
}

_UNKNOWN: Final = StateGlyph("?", "unknown", "muted")


def glyph_of(glyphs: Mapping[str, StateGlyph], state: str) -> StateGlyph:
    """The glyph of `state`, a question mark for one this version does not know."""
    return glyphs.get(state, _UNKNOWN)
