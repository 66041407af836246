"""Recognition of columns as fields: by the operator's mapping, by their own name, by the export, by an alias."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.source.columns.aliases import FIELD_OF, OWN_NAMES, is_secret, normalise, quoted, standing
from tui_importer.source.columns.mapping import METADATA, METADATA_OBJECT, NO_MAPPING, is_added, resolved
from tui_importer.source.columns.presets import other_file, preset_of
from tui_importer.source.errors import SourceHeader
from tui_importer.source.models import SECRET_FIELDS
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tui_importer.source.columns.presets import Preset

ADDED = "metadata:"
"""Before the name of a column that goes into the metadata, where places of fields are wanted."""

_CHOSEN, _DISMISSED, _NAMED, _KNOWN, _ALIAS = 5, 4, 3, 2, 1


class Derived(NamedTuple):
    """A `field` computed from the columns `sources` by `rule` (see `checks.derived`); `how` says it in words.

    What is found about the value is reported in the column `header`.
    """

    field: str
    header: str
    sources: tuple[str, ...]
    rule: str
    how: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The recognised header: `names` as written, `fields` maps field -> header, `unknown` the headers not used.

    `derived` are fields computed from columns; `added` the headers that go into the metadata under their own name;
    `preset` the export that was recognised, or ""; `active` the header whose value must be “active”, or "";
    `standing` the headers of no field that say whether a person is blocked or gone.
    """

    names: tuple[str, ...]
    fields: Mapping[str, str]
    derived: tuple[Derived, ...] = ()
    added: tuple[str, ...] = ()
    preset: str = ""
    active: str = ""
    standing: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The headers that are not used."""
        used = {*self.fields.values(), *self.added, self.active}.union(*(it.sources for it in self.derived))
        return tuple(name for name in self.names if name not in used)

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers by place; behind those of the file one for each derived field."""
        return (*self.names, *(it.header for it in self.derived))

    @property
    def positions(self) -> dict[str, int]:
        """The place of each field among the columns, behind which the derived ones stand."""
        places = {field: self.names.index(header) for field, header in self.fields.items()}
        return places | {it.field: len(self.names) + number for number, it in enumerate(self.derived)}

    @property
    def places(self) -> dict[str, int]:
        """The place of each field, and of each column that goes into the metadata (as ADDED and its name)."""
        return self.positions | {ADDED + header: self.names.index(header) for header in self.added}

    @property
    def secret(self) -> tuple[int, ...]:
        """The places of columns that hold secrets: they are kept apart, or not at all when they are not used."""
        apart = {self.fields[field] for field in SECRET_FIELDS if field in self.fields}
        used = set(self.fields.values())
        return tuple(n for n, name in enumerate(self.names) if name in apart or (name not in used and is_secret(name)))

    def position(self, field: str) -> int | None:
        """The place of `field`."""
        return self.positions.get(field)


def known_headers(names: Sequence[str]) -> int:
    """The number of headers that are recognised."""
    return sum(normalise(name) in FIELD_OF for name in names)


def recognise(
    names: Sequence[str], path: Path, line: int = 1, mapping: Mapping[str, str] = NO_MAPPING, *, complete: bool = True
) -> Columns:
    """Match the headers of `path`, as written, to fields; `line` is where the header stands.

    An operator's `mapping` wins over all, then a field's own name over the preset of a known export, and that over an
    alias.
    Raises SourceHeader when a header is empty or used twice, when two headers stand for one field, when there is no
    column for e-mail addresses or no header at all, and when a mapping does not fit. Without `complete` only what can
    never be used is refused: the operator is about to say what the columns are.
    """
    keys = frozenset(normalise(name) for name in names)
    preset = preset_of(keys)
    chosen = resolved(names, path, line, mapping)
    targets = {name: _target(name, chosen, preset) for name in names}
    other = other_file(keys)
    if complete and other is not None and not chosen:
        raise SourceHeader(path, f"these are {other.what}: there is no user in the file.", other.next, line=line)
    if complete and not any(field for field, _ in targets.values()):
        raise SourceHeader(
            path,
            f"no column name is recognised in {quoted(names)}; the first line must name the columns.",
            "Add a first line with column names, email at least; or say which column is what: --map COLUMN=email.",
            line=line,
        )
    _refuse_ambiguous(names, path, line)
    fields = _fields(names, targets, preset, path, line if complete else 0)
    ranks = {field: targets[name][1] for field, name in fields.items()}
    derived = _derived(names, preset, chosen, fields, ranks) if preset else ()
    if any(field == "email" and fields["email"] != name for name, (field, _) in targets.items()):
        # What the export says of its own address says nothing about the one that was chosen instead.
        derived = tuple(it for it in derived if it.field != "email_verified")
        if ranks.get("email_verified", _CHOSEN) != _CHOSEN:
            del fields["email_verified"]
    fields |= {it.field: it.header for it in derived}
    if complete and "email" not in fields:
        nearest = _nearest_to_email(names)
        hint = f" Is {quoted([nearest])} meant?" if nearest else ""
        raise SourceHeader(
            path,
            f"there is no column for e-mail addresses.{hint}",
            "Name the column email, or say which it is: --map COLUMN=email.",
            line=line,
        )
    return Columns(
        tuple(names),
        fields,
        derived,
        added=tuple(name for name in names if is_added(name, chosen)),
        preset=preset.name if preset else "",
        active=next(
            (name for name in names if preset and normalise(name) == preset.active and chosen.get(name) != ""), ""
        ),
        standing=tuple(
            name for name in names if standing(name) and name not in fields.values() and chosen.get(name) != ""
        ),
    )


