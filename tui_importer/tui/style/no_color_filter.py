"""Line filter that takes all colour from the screen, for operators who set NO_COLOR."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui_importer.tui.style.theme import contrast

if TYPE_CHECKING:
    from textual.theme import Theme

_STANDS_OUT: Final = 1.5
"""Contrast of a ground with the app's background by which it sets something off: a cursor, a selection, a scrollbar."""

_RECEDES: Final = 0.72
"""Share of the ordinary text's contrast below which a neutral colour means muted text."""


class NoColorFilter(LineFilter):
    """Remove all colour and keep what it said: grounds that stand out are reversed, muted text is dim.

    Textual's own filter for NO_COLOR leaves shades of grey, which are colours to a terminal as well. The filter is of
    one `theme`: another one has other grounds.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        black, white = ("#000000", "#ffffff") if theme.dark else ("#ffffff", "#000000")
        own = not theme.ansi  # the terminal's own colours are not known
        self.background = Color.parse((own and theme.background) or black)
        self.foreground = Color.parse((own and theme.foreground) or white)
        self._without_color = lru_cache(1024)(self._convert)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give `segments` styles without colours; `background` is the widget's and not needed."""
        del background
        return [Segment(text, self._without_color(style or Style.null()), None) for text, style, _ in segments]

    def _convert(self, style: Style) -> Style:
        stands_out = self._stands_out(style) != bool(style.reverse)
        return Style(
            bold=style.bold, italic=style.italic, underline=style.underline, strike=style.strike,
            dim=not stands_out and (style.dim or self._recedes(style)), reverse=stands_out,
            meta=style.meta, link=style.link,
        )  # fmt: skip

    def _stands_out(self, style: Style) -> bool:
        if style.bgcolor is None or style.bgcolor.is_default:
            return False
        return contrast(Color.from_rich_color(style.bgcolor), self.background) >= _STANDS_OUT

    def _recedes(self, style: Style) -> bool:
        """Whether the letters are of a muted grey; the colours that mean something stay as strong as other text."""
        if style.color is None or style.color.is_default:
            return False
        ink = Color.from_rich_color(style.color)
        if max(ink.rgb) - min(ink.rgb) > 48:
            return False
        return contrast(ink, self.background) < contrast(self.foreground, self.background) * _RECEDES
