"""The config file: read, checked, written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_importer.config import (
    CHANGEABLE,
    GENERAL_RULES,
    OPTIONS,
    RUN_RULES,
    Config,
    ConfigError,
    Settings,
    backup_of,
    is_handwritten,
    load,
    paths,
    resolve,
    save,
)
from tui_importer.config.edit import parsed, with_keys, with_mapping, with_profile, with_setting, without_profile
from tui_importer.config.options import Option
from tui_importer.config.validators import THEMES, Choice, Number, WholeNumber
from tui_importer.engine.options import RUN_OPTIONS, FrozenOptions

if TYPE_CHECKING:
    from tui_importer.config import SettingValue
    from tui_importer.config.validators import Rule

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "config.example.toml"


def write(home: Path, text: str) -> Path:
    path = home / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(home: Path, text: str) -> ConfigError:
    path = write(home, text)
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(path) in caught.value.message
    assert caught.value.next
    assert caught.value.exit_code == 2
    return caught.value


def test_without_a_file_everything_is_default() -> None:
    assert resolve(load()).settings == Settings()


def test_the_table_names_every_setting_and_allows_its_default() -> None:
    defaults = asdict(Settings())
    assert {name: option.default for name, option in OPTIONS.items()} == defaults
    assert [*RUN_RULES, *GENERAL_RULES] == list(OPTIONS)
    for name, value in defaults.items():
        assert OPTIONS[name].rule.check("off" if value is None else value) == value


@pytest.mark.parametrize(
    ("default", "rule", "shown"),
    [
        (None, Number(0, 100, off=True), "off"),
        (0, WholeNumber(0, 9, zero="automatic"), "automatic"),
        (0, WholeNumber(0, 9), "0"),
        (10.0, Number(0, 100), "10"),
        ("keep", Choice(("keep", "update")), "keep"),
    ],
)
def test_a_default_is_shown_as_it_is_given(default: SettingValue, rule: Rule, shown: str) -> None:
    assert Option("name", default, rule, "", "How fast", "never", None).shown_default == shown


def test_the_table_and_the_engine_agree_on_what_a_job_keeps() -> None:
    assert set(CHANGEABLE) == set(RUN_OPTIONS)
    assert set(RUN_RULES) - set(CHANGEABLE) == {field.name for field in fields(FrozenOptions)} - {"limit", "reading"}


def test_the_example_is_made_from_the_table() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "config_example.py"], capture_output=True, check=True, timeout=60
    )
    assert EXAMPLE.read_bytes() == made.stdout, "python scripts/config_example.py > config.example.toml"


def test_the_example_has_every_setting_with_its_default() -> None:
    example = load(EXAMPLE)
    assert dict(example.given) == asdict(Settings())
    assert resolve(example, profile="sandbox").settings == replace(Settings(), base_url="http://127.0.0.1:4100")


def test_every_setting_of_the_example_is_explained() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            assert lines[number - 1].startswith(("# ", "[profiles.")), line


@pytest.mark.parametrize(
    ("line", "key", "nearest"),
    [
        ("shares = 80", "shares", "`share`"),
        ("writes-per-10s = 80", "writes-per-10s", "`writes_per_10s`"),
        ("Theme = 'dark'", "Theme", "`theme`"),
        ("[profile.x]\nshare = 1", "profile", "`profiles`"),
        ("[profiles.x]\nworker = 1", "profiles.x.worker", "`workers`"),
        ("colour_of_the_moon = 1", "colour_of_the_moon", "chunk_size"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_one(home: Path, line: str, key: str, nearest: str) -> None:
    error = refused(home, line)
    assert f"`{key}`" in error.message
    assert nearest in error.next


@pytest.mark.parametrize(
    ("line", "key", "shown", "allowed"),
    [
        ("share = 0", "share", "0", "from 1 to 100"),
        ("share = '80'", "share", '"80"', "a whole number"),
        ("share = 80.5", "share", "80.5", "a whole number"),
        ("share = true", "share", "true", "a whole number"),
        ("workers = -1", "workers", "-1", "from 0 to 128"),
        ("workers = [1]", "workers", "a list", "a whole number"),
        ("on_existing = 'replace'", "on_existing", '"replace"', '"keep" or "update"'),
        ("max_failed = 101", "max_failed", "101", 'from 0 to 100, or "off"'),
        ("max_failed = 'never'", "max_failed", '"never"', '"off"'),
        ("max_failed = nan", "max_failed", "nan", "a number"),
        ("give_up_after = inf", "give_up_after", "inf", "a number"),
        ("search_wait = false", "search_wait", "false", "a number"),
        ("theme = 'blue'", "theme", '"blue"', '"dark", "light", "ansi-dark"'),
        ("bell = 1", "bell", "1", "true or false"),
        ("terminal_title = 'yes'", "terminal_title", '"yes"', "true or false"),
        ("keymap = 1", "keymap", "1", "[keymap]"),
        ("[keymap]\n'jobs.new' = 1", "keymap.jobs.new", "1", "keys in quotes"),
        ("[keymap]\njobs.new = ['n']", "keymap.jobs.new", "a list", "keys in quotes"),
        ("mappings = 1", "mappings", "1", "[mappings.NAME]"),
        ("[mappings]\ncrm = 'email'", "mappings.crm", '"email"', "[mappings.NAME]"),
        ("[mappings.crm]\nmail = 1", "mappings.crm.mail", "1", "the field of a column"),
        ("default_profile = 1", "default_profile", "1", "the name of a profile"),
        ("base_url = 'http://api.workos.com'", "base_url", '"http://api.workos.com"', "https://"),
        ("base_url = 80", "base_url", "80", "https://"),
        ("profiles = 1", "profiles", "1", "[profiles.NAME]"),
        ("[profiles]\nx = 1", "profiles.x", "1", "[profiles.NAME]"),
        ("[profiles.x]\nshare = 300", "profiles.x.share", "300", "from 1 to 100"),
        ("theme = 1979-05-27", "theme", "1979-05-27", '"dark"'),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(home: Path, line: str, key: str, shown: str, allowed: str) -> None:
    message = refused(home, line).message
    assert f"`{key}` is {shown}" in message
    assert allowed in message


def test_a_general_setting_has_no_place_in_a_profile(home: Path) -> None:
    assert "cannot be set in a profile" in refused(home, "[profiles.x]\ntheme = 'light'").message


def test_the_default_profile_must_exist(home: Path) -> None:
    error = refused(home, "default_profile = 'stagin'\n[profiles.staging]\nshare = 50")
    assert "`stagin`" in error.message
    assert "`staging`" in error.next
    assert "`x`" in refused(home, "default_profile = 'x'").message


@pytest.mark.parametrize(
    ("text", "line"),
    [("share = 80\n\ntheme = dark\n", 3), ("share = 80\nshare = 81\n", 2), ("share = 80\n[profiles.x", 2)],
)
def test_a_syntax_error_names_its_line(home: Path, text: str, line: int) -> None:
    error = refused(home, text)
    assert f"line {line}:" in error.message
    assert "TOML" in error.message


def test_bytes_that_are_no_text_name_their_line(home: Path) -> None:
    (home / "config.toml").write_bytes(b"share = 80\ntheme = '\xff'\n")
    with pytest.raises(ConfigError, match="line 2: this is not UTF-8"):
        load()


def test_a_byte_order_mark_and_windows_line_ends_are_fine(home: Path) -> None:
    (home / "config.toml").write_bytes(b"\xef\xbb\xbfshare = 70\r\n")
    assert resolve(load()).settings.share == 70


def test_a_folder_in_the_files_place_is_named(home: Path) -> None:
    (home / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load()


@pytest.mark.parametrize(
    "line",
    [
        "api_key = 'sk_test_a1B2c3D4e5F6'",
        "key = 'whatever'",
        "API-KEY = 'whatever'",
        "[profiles.x]\napi_key = 'sk_live_a1B2c3D4e5F6'",
        "theme = 'sk_test_a1B2c3D4e5F6'",
        "sk_test_a1B2c3D4e5F6 = 1",
        "base_url = 'https://api.workos.com?key=sk_test_a1B2c3D4e5F6'",
        "api_key = sk_test_a1B2c3D4e5F6",
    ],
)
def test_an_api_key_is_refused_and_not_repeated(home: Path, line: str) -> None:
    error = refused(home, line)
    assert "a1B2c3D4e5F6" not in str(error)
    if "= sk_" not in line:
        assert "must not be in a file" in error.message
        assert "WORKOS_API_KEY" in error.next


def test_credentials_in_an_address_are_not_repeated(home: Path) -> None:
    error = refused(home, "base_url = 'https://ann:hunter2@api.workos.com'")
    assert "hunter2" not in str(error)


def test_what_is_shown_cannot_drive_a_terminal(home: Path) -> None:
    error = refused(home, '"sha\\u001b]2;PWNED\\u0007re" = "\\u001b[31m"')
    assert "\x1b" not in str(error)
    assert "\x1b" not in str(refused(home, 'theme = "\\u001b[31m\\nx"'))


setting_values = st.fixed_dictionaries(
    {},
    optional={
        "base_url": st.sampled_from(["https://api.workos.com", "http://localhost:4100"]),
        "workers": st.integers(0, 128),
        "share": st.integers(1, 100),
        "max_failed": st.one_of(st.just("off"), st.floats(0, 100), st.integers(0, 100)),
        "on_existing": st.sampled_from(["keep", "update"]),
        "search_wait": st.floats(0, 600),
    },
)
profile_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: "sk_" not in name  # an API key, which no name may be
)


@given(given_values=setting_values, profiles=st.dictionaries(profile_names, setting_values, max_size=3))
def test_what_is_saved_is_loaded_again(
    tmp_path_factory: pytest.TempPathFactory, given_values: dict[str, object], profiles: dict[str, dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    config = Config(path, given_values, profiles)
    save(config)
    assert load(path) == config


def test_saving_is_private_and_leaves_nothing_beside(home: Path) -> None:
    path = home / "below" / "config.toml"
    save(Config(path, {"theme": "light"}))
    save(Config(path, {"theme": "dark"}))
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {"theme": "dark"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["config.toml"]


def test_a_failed_save_leaves_the_old_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(home, "theme = 'light'\n")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigError, match="No space left"):
        save(replace(load(), given={"theme": "dark"}))
    assert resolve(load()).settings.theme == "light"
    assert [entry.name for entry in home.iterdir()] == [path.name]


@pytest.mark.parametrize("values", [{"share": 0}, {"api_key": "x"}, {"nonsense": 1}])
def test_nothing_wrong_is_written(home: Path, values: dict[str, object]) -> None:
    path = write(home, "theme = 'light'\n")
    with pytest.raises(ConfigError):
        save(Config(path, values))
    assert path.read_text(encoding="utf-8") == "theme = 'light'\n"


def test_a_linked_config_file_stays_a_link(home: Path) -> None:
    target = home / "dotfiles.toml"
    target.write_text("theme = 'light'\n", encoding="utf-8")
    (home / "config.toml").symlink_to(target)
    save(replace(load(), given={"theme": "dark"}))
    assert (home / "config.toml").is_symlink()
    assert "dark" in target.read_text(encoding="utf-8")


def test_the_file_lives_in_the_home_that_the_environment_names(home: Path) -> None:
    assert paths().config_file == home / "config.toml"


def test_mappings_come_back_as_they_were_saved_beside_everything_else(home: Path) -> None:
    path = write(home, "share = 70\n[keymap]\n'jobs.new' = 'c'\n[mappings.old]\ntoken = 'external_id'\n")
    config = load()
    assert config.mappings == {"old": {"token": "external_id"}}, "a column may be called as a key would be"
    mapping = {"Work mail": "email", "given.name": "first_name", "key": "-", "Größe": "metadata"}
    save(with_mapping(config, "crm", mapping))
    assert load() == replace(config, mappings={"old": {"token": "external_id"}, "crm": mapping})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    save(with_mapping(load(), "crm", {"x": "email"}))
    assert load().mappings["crm"] == {"x": "email"}


def test_a_mapping_is_no_place_for_a_key_either(home: Path) -> None:
    write(home, "[mappings.crm]\nmail = 'sk_test_abcdef'\n")
    with pytest.raises(ConfigError) as caught:
        load()
    assert "abcdef" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "[keymap]\n'jobs.new' = 'c'\n'app.leave' = 'x,q'\n",
        "[keymap]\njobs.new = 'c'\napp.leave = 'x,q'\n",
        "[keymap.jobs]\nnew = 'c'\n[keymap.app]\nleave = 'x,q'\n",
    ],
)
def test_a_keymap_is_read_by_ids_however_toml_nests_them(home: Path, text: str) -> None:
    write(home, text)
    assert load().keymap == {"jobs.new": "c", "app.leave": "x,q"}


def test_an_action_may_be_called_key_without_being_one(home: Path) -> None:
    write(home, "[keymap]\njob.key = 'K'\n")
    assert load().keymap == {"job.key": "K"}
    assert "must not be in a file" in refused(home, "[keymap]\njob.key = 'sk_test_a1B2c3D4e5F6'\n").message


HANDWRITTEN = "# ours\nshare = 70\n\n[profiles.eu]  # Frankfurt\nshare = 40\n\n[keymap]\njobs.new = 'c'\n"


def test_a_handwritten_file_is_kept_beside_the_one_that_replaces_it(home: Path) -> None:
    path = write(home, HANDWRITTEN)
    assert is_handwritten(path)
    save(with_setting(load(), "share", 60))
    assert not is_handwritten(path)
    assert backup_of(path) == home / "config.toml.bak"
    assert backup_of(path).read_text(encoding="utf-8") == HANDWRITTEN
    assert stat.S_IMODE(backup_of(path).stat().st_mode) == 0o600
    save(with_setting(load(), "share", 50))
    assert backup_of(path).read_text(encoding="utf-8") == HANDWRITTEN, "what we wrote is no reason for another backup"
    again = load()
    assert (again.given, again.profiles, again.keymap) == (
        {"share": 50},
        {"eu": {"share": 40}},
        {"jobs.new": "c"},
    )


def test_no_backup_is_made_where_nothing_is_lost(home: Path) -> None:
    path = home / "config.toml"
    assert not is_handwritten(path)
    save(Config(path, {"share": 70}))
    save(Config(path, {"share": 60}))
    assert [entry.name for entry in home.iterdir()] == ["config.toml"]


def test_changes_give_what_the_file_should_say() -> None:
    config = Config(Path("config.toml"), {"default_profile": "eu"}, {"eu": {"share": 40}, "us": {}})
    assert with_setting(config, "share", 60).given == {"default_profile": "eu", "share": 60}
    assert with_setting(config, "share", None, profile="eu").profiles == {"eu": {}, "us": {}}
    assert with_setting(config, "workers", 3, profile="us").profiles["us"] == {"workers": 3}
    without = without_profile(config, "eu")
    assert (without.given, without.profiles) == ({}, {"us": {}})
    assert without_profile(config, "us").given == {"default_profile": "eu"}
    assert with_profile(config, "eu").profiles == config.profiles
    assert with_profile(config, "new").profiles["new"] == {}
    keys = with_keys(config, "jobs.new", "c")
    assert keys.keymap == {"jobs.new": "c"}
    assert with_keys(keys, "jobs.new", None).keymap == {}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("share", " 50 ", 50),
        ("max_failed", "off", "off"),
        ("max_failed", "10", 10),
        ("max_failed", "2.5", 2.5),
        ("bell", "true", True),
        ("theme", "nord", "nord"),
        ("base_url", "https://api.workos.com/", "https://api.workos.com"),
        ("default_profile", "", ""),
    ],
)
def test_what_is_typed_becomes_what_the_file_has(home: Path, name: str, text: str, value: object) -> None:
    assert parsed(name, text) == value
    assert type(parsed(name, text)) is type(value)
    save(with_setting(Config(home / "config.toml"), name, parsed(name, text)))
    assert load().given == {name: value}


@pytest.mark.parametrize(("name", "text"), [("share", "0"), ("bell", "1"), ("theme", "blue"), ("workers", "many")])
def test_what_is_typed_wrong_says_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"true or false|from|\"dark\""):
        parsed(name, text)


def test_the_themes_of_the_rules_exist() -> None:
    from textual.theme import BUILTIN_THEMES

    assert set(THEMES) - {"dark", "light"} <= set(BUILTIN_THEMES)
