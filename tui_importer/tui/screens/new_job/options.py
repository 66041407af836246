"""Options of a new job as typed, checked by the rules of the config file and turned into values."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from tui_importer.config import RUN_RULES, is_loopback
from tui_importer.engine.options import JOB_NAME, LookUpUsers, NewJob, OnExisting, frozen_options, run_options
from tui_importer.source.options import ENCODINGS, REPAIRS, Reading, Wins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tui_importer.config import Settings

MOST_ROWS: Final = 10**9
RECOGNISED: Final = "recognised"
SEPARATORS: Final = {RECOGNISED: "", "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
"""Words for the characters between the values of a row; "" is recognised."""

ENCODING_WORDS: Final = {RECOGNISED: "", **{words: name for name, words in ENCODINGS.items()}}
REPAIR_CHOICES: Final = {"usual": None, "none": (), "all": tuple(repair.name for repair in REPAIRS)}
"""Words for the auto-fixes to apply; the usual ones lose nothing."""

_OWN: Final = frozenset({"name", "dry_run", "canary", "delimiter", "encoding", "wins", "repairs"})
"""What belongs to one job, whatever the profile says."""

_NO_CANARY: Final = frozenset({"off", "no", ""})
_AUTOMATIC: Final = frozenset({"auto", ""})
_EVERY: Final = frozenset({"all", ""})


@dataclass(frozen=True, slots=True)
class OptionTexts:
    """The fields as typed; numbers may have thousands separators, `auto` and `all` stand for none."""

    base_url: str
    name: str
    workers: str
    share: str
    chunk_size: str
    limit: str
    max_failed: str
    on_existing: OnExisting
    dry_run: bool
    canary: str = "off"
    look_up_users: LookUpUsers = "sample"
    delimiter: str = RECOGNISED
    encoding: str = RECOGNISED
    wins: Wins = "first"
    repairs: str = "usual"


def texts_of(settings: Settings) -> OptionTexts:
    """The fields as they are shown first."""
    return OptionTexts(
        base_url=settings.base_url,
        name="",
        workers=str(settings.workers or "auto"),
        share=str(settings.share),
        chunk_size=str(settings.chunk_size or "auto"),
        limit="all",
        max_failed="off" if settings.max_failed is None else f"{settings.max_failed:g}",
        on_existing=settings.on_existing,
        dry_run=False,
        look_up_users=settings.look_up_users,
    )


def refilled(typed: OptionTexts, before: OptionTexts, now: OptionTexts) -> OptionTexts:
    """`typed` under other settings: what the operator had not changed from `before` becomes what it is `now`."""
    untouched = [f.name for f in fields(typed) if getattr(typed, f.name) == getattr(before, f.name)]
    changes: dict[str, Any] = {name: getattr(now, name) for name in untouched if name not in _OWN}
    return replace(typed, **changes)


def problems_of(texts: OptionTexts) -> Mapping[str, str]:
    """What is wrong, by field, in few words; empty when nothing is."""
    problems: dict[str, str] = {}
    if (reason := base_url_problem(texts.base_url)) is not None:
        problems["base_url"] = reason
    if not JOB_NAME.fullmatch(texts.name.strip()):
        problems["name"] = "letters, digits, . _ -"
    for field, allowed in _ALLOWED.items():
        try:
            _value(field, getattr(texts, field))
        except ValueError:
            problems[field] = allowed
    if _plain(texts.limit) not in _EVERY and _limit(texts.limit) is None:
        problems["limit"] = "all, or a number of rows"
    if _plain(texts.canary) not in _NO_CANARY and _limit(texts.canary) is None:
        problems["canary"] = "off, or a number of rows"
    return problems


_ALLOWED: Final = {
    "workers": "auto, or 1 to 128",
    "share": "1 to 100 percent",
    "chunk_size": "auto, or 1 to 100,000",
    "max_failed": "0 to 100, or off",
}
"""What the rules allow, as short as a field's hint."""


def base_url_problem(url: str) -> str | None:
    """Why `url` cannot be used, None when it can: https anywhere, http on loopback only."""
    plain = url.strip()
    try:
        RUN_RULES["base_url"].parse(plain)
    except ValueError:
        if plain.startswith("http://") and not is_loopback(plain):
            return "http is for this machine only; use https"
        return "an address like https://api.workos.com"
    return None


def address(base_url: str) -> str:
    """The address as it is used; it has no problem."""
    return str(RUN_RULES["base_url"].parse(base_url.strip()))


def reading_of(texts: OptionTexts, mapping: Mapping[str, str]) -> Reading:
    """How the source is to be read; `mapping` gives headers another field."""
    return Reading(
        delimiter=SEPARATORS[texts.delimiter],
        encoding=ENCODING_WORDS[texts.encoding],
        mapping=dict(mapping),
        wins=texts.wins,
        repairs=REPAIR_CHOICES[texts.repairs],
    )


def canary_of(texts: OptionTexts) -> int | None:
    """How many rows are imported before the operator decides; None for all at once."""
    return _limit(texts.canary)


def new_job(source: Path, texts: OptionTexts, settings: Settings, mapping: Mapping[str, str] | None = None) -> NewJob:
    """The job as chosen, with what no field is for from `settings`; `texts` have no problems."""
    values: dict[str, Any] = {field: _value(field, getattr(texts, field)) for field in _ALLOWED}
    chosen = replace(
        settings,
        base_url=address(texts.base_url),
        on_existing=texts.on_existing,
        look_up_users=texts.look_up_users,
        **values,
    )
    return NewJob(
        source=source,
        name=texts.name.strip(),
        frozen=frozen_options(chosen, _limit(texts.limit), reading_of(texts, mapping or {})),
        run=run_options(chosen),
    )


def _plain(text: str) -> str:
    return text.strip().replace(",", "").replace("_", "").lower()


def _value(field: str, text: str) -> object:
    """The checked value of a field; raises ValueError."""
    plain = _plain(text)
    automatic = field in {"workers", "chunk_size"}
    if automatic and plain in _AUTOMATIC:
        return 0
    if not plain.isascii() or len(plain) > 12 or (automatic and plain == "0"):
        raise ValueError(_ALLOWED[field])
    return RUN_RULES[field].parse(plain)


def _limit(text: str) -> int | None:
    plain = _plain(text)
    if not plain.isascii() or not plain.isdigit() or len(plain) > 12:
        return None
    return int(plain) if 1 <= int(plain) <= MOST_ROWS else None
