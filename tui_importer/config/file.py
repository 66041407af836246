"""Reading and writing the config file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.config.errors import ConfigError
from tui_importer.config.naming import suggestion
from tui_importer.config.paths import paths, private_folder
from tui_importer.config.rules import GENERAL_RULES, RUN_RULES, Rule
from tui_importer.config.settings import Config
from tui_importer.crash import redact
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY_NAMES = {"api_key", "apikey", "key", "workos_api_key", "secret", "secret_key", "token"}
_KEY_VALUE = re.compile(r"\bsk_(test|live)_|^sk_")


def load(path: Path | None = None) -> Config:
    """Read and check the config file; one that does not exist has no settings. Raises ConfigError."""
    path = path or paths().config_file
    document = _parse(path)
    profiles = document.pop("profiles", {})
    if not isinstance(profiles, dict):
        raise _wrong(path, "profiles", profiles, "a table for each profile: [profiles.NAME]")
    config = Config(path, document, profiles)
    _check(config)
    return config


def save(config: Config) -> None:
    """Write `config` to its path, whole or not at all, for the owner only. Raises ConfigError.

    What stands in `config` is checked first; comments of an earlier file are not kept.
    """
    import tomli_w

    document = {**config.given, **({"profiles": config.profiles} if config.profiles else {})}
    _refuse_keys(config.path, document)
    _check(config)
    text = tomli_w.dumps(document)
    # A link (a config kept among dotfiles) stays a link: its target is replaced.
    target = config.path.resolve()
    if not target.parent.exists():
        private_folder(target.parent)
    try:
        _write_atomically(target, text.encode())
    except OSError as error:
        raise ConfigError(
            f"{safe(config.path)} cannot be written: {safe(error.strerror)}.", "The settings stay as they were."
        ) from error


def _write_atomically(path: Path, content: bytes) -> None:
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _parse(path: Path) -> dict[str, object]:
    import tomllib

    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(
            f"The config file {safe(path)} cannot be read: {safe(error.strerror)}.", "Make it a readable file."
        ) from error
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
        named = key.lower().replace("-", "_") in _KEY_NAMES and prefix != "profiles."
        if named or _KEY_VALUE.search(key) or (isinstance(value, str) and _KEY_VALUE.search(value)):
            raise ConfigError(
                f"{safe(path)}: an API key (in `{redact(safe(prefix + key))}`) must not be in a file.",
                "Remove that line and give the key in the environment variable WORKOS_API_KEY; if others could read "
                "the file, make a new key in the WorkOS dashboard.",
            )
        if isinstance(value, dict):
            _refuse_keys(path, value, f"{prefix}{key}.")


def _check(config: Config) -> None:
    path, profiles = config.path, config.profiles
    _check_settings(path, config.given, RUN_RULES | GENERAL_RULES, prefix="")
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
            known = suggestion(key, [*rules, *([] if prefix else ["profiles"])], what="Settings")
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
