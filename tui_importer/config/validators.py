"""Rules for the values of settings, the same in the config file, the environment and the flags."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, Protocol

from tui_importer.config.url import ALLOWED_URL, checked_base_url

SettingValue = str | int | float | None
"""A checked value; None is a limit that is off, a switch is a bool (which is an int to Python)."""

THEMES: Final = (
    "dark", "light", "ansi-dark", "ansi-light", "textual-dark", "textual-light", "nord", "gruvbox", "catppuccin-mocha",
    "catppuccin-latte", "catppuccin-frappe", "catppuccin-macchiato", "dracula", "tokyo-night", "monokai", "flexoki",
    "solarized-dark", "solarized-light", "rose-pine", "rose-pine-moon", "rose-pine-dawn", "atom-one-dark",
    "atom-one-light",
)  # fmt: skip
"""Our own two themes, those that use the terminal's own colours, and the others that Textual brings."""


class Rule(Protocol):
    """A check of a setting's values, and what it allows in words."""

    @property
    def allowed(self) -> str:
        """What is allowed, as the end of the sentence "allowed is …"."""

    def check(self, value: object) -> SettingValue:
        """Return the checked form of a value of the config file; raises ValueError."""

    def parse(self, text: str) -> SettingValue:
        """Return the checked form of a flag's or variable's text; raises ValueError."""


class WholeNumber(NamedTuple):
    """A whole number within bounds, both included; `zero` is what 0 stands for."""

    low: int
    high: int
    zero: str = ""

    @property
    def allowed(self) -> str:
        """The bounds, in words."""
        note = f" (0 is {self.zero})" if self.zero else ""
        return f"a whole number from {self.low:,} to {self.high:,}{note}"

    def check(self, value: object) -> int:
        """Refuse booleans, too, which are numbers to Python."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError(self.allowed)
        return value

    def parse(self, text: str) -> int:
        """Read decimal digits."""
        return self.check(int(text))


class Number(NamedTuple):
    """A finite number within bounds, both included; with `off`, also the word "off" (then None)."""

    low: float
    high: float
    off: bool = False
    note: str = ""

    @property
    def allowed(self) -> str:
        """The bounds, in words."""
        return f"a number from {self.low:g} to {self.high:g}{self.note}" + (', or "off"' if self.off else "")

    def check(self, value: object) -> float | None:
        """Accept whole numbers as well."""
        if self.off and value == "off":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(self.allowed)
        if not self.low <= value <= self.high:
            raise ValueError(self.allowed)
        return float(value)

    def parse(self, text: str) -> float | None:
        """Read decimal notation, or "off"."""
        return self.check(text if text == "off" else float(text))


class Choice(NamedTuple):
    """One of some words."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The words."""
        quoted = [f'"{word}"' for word in self.words]
        return f"{', '.join(quoted[:-1])} or {quoted[-1]}"

    def check(self, value: object) -> str:
        """Compare exactly."""
        if not isinstance(value, str) or value not in self.words:
            raise ValueError(self.allowed)
        return value

    def parse(self, text: str) -> str:
        """Compare exactly."""
        return self.check(text)


class Switch(NamedTuple):
    """On or off."""

    allowed: str = "true or false"

    def check(self, value: object) -> bool:
        """Refuse numbers, too."""
        if not isinstance(value, bool):
            raise ValueError(self.allowed)  # noqa: TRY004 - one exception type says "not allowed"
        return value

    def parse(self, text: str) -> bool:
        """Read the word as TOML writes it."""
        return self.check({"true": True, "false": False}.get(text.strip().lower()))


class BaseUrl(NamedTuple):
    """The address of an API; see `checked_base_url`."""

    allowed: str = ALLOWED_URL

    def check(self, value: object) -> str:
        """Remove a trailing slash."""
        if not isinstance(value, str):
            raise ValueError(self.allowed)  # noqa: TRY004 - one exception type says "not allowed"
        return checked_base_url(value)

    def parse(self, text: str) -> str:
        """Remove a trailing slash."""
        return checked_base_url(text)


class Name(NamedTuple):
    """The name of a profile, or "" for none."""

    allowed: str = 'the name of a profile, or ""'

    def check(self, value: object) -> str:
        """Accept any text: that the profile exists is checked where the profiles are known."""
        if not isinstance(value, str):
            raise ValueError(self.allowed)  # noqa: TRY004 - one exception type says "not allowed"
        return value

    def parse(self, text: str) -> str:
        """Keep the text."""
        return text
