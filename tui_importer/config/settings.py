"""Table of settings: an option that is added here has its rule, its flag, its help and its place in the files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Literal

from tui_importer.config.options import Flag, Option, option
from tui_importer.config.validators import THEMES, BaseUrl, Choice, Name, Number, Switch, WholeNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.config.validators import Rule


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default; `max_failed` None is off."""

    base_url: str = option(
        "https://api.workos.com",
        BaseUrl(),
        "Address of the API; http:// is accepted for this machine only.",
        "Where to",
        kept="for ever",
        flag=Flag("URL", "Address of the API.", on_resume=True),
    )
    workers: int = option(
        0,
        WholeNumber(0, 128, zero="automatic"),
        "Worker threads; 0 chooses as many as the permitted rate and the API's latency call for.",
        "How fast",
        kept="until changed",
        flag=Flag("N", "Worker threads; 0 is automatic.", on_resume=True),
    )
    share: int = option(
        80,
        WholeNumber(1, 100),
        "Percent of the API's rate limit to use; your own sign-ups share the limit.",
        "How fast",
        kept="until changed",
        flag=Flag("PERCENT", "Percent of the API's rate limit to use.", on_resume=True),
    )
    writes_per_10s: int = option(
        500,
        WholeNumber(0, 1_000_000, zero="no limit of ours"),
        "The API's write limit in 10 seconds; our other limits follow in proportion, 0 sets none.",
        "How fast",
        kept="until changed",
        flag=Flag("N", "The API's write limit in 10 s; 0 sets no limit of ours.", on_resume=True),
    )
    chunk_size: int = option(
        0,
        WholeNumber(0, 100_000, zero="automatic"),
        "Consecutive rows that one worker takes at a time; 0 chooses by the size of the file.",
        "How fast",
        kept="for ever",
        flag=Flag("N", "Rows per chunk, which one worker takes at a time; 0 is automatic."),
    )
    on_existing: Literal["keep", "update"] = option(
        "keep",
        Choice(("keep", "update")),
        'Users that exist already: "keep" their fields, or "update" them from the file.',
        "What exists already",
        kept="for ever",
        flag=Flag("keep|update", "Fields of users that exist already."),
    )
    max_failed: float | None = option(
        10.0,
        Number(0, 100, off=True),
        'Percent of failures above which a job pauses itself; 0 pauses at the first one, "off" never.',
        "Safety",
        kept="until changed",
        flag=Flag("PERCENT|off", "Pause above so many failures; 0 is the first one.", on_resume=True),
    )
    give_up_after: float = option(
        30.0,
        Number(0, 10_080, note=" (minutes)"),
        "Minutes without any success after which a run without a screen gives up.",
        "Safety",
        kept="until changed",
        flag=Flag("MINUTES", "Give up after so long without any success.", on_resume=True),
    )
    prewarm_concurrency: int = option(
        10,
        WholeNumber(1, 64),
        "Organizations resolved at the same time before the import; 1 is strictly one after the other.",
        "How fast",
        kept="until changed",
    )
    search_wait: float = option(
        15.0,
        Number(0, 600, note=" (seconds)"),
        "Seconds a lookup may lag behind before a write whose answer was lost is sent again.",
        "Safety",
        kept="until changed",
    )
    look_up_users: Literal["none", "sample", "all"] = option(
        "sample",
        Choice(("none", "sample", "all")),
        'People that the plan looks up, to tell how many exist already: "none", a "sample" of 100, or "all" (a request '
        "each).",
        "What exists already",
        kept="until changed",
        flag=Flag("none|sample|all", "Which users the plan checks for; a request each, a sample is 100."),
    )
    theme: str = option(
        "dark",
        Choice(THEMES),
        'Colours of the console: "dark", "light", "ansi-dark" and "ansi-light" (the terminal\'s own colours), or a '
        'theme of Textual such as "nord" or "gruvbox"; the console\'s settings list them all.',
        "Console",
    )
    bell: bool = option(False, Switch(), "Ring the terminal's bell when a run ends.", "Console")
    terminal_title: bool = option(True, Switch(), "Show a run's progress in the terminal's title.", "Console")
    default_profile: str = option("", Name(), 'The profile to use when none is named; "" uses none.', "Console")


_DEFAULTS: Final = Settings()

OPTIONS: Final[Mapping[str, Option]] = {
    setting.name: Option(setting.name, getattr(_DEFAULTS, setting.name), **setting.metadata)
    for setting in fields(Settings)
}
"""What is known of each setting, by its name, in the order of the config file."""

RULES: Final[Mapping[str, Rule]] = {name: found.rule for name, found in OPTIONS.items()}
RUN_RULES: Final[dict[str, Rule]] = {name: found.rule for name, found in OPTIONS.items() if found.kept != "never"}
"""Rules of the settings that a job keeps: of the connection and of a run. A profile may override each of them."""
GENERAL_RULES: Final[dict[str, Rule]] = {name: rule for name, rule in RULES.items() if name not in RUN_RULES}
"""Rules of the settings of the program; not in a profile."""
CHANGEABLE: Final = tuple(name for name, found in OPTIONS.items() if found.kept == "until changed")
"""Names of the settings that a resumed job takes from its new command line."""
