"""Entry of the table of settings: one place for a setting's rule, default, words and flag."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:
    from tui_importer.config.validators import Rule, SettingValue

Kept = Literal["for ever", "until changed", "never"]
"""How a job keeps a setting: for ever, until a resume or its operator changes it, or not at all."""
Section = Literal["Where to", "How fast", "What exists already", "Safety", "Console"]
"""The heading above a setting's flag in the help."""

ValueT = TypeVar("ValueT")


class Flag(NamedTuple):
    """The flag of `run` for a setting; `resume` and `retry` have it as well with `on_resume`."""

    metavar: str
    help: str
    on_resume: bool = False


class Option(NamedTuple):
    """A setting; `comment` explains it in `config.example.toml`."""

    name: str
    default: SettingValue
    rule: Rule
    comment: str
    section: Section
    kept: Kept
    flag: Flag | None

    @property
    def shown_default(self) -> str:
        """The default as the help shows it."""
        if self.default is None:
            return "off"
        if self.default == 0 and (zero := getattr(self.rule, "zero", "")):
            return str(zero)
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)


def option(
    default: ValueT, rule: Rule, comment: str, section: Section, *, kept: Kept = "never", flag: Flag | None = None
) -> ValueT:
    """Declare a field of the settings with all that is known of it; `settings.OPTIONS` reads it back."""
    entry = {"rule": rule, "comment": comment, "section": section, "kept": kept, "flag": flag}
    return field(default=default, metadata=entry)
