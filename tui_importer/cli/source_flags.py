"""Flags that say how a source is read, and mappings that are kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from tui_importer.cli import completers
from tui_importer.cli.flags import joined, shown
from tui_importer.cli.output import note
from tui_importer.config import Config, ConfigError, backup_of, is_handwritten, save
from tui_importer.config.edit import with_mapping
from tui_importer.config.suggestions import missing, suggestion
from tui_importer.errors import ImporterError
from tui_importer.source.columns.aliases import normalise
from tui_importer.source.columns.mapping import LEFT_OUT, MAPPING_NAME, METADATA, target_of
from tui_importer.source.options import ENCODINGS, REPAIRS, USUAL, Reading
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_DELIMITERS = {",": ",", "comma": ",", ";": ";", "semicolon": ";", "\t": "\t", "tab": "\t", "|": "|", "pipe": "|"}
_ENCODINGS = {
    **{name: name for name in ENCODINGS},
    "utf8": "utf-8", "utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf16": "utf-16-le", "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be", "windows-1252": "cp1252", "win-1252": "cp1252", "cp-1252": "cp1252", "1252": "cp1252",
    "ansi": "cp1252", "latin1": "latin-1", "iso-8859-1": "latin-1", "iso8859-1": "latin-1",
}  # fmt: skip
_ALLOWED_ENCODINGS = "utf-8, utf-16 (utf-16-le), utf-16-be, windows-1252 (cp1252), latin-1 (iso-8859-1)"


class NothingToSave(ImporterError):
    """A mapping without any column."""

    kind = "nothing_to_save"


def _delimiter(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value is None:
        return ""
    plain = value if value in _DELIMITERS else value.strip().lower().replace("\\t", "\t")
    if plain not in _DELIMITERS:
        raise click.BadParameter(f"'{shown(value)}' is not allowed; allowed is ',', ';', tab or '|'.")
    return _DELIMITERS[plain]


def _encoding(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value is None:
        return ""
    plain = value.strip().lower().replace("_", "-")
    if plain not in _ENCODINGS:
        near = suggestion(plain, _ENCODINGS, what="")
        hint = f" {near}" if near.startswith("Did") else ""
        raise click.BadParameter(f"'{shown(value)}' is not allowed; allowed is {_ALLOWED_ENCODINGS}.{hint}")
    return _ENCODINGS[plain]


def _map(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Parse `SOURCE=FIELD`; a header may have an equals sign in it, a field has none."""
    mapping: dict[str, str] = {}
    for value in values:
        header, equals, text = value.rpartition("=")
        if not equals or not header.strip():
            raise click.BadParameter(f"'{shown(value)}' is not SOURCE=FIELD, as in --map 'Work mail=email'.")
        try:
            target = target_of(text)
        except ValueError as error:
            raise click.BadParameter(f"'{shown(text)}' is no field. {error}") from None
        if mapping.setdefault(header, target) != target:
            raise click.BadParameter(f"'{shown(header)}' is mapped twice.")
    fields = [field for field in mapping.values() if field not in {"", METADATA}]
    for field in fields:
        if fields.count(field) > 1:
            raise click.BadParameter(f"two columns are mapped to {field}.")
    return mapping


