"""Reading and writing the config file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tui_importer.config.errors import ConfigError
from tui_importer.config.paths import HOME_VARIABLE, paths, private_folder
from tui_importer.config.resolve import Config
from tui_importer.config.settings import GENERAL_RULES, RULES, RUN_RULES
from tui_importer.config.suggestions import suggestion
from tui_importer.config.writing import write_atomically
from tui_importer.crash_report import redact
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tui_importer.config.validators import Rule

_KEY_NAMES = {"api_key", "apikey", "key", "workos_api_key", "secret", "secret_key", "token"}
_KEY_VALUE = re.compile(r"\bsk_(test|live)_|^sk_")


def load(path: Path | None = None) -> Config:
    """Read and check the config file; one that does not exist has no settings. Raises ConfigError."""
    path = path or paths().config_file
    document = _parse(path)
    profiles = document.pop("profiles", {})
    if not isinstance(profiles, dict):
        raise _wrong(path, "profiles", profiles, "a table for each profile: [profiles.NAME]")
    keymap = document.pop("keymap", {})
    if not isinstance(keymap, dict):
        raise _wrong(path, "keymap", keymap, "a table: [keymap]")
    keys = dict(_flat(path, "keymap", keymap, 'keys in quotes, separated by commas: "ctrl+n,n"'))
    config = Config(path, document, profiles, keys, _mappings(path, document.pop("mappings", {})))
    _check(config)
    return config


def _mappings(path: Path, table: object) -> dict[str, dict[str, str]]:
    """Check `[mappings.NAME]`: the field by the header."""
    mappings = {}
    for name, columns in table.items() if isinstance(table, dict) else [("", table)]:
        if not isinstance(columns, dict) or not name:
            key = f"mappings.{name}" if name else "mappings"
            raise _wrong(path, key, columns, 'a table of columns: [mappings.NAME], "Work mail" = "email"')
        mappings[name] = dict(_flat(path, f"mappings.{name}", columns, 'the field of a column: "Work mail" = "email"'))
    return mappings


def _flat(
    path: Path, key: str, table: Mapping[str, object], allowed: str, prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Flatten a table of texts: `jobs.new = "c"` without quotes around the name is a table in TOML."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(path, key, value, allowed, f"{prefix}{name}.")
        elif isinstance(value, str):
            yield prefix + name, value
        else:
            raise _wrong(path, f"{key}.{prefix}{name}", value, allowed)


def save(config: Config) -> None:
    """Write `config` to its path, whole or not at all, for the owner only. Raises ConfigError.

    What stands in `config` is checked first. A file that was written by hand (see `is_handwritten`) is kept beside
    it as `config.toml.bak`: its comments and its order are not in what is written.
    """
    _refuse_keys(config.path, _document(config))
    _check(config)
    # A link (a config kept among dotfiles) stays a link: its target is replaced.
    target = config.path.resolve()
    try:
        if not target.parent.exists():
            private_folder(target.parent)
        if is_handwritten(config.path):
            write_atomically(backup_of(config.path), target.read_bytes())
        write_atomically(target, _text(config).encode())
    except OSError as error:
        raise ConfigError(
            f"{safe(config.path)} cannot be written: {safe(error.strerror)}.", "The settings stay as they were."
        ) from error


def is_handwritten(path: Path) -> bool:
    """Whether the file at `path` says more than its settings, such as comments, which `save` would not keep."""
    try:
        return path.read_bytes() != _text(load(path)).encode()
    except FileNotFoundError:
        return False
    except (ConfigError, OSError):
        return True


def backup_of(path: Path) -> Path:
    """Path at which `save` keeps a handwritten file."""
    target = path.resolve()
    return target.with_name(f"{target.name}.bak")


def _document(config: Config) -> dict[str, object]:
    tables = {"profiles": config.profiles, "keymap": config.keymap, "mappings": config.mappings}
    return {**config.given, **{name: table for name, table in tables.items() if table}}


def _text(config: Config) -> str:
    import tomli_w

    return tomli_w.dumps(_document(config))


def _parse(path: Path) -> dict[str, object]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(
            f"The config file {safe(path)} cannot be read: {safe(error.strerror)}.",
            f"Make it a file that you can read, or set {HOME_VARIABLE} to another folder.",
        ) from error
    import tomllib

    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
        document: dict[str, object] = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{safe(path)}, line {line}: this is not UTF-8 text.", "Save the file as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from None
    _refuse_keys(path, document)
    return document


def _syntax_error(path: Path, text: str, message: str) -> ConfigError:
    place = re.search(r"\(at line (\d+), column \d+\)", message)
    line = int(place[1]) if place else max(1, len(text.splitlines()))
    what = re.sub(r"\s*\(at [^)]*\)", "", message)
    return ConfigError(
        f"{safe(path)}, line {line}: this is not TOML: {redact(safe(what))}.",
        'A setting is written as name = value, with texts in quotes: theme = "dark".',
    )


def _refuse_keys(path: Path, table: Mapping[str, object], prefix: str = "") -> None:
    for key, value in table.items():
        # A profile's name, an action's id, a mapping's name or a column.
        of_its_own = prefix in {"profiles.", "mappings."} or prefix.startswith(("keymap.", "mappings."))
        named = key.lower().replace("-", "_") in _KEY_NAMES and not of_its_own
        if named or _KEY_VALUE.search(key) or (isinstance(value, str) and _KEY_VALUE.search(value)):
            raise ConfigError(
                f"{safe(path)}: an API key (in `{redact(safe(prefix + key))}`) must not be in a file.",
                "Remove that line; give the key in the environment variable WORKOS_API_KEY, or let the console store "
                "it in the system's keyring. If others could read the file, make a new key in the WorkOS dashboard.",
            )
        if isinstance(value, dict):
            _refuse_keys(path, value, f"{prefix}{key}.")


def _check(config: Config) -> None:
    path, profiles = config.path, config.profiles
    _check_settings(path, config.given, RULES, prefix="")
    for name, values in profiles.items():
        if not isinstance(values, dict) or not name:
            raise _wrong(path, f"profiles.{name}", values, "a table with settings: [profiles.NAME]")
        _check_settings(path, values, RUN_RULES, prefix=f"profiles.{name}.")
    default = config.given.get("default_profile", "")
    if default and default not in profiles:
        raise ConfigError(
            f"{safe(path)}: `default_profile` names `{safe(default)}`, a profile that does not exist.",
            suggestion(str(default), profiles, what="Profiles") if profiles else "Add its table, or remove the line.",
        )


def _check_settings(path: Path, table: Mapping[str, object], rules: Mapping[str, Rule], *, prefix: str) -> None:
    for key, value in table.items():
        name = prefix + key
        if key not in rules and key in GENERAL_RULES:
            raise ConfigError(
                f"{safe(path)}: `{safe(name)}` cannot be set in a profile.", f"Move `{key}` to the top of the file."
            )
        if key not in rules:
            known = suggestion(key, [*rules, *([] if prefix else ["profiles", "keymap", "mappings"])], what="Settings")
            raise ConfigError(f"{safe(path)}: there is no setting `{safe(name)}`.", known)
        try:
            rules[key].check(value)
        except ValueError:
            raise _wrong(path, name, value, rules[key].allowed) from None


def _wrong(path: Path, key: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(
        f"{safe(path)}: `{safe(key)}` is {_shown(value)}; allowed is {allowed}.", f"Correct `{safe(key)}` in that file."
    )


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        import json

        return redact(safe(json.dumps(value, ensure_ascii=False), 120))
    return safe(value).lower() if isinstance(value, bool) else safe(value)
