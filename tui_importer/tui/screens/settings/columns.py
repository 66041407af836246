"""The tables of the settings screen: settings, profiles, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.config import GENERAL_RULES, RUN_RULES
from tui_importer.tui.actions.keymap import normalised, shown_keys
from tui_importer.tui.actions.registry import ACTIONS
from tui_importer.tui.job_tables.columns import text, text_column
from tui_importer.tui.table.columns import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.config import Config, Resolved
    from tui_importer.tui.actions.keymap import Keymap
    from tui_importer.tui.table.columns import Piece
    from tui_importer.tui.table.rows import Row

MEANINGS: Final[Mapping[str, str]] = {
    "base_url": "address of the API; http:// for this machine only",
    "workers": "worker threads; 0 chooses as many as are needed",
    "share": "percent of the API's rate limit to use; your sign-ups share the limit",
    "writes_per_10s": "the API's write limit in 10 s; 0 sets no limit of ours",
    "chunk_size": "rows that a worker takes at a time; 0 chooses by the file",
    "on_existing": "fields of users that exist already: keep or update them",
    "max_failed": "percent of failures above which a job pauses itself, or off",
    "give_up_after": "minutes without any success after which `run` gives up",
    "prewarm_concurrency": "organizations resolved at the same time",
    "search_wait": "seconds a lookup may lag before a write is sent again",
    "look_up_users": "people whose existence the plan looks up, a request each",
    "theme": "colours; ansi-dark and ansi-light are the terminal's own",
    "bell": "ring when a run ends",
    "terminal_title": "show a run's progress in the terminal's title",
    "default_profile": "the profile to use when none is named",
}
"""What each setting is for."""

_AUTOMATIC: Final = {"workers": "auto", "chunk_size": "auto", "writes_per_10s": "no limit"}
_TONES: Final = {"environment": "warn", "config file": "accent", "profile": "accent"}
_ORIGINS: Final = {"default": "", "config file": "config"}

SETTING_NAMES = ("setting", "value", "from", "meaning")
PROFILE_NAMES = ("profile", "shown", "base_url", "share", "given", "default")
KEY_NAMES = ("action", "place", "label", "keys", "own", "problem")

NO_PROFILE: Final = ""
"""The id of the row for settings without a profile."""


def shown_value(name: str, value: object) -> str:
    """A setting as it is read: `auto`, `on`, `off`, or the value itself."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "off"
    if value == 0 and name in _AUTOMATIC:
        return _AUTOMATIC[name]
    if value == "":
        return "(none)"
    return f"{value:g}" if isinstance(value, float) else str(value)


def setting_rows(resolved: Resolved, *, general: bool) -> list[Row]:
    """The settings that hold, as rows of `SETTING_NAMES`; `general` adds those that no profile has."""
    names = [*RUN_RULES, *(GENERAL_RULES if general else ())]
    return [
        (name, shown_value(name, getattr(resolved.settings, name)), resolved.origins[name], MEANINGS[name])
        for name in names
    ]


def setting_columns() -> list[Column]:
    """Setting, value, where it is from, what it is for."""

    def value(row: Mapping[str, object], _width: int) -> Piece:
        return text(row, "value"), "strong" if text(row, "from") != "default" else ""

    def origin(row: Mapping[str, object], _width: int) -> Piece:
        place = text(row, "from")
        return _ORIGINS.get(place, place), _TONES.get(place, "muted")  # type: ignore[return-value]  # tones

    return [
        text_column("setting", "setting", 19),
        Column("value", "value", 22, flex=1, cell=value, most=40, searched=("value",)),
        Column("from", "from", 11, cell=origin),
        text_column("meaning", "what it is for", 20, flex=4, priority=2, tone="muted"),
    ]


def profile_rows(config: Config, resolved: Mapping[str, Resolved]) -> list[Row]:
    """The profiles, and first the settings without one, as rows of `PROFILE_NAMES`; `resolved` by profile."""
    default = str(config.given.get("default_profile", ""))
    rows: list[Row] = []
    for name, found in resolved.items():
        given = config.profiles.get(name, {}) if name else config.given
        rows.append(
            (
                name, name or "(no profile)", found.settings.base_url, f"{found.settings.share} %", len(given),
                "default" if name == default else "",
            )
        )  # fmt: skip
    return rows


def profile_columns() -> list[Column]:
    """Profile, address, share, how many settings are its own, whether it is the default."""

    def default(row: Mapping[str, object], _width: int) -> Piece:
        return ("● default", "accent") if text(row, "default") else ("", "")

    def given(row: Mapping[str, object], _width: int) -> Piece:
        return f"{text(row, 'given')} given", "muted"

    return [
        text_column("shown", "profile", 16, flex=1, most=30, tone="strong"),
        text_column("base_url", "base URL", 24, flex=2, most=50),
        text_column("share", "share", 6),
        Column("given", "settings", 9, cell=given, priority=2),
        Column("default", "", 10, cell=default),
    ]


def key_rows(config: Config, keymap: Keymap) -> list[Row]:
    """Problems first, then every action, as rows of `KEY_NAMES`."""
    problems = {problem.action: problem.text for problem in keymap.problems}
    known = {action.id for action in ACTIONS}
    rows = [
        (name, "", "", shown_keys(normalised(config.keymap.get(name, ""))), "", words)
        for name, words in problems.items()
        if name not in known
    ]
    for action in ACTIONS:
        keys = keymap.keys.get(action.id, action.keys)
        own = shown_keys(action.keys) if action.id in keymap.keys else ""
        rows.append((action.id, action.place.value, action.label, shown_keys(keys), own, problems.get(action.id, "")))
    return sorted(rows, key=lambda row: not row[5])


def key_columns() -> list[Column]:
    """Keys, what they do, where, their id in the keymap, and what is wrong."""

    def keys(row: Mapping[str, object], _width: int) -> Piece:
        return text(row, "keys"), "accent" if text(row, "own") else "strong"

    def remark(row: Mapping[str, object], _width: int) -> Piece:
        if problem := text(row, "problem"):
            return f"✖ not used: {problem}", "bad"
        own = text(row, "own")
        return (f"its own: {own}" if own else ""), "muted"

    return [
        Column("keys", "keys", 10, flex=1, cell=keys, most=18, searched=("keys",)),
        text_column("label", "what it does", 15, flex=1, most=22),
        text_column("place", "where", 12, flex=1, most=18, tone="muted", priority=3),
        text_column("action", "id", 21, flex=1, most=26, tone="muted", priority=1),
        Column("problem", "", 12, flex=4, cell=remark, searched=("problem", "own")),
    ]
