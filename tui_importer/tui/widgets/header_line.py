"""Header of every screen: where we are, and which environment this writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from textual.content import Content

from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.glyphs import ENVIRONMENTS, STATES, STYLES, glyph_of
from tui_importer.tui.style.text import clip, safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import Snapshot


class HeaderData(NamedTuple):
    """Data of the header. `place` is the screen or the job, `detail` the file; the rest may be absent.

    `failed` are the job's failed rows.
    """

    place: str
    detail: str = ""
    environment: str = ""
    key_hint: str = ""
    state: str = ""
    elapsed: float | None = None
    dry_run: bool = False
    masked: bool = False
    failed: int = 0


def header_of(snapshot: Snapshot, *, masked: bool) -> HeaderData:
    """The header of a job's screens."""
    return HeaderData(
        place=safe(snapshot.job, 120),
        detail=safe(snapshot.source.replace("\\", "/").rpartition("/")[2], 200),
        environment=snapshot.environment,
        key_hint=safe(snapshot.key_hint, 40),
        state=snapshot.state,
        elapsed=float(int(snapshot.elapsed)),
        dry_run=snapshot.dry_run,
        masked=masked,
        failed=snapshot.totals.failed,
    )


def badge(environment: str, *, dry_run: bool = False) -> Content:
    """The environment as glyph, word and colour; production stands out by reversed colours as well."""
    shown = glyph_of(ENVIRONMENTS, environment)
    text = f" {shown.glyph} {environment} "
    style = "$background on $error bold" if environment == "PRODUCTION" else f"{STYLES[shown.tone]} bold"
    pieces: list[tuple[str, str]] = [(text, style)]
    if dry_run:
        pieces.append((" DRY RUN ", "$background on $accent bold"))
    return Content.assemble(*pieces)


class HeaderLine(Panel[HeaderData]):
    """One line that never loses the environment and the state; the file's name gives way first."""

    def draw(self, data: HeaderData) -> Sequence[Content]:
        """Draw the line."""
        width = self.content_size.width
        right = self._right(data, wide=width >= 100)
        room = width - right.cell_length - 3
        brand = "tui-importer › "
        if room < len(brand) + min(cell_len(data.place), 20):
            brand = ""
        place = clip(data.place, room - len(brand))
        rest = room - len(brand) - cell_len(place) - 2
        detail = clip(data.detail, rest) if rest >= 8 else ""
        left = Content.assemble(
            (f" {brand}", STYLES["muted"]), (place, "bold"), (f"  {detail}" if detail else "", STYLES["muted"])
        )
        return [Content.assemble(left, " " * max(1, width - left.cell_length - right.cell_length), right)]

    @staticmethod
    def _right(data: HeaderData, *, wide: bool) -> Content:
        pieces: list[Content] = []
        if data.masked:
            pieces.append(Content.styled("▒ masked" if wide else "▒", STYLES["accent"]))
        if data.environment:
            pieces.append(badge(data.environment, dry_run=data.dry_run))
        if data.key_hint and wide:
            pieces.append(Content.styled(data.key_hint, STYLES["muted"]))
        if data.state == "finished" and data.failed:  # all green would say that nothing is left to do
            words = f"! FINISHED · {fmt.number(data.failed)} FAILED" if wide else "! FINISHED"
            pieces.append(Content.styled(words, f"{STYLES['warn']} bold"))
        elif data.state:
            pieces.append(glyph_of(STATES, data.state).content(upper=True, bold=True))
        if data.elapsed is not None:
            pieces.append(Content(fmt.clock(data.elapsed)))
        return Content.assemble(Content("  ").join(pieces), " ")
