"""Our own two themes: calm greys, one accent colour, and three colours that mean something."""

from __future__ import annotations

from typing import Final

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