def _name(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value is None:
        return ""
    if not MAPPING_NAME.fullmatch(value):
        raise click.BadParameter(f"'{shown(value)}' is no name: letters, digits, dots, dashes, at most 60.")
    return value


reading_flags = joined(
    click.option(
        "--delimiter",
        callback=_delimiter,
        metavar="CHAR",
        help="What separates values: ',', ';', tab or '|'. [default: recognised]",
        shell_complete=completers.values(("comma", "semicolon", "tab", "pipe")),
    ),
    click.option(
        "--encoding",
        callback=_encoding,
        metavar="NAME",
        help="utf-8, utf-16, windows-1252, latin-1 … [default: recognised]",
        shell_complete=completers.values(("utf-8", "utf-16-le", "utf-16-be", "windows-1252", "latin-1")),
    ),
    click.option(
        "--map",
        "maps",
        callback=_map,
        multiple=True,
        metavar="SOURCE=FIELD",
        help="What a column stands for, repeatable; metadata puts it there under its own name, - leaves it out. "
        "[default: by its header]",
    ),
    click.option(
        "--mapping",
        "mapping_name",
        callback=_name,
        metavar="NAME",
        help="A mapping that was saved.",
        shell_complete=completers.mappings,
    ),
    click.option(
        "--save-mapping",
        callback=_name,
        metavar="NAME",
        help="Keep the mapping of this command in the config file.",
        shell_complete=completers.mappings,
    ),
    click.option(
        "--repair",
        "added_repairs",
        multiple=True,
        type=click.Choice([repair.name for repair in REPAIRS]),
        metavar="NAME",
        help="Also apply this auto-fix, repeatable: " + ", ".join(it.name for it in REPAIRS if not it.usual) + ".",
    ),
    click.option(
        "--no-repair",
        "left_repairs",
        multiple=True,
        type=click.Choice([repair.name for repair in REPAIRS]),
        metavar="NAME",
        help="Leave this auto-fix out, so that such a row is invalid, repeatable: " + ", ".join(USUAL) + ".",
    ),
    click.option(
        "--profile-from",
        "wins",
        type=click.Choice(["first", "last"]),
        default="first",
        show_default=True,
        metavar="first|last",
        help="Which of a user's rows gives the profile.",
    ),
)


"""Flags whose values `taken_reading` takes, and the name to keep the mapping under."""

READING: Final = {
    "Reading the file": (
        "delimiter", "encoding", "maps", "mapping_name", "save_mapping", "added_repairs", "left_repairs", "wins",
    ),
}  # fmt: skip
"""Group of these flags."""


def taken_reading(values: dict[str, Any], config: Callable[[], Config]) -> Reading:
    """Take the flags' values out of `values` and make them the way in which the source is read.

    `config` is asked only for a saved mapping. Raises ConfigError when there is none of the name, or it is wrong.
    """
    maps: dict[str, str] = values.pop("maps")
    name: str = values.pop("mapping_name")
    if name:
        maps = _over(saved_mapping(config(), name), maps)
    return Reading(
        delimiter=values.pop("delimiter"),
        encoding=values.pop("encoding"),
        mapping=maps,
        repairs=_repairs(values.pop("added_repairs"), values.pop("left_repairs")),
        wins=values.pop("wins"),
    )


def _repairs(added: Sequence[str], left: Sequence[str]) -> tuple[str, ...] | None:
    """Choose the usual repairs with those added and without those left out; None when nothing was said."""
    if not added and not left:
        return None
    return tuple(it.name for it in REPAIRS if (it.usual or it.name in added) and it.name not in left)


def _over(saved: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Put the flags over what was saved: for the same column, and for the same field."""
    headers = {normalise(header) for header in given}
    fields = set(given.values()) - {"", METADATA}
    rest = {
        header: field for header, field in saved.items() if normalise(header) not in headers and field not in fields
    }
    return rest | dict(given)


def saved_mapping(config: Config, name: str) -> Mapping[str, str]:
    """Find the mapping of that name. Raises ConfigError."""
    if name not in config.mappings:
        otherwise = "Save one with: --map SOURCE=FIELD --save-mapping NAME"
        raise missing("mapping", name, config.mappings, config.path, otherwise=otherwise)
    mapping = {}
    for header, text in config.mappings[name].items():
        try:
            mapping[header] = target_of(text)
        except ValueError as error:
            raise ConfigError(
                f"{safe(config.path)}: `{safe(text, 80)}` in the mapping `{safe(name)}` is no field.", str(error)
            ) from None
    return mapping


def save_mapping(name: str, source: Path, reading: Reading, config: Config) -> None:
    """Keep the mapping under `name`, once it was found to fit the source. Raises SourceError, ConfigError."""
    from tui_importer.source.read.header import open_source, read_header
    from tui_importer.source.read.stream import stream_of

    if not reading.mapping:
        raise NothingToSave("There is no mapping to save.", "Say what a column stands for: --map SOURCE=FIELD.")
    with open_source(source) as file:
        read_header(stream_of(file, source, reading), reading)
    kept = is_handwritten(config.path)
    save(with_mapping(config, name, {header: field or LEFT_OUT for header, field in reading.mapping.items()}))
    note(f"The mapping {name} is saved in {safe(config.path)}.")
    if kept:
        note(f"That file as it was, with its comments, is {safe(backup_of(config.path))}.")
