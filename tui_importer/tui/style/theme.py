"""Two themes: calm greys, one accent colour, and three colours that mean something."""

from __future__ import annotations

from typing import Final

from textual.color import Color
from textual.theme import Theme

DARK: Final = Theme(
    name="importer-dark",
    primary="#6ca8e0",
    secondary="#456480",
    accent="#6ca8e0",
    success="#74c48b",
    warning="#e3b655",
    error="#ee7d83",
    foreground="#d5dce3",
    background="#10151a",
    surface="#182028",
    panel="#202a33",
    dark=True,
    variables={
        "text": "#d5dce3",
        "text-muted": "#8695a3",
        "text-disabled": "#4c5966",
        "border": "#6ca8e0",
        "border-blurred": "#2b3742",
        "block-cursor-foreground": "#f2f6fa",
        "block-cursor-background": "#2a425a",
        "block-cursor-blurred-foreground": "#d5dce3",
        "block-cursor-blurred-background": "#222d38",
        "footer-key-foreground": "#6ca8e0",
        "scrollbar": "#34424f",
        "scrollbar-hover": "#46586a",
        "scrollbar-active": "#6ca8e0",
        "scrollbar-background": "#10151a",
        "scrollbar-background-hover": "#10151a",
        "scrollbar-background-active": "#10151a",
        "input-selection-background": "#6ca8e0 35%",
    },
)

LIGHT: Final = Theme(
    name="importer-light",
    primary="#1f63a8",
    secondary="#86a9cc",
    accent="#1f63a8",
    success="#1e7a3c",
    warning="#8d5f00",
    error="#b3262e",
    foreground="#1d252d",
    background="#f6f8fa",
    surface="#eaeef2",
    panel="#dde3e9",
    dark=False,
    variables={
        "text": "#1d252d",
        "text-muted": "#586674",
        "text-disabled": "#a3aeb9",
        "border": "#1f63a8",
        "border-blurred": "#c5ced7",
        "block-cursor-foreground": "#0c1217",
        "block-cursor-background": "#c3d9f0",
        "block-cursor-blurred-foreground": "#1d252d",
        "block-cursor-blurred-background": "#dbe4ec",
        "footer-key-foreground": "#1f63a8",
        "scrollbar": "#b9c4ce",
        "scrollbar-hover": "#9dabb8",
        "scrollbar-active": "#1f63a8",
        "scrollbar-background": "#f6f8fa",
        "scrollbar-background-hover": "#f6f8fa",
        "scrollbar-background-active": "#f6f8fa",
        "input-selection-background": "#1f63a8 25%",
    },
)

THEMES: Final = (DARK, LIGHT)

READABLE: Final = 4.5
"""The least contrast of text to its ground (WCAG AA)."""


def readable(theme: Theme, variables: dict[str, str]) -> dict[str, str]:
    """The variables of a theme that is not ours, so that muted text and the cursor's line can be read in it.

    Textual leaves muted colours to be worked out against their ground, which is not done in tables, and marks a line
    with a colour on which no other can be read. A theme of the terminal's own colours has no shades to choose from.
    """
    if theme in THEMES:
        return variables
    if theme.ansi:
        ground, text = ("ansi_bright_black", "ansi_bright_white") if theme.dark else ("ansi_white", "ansi_black")
        return variables | _cursor(ground, text, variables["foreground"]) | {"text-muted": variables["foreground"]}
    background, foreground = Color.parse(variables["background"]), Color.parse(variables["foreground"])
    ground = background.blend(Color.parse(variables["primary"]), 0.25).hex
    changes = _cursor(ground, foreground.hex, foreground.hex)
    grounds = [Color.parse(variables[name]) for name in ("background", "surface")]
    shades = [foreground.blend(background, share / 100) for share in range(35, 0, -5)]
    muted = next((one for one in shades if min(contrast(one, ground) for ground in grounds) >= READABLE), foreground)
    changes["text-muted"] = muted.hex
    changes["text-disabled"] = foreground.blend(background, 0.6).hex
    return variables | changes


def contrast(first: Color, second: Color) -> float:
    """The ratio of relative luminances, as WCAG defines it."""

    def luminance(color: Color) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _cursor(ground: str, text: str, blurred: str) -> dict[str, str]:
    return {
        "block-cursor-background": ground,
        "block-cursor-foreground": text,
        "block-cursor-blurred-foreground": blurred,
    }


def name_of(setting: str) -> str:
    """The name of the theme that the setting `theme` means."""
    return {"dark": DARK.name, "light": LIGHT.name}.get(setting, setting)