def _target(name: str, chosen: Mapping[str, str], preset: Preset | None) -> tuple[str, int]:
    """The field that a column stands for ("" for none), and how firmly."""
    if name in chosen:
        if is_added(name, chosen):
            return "", _CHOSEN
        return METADATA if chosen[name] == METADATA_OBJECT else chosen[name], _CHOSEN
    key = normalise(name)
    if preset is not None and preset.fields.get(key) == "":
        return "", _DISMISSED
    if key in OWN_NAMES:
        return FIELD_OF[key], _NAMED
    if preset is not None and key in preset.fields:
        return preset.fields[key], _KNOWN
    return FIELD_OF.get(key, ""), _ALIAS


def _fields(
    names: Sequence[str], targets: Mapping[str, tuple[str, int]], preset: Preset | None, path: Path, line: int
) -> dict[str, str]:
    """Field -> header: the firmest wins, and two that are as firm are refused unless the preset ranks them.

    With line 0 nothing is refused: the first of the two counts.
    """
    order = list(preset.fields) if preset else []
    fields: dict[str, str] = {}
    for name in names:
        field, rank = targets[name]
        if not field:
            continue
        other = fields.get(field)
        before = targets[other][1] if other is not None else 0
        if before == rank == _KNOWN:
            fields[field] = min(other or name, name, key=lambda it: order.index(normalise(it)))
        elif other is not None and line and (before == rank or {before, rank} == {_NAMED, _ALIAS}):
            raise SourceHeader(
                path,
                f"the columns {quoted([other, name])} both stand for {field}.",
                f"Rename or remove one of them, or leave one out: --map {safe(name, 40)}=-.",
                line=line,
            )
        elif before < rank:
            fields[field] = name
    return {field: fields[field] for field in sorted(fields, key=lambda it: list(names).index(fields[it]))}


def _derived(
    names: Sequence[str],
    preset: Preset,
    chosen: Mapping[str, str],
    fields: Mapping[str, str],
    ranks: Mapping[str, int],
) -> tuple[Derived, ...]:
    """The preset's rules whose columns are there, and neither they nor the field are mapped otherwise."""
    by_key = {normalise(name): name for name in names}
    derived = []
    for rule in preset.rules:
        sources = tuple(by_key[key] for key in rule.sources if key in by_key)
        if len(sources) < len(rule.sources):
            continue
        usual = {name: _target(name, {}, preset)[0] for name in sources}
        if any(name in chosen and (not field or chosen[name] != field) for name, field in usual.items()):
            continue
        if any(field and fields.get(field) != name for name, field in usual.items()):
            continue
        if rule.field in fields and (ranks[rule.field] >= _NAMED or fields[rule.field] not in sources):
            continue
        derived.append(Derived(rule.field, sources[0], sources, rule.rule, rule.how))
    return tuple(derived)


def _refuse_ambiguous(names: Sequence[str], path: Path, line: int) -> None:
    """Refuse empty headers and headers that are the same but for case and outer blanks.

    polars would rename the second one silently.
    """
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        plain = name.strip().casefold()
        if not plain:
            raise SourceHeader(
                path,
                f"column {position} of {len(names)} has no name.",
                "Name it, or remove the column (a separator at the end of the first line makes one).",
                line=line,
            )
        if plain in seen:
            raise SourceHeader(
                path,
                f"columns {seen[plain]} and {position} are both named {quoted([name])}.",
                "Rename or remove one of them.",
                line=line,
            )
        seen[plain] = position


def _nearest_to_email(names: Sequence[str]) -> str | None:
    """The header that comes closest to a name of the e-mail column."""
    unknown = {normalise(name): name for name in names if normalise(name) not in FIELD_OF}
    wanted = [name for name, field in FIELD_OF.items() if field == "email"]

    def nearness(name: str) -> float:
        ratio = max(difflib.SequenceMatcher(None, name, known).ratio() for known in wanted)
        return max(ratio, 0.6) if "mail" in name else ratio

    best = max(unknown, key=nearness, default=None)
    return unknown[best] if best is not None and nearness(best) >= 0.6 else None
