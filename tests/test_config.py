"""Which value of a setting holds, where things are kept, which addresses are accepted."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

import pytest

from tui_importer.config import (
    Config,
    ConfigError,
    Paths,
    Settings,
    checked_base_url,
    is_loopback,
    paths,
    private_folder,
    resolve,
)

FILE = Config(
    Path("config.toml"),
    {"share": 70, "workers": 3, "base_url": "https://file.example"},
    {"staging": {"share": 60, "base_url": "https://profile.example", "max_failed": "off"}, "empty": {}},
)


def test_flag_wins_over_environment_over_profile_over_file_over_default() -> None:
    environment = {"WORKOS_BASE_URL": "https://environment.example"}
    nothing: dict[str, str] = {}
    url = "base_url"

    def value(**more: object) -> tuple[str, str]:
        resolved = resolve(FILE, **more)  # type: ignore[arg-type]  # spelled out at each call below
        return resolved.settings.base_url, resolved.origins[url]

    flags = {url: "https://flag.example"}
    assert value(profile="staging", flags=flags, environment=environment) == ("https://flag.example", "flag")
    assert value(profile="staging", environment=environment) == ("https://environment.example", "environment")
    assert value(profile="staging", environment=nothing) == ("https://profile.example", "profile")
    assert value(environment=nothing) == ("https://file.example", "config file")
    default = resolve(Config(Path("config.toml")), environment=nothing)
    assert (default.settings.base_url, default.origins[url]) == ("https://api.workos.com", "default")


def test_a_profile_overrides_only_what_it_names() -> None:
    resolved = resolve(FILE, profile="staging", environment={})
    assert resolved.profile == "staging"
    assert resolved.settings == Settings(share=60, workers=3, base_url="https://profile.example", max_failed=None)
    assert resolve(FILE, profile="empty", environment={}).settings.share == 70


def test_off_as_a_flag_wins_over_a_number() -> None:
    config = Config(Path("config.toml"), {"max_failed": 5})
    assert resolve(config, environment={}).settings.max_failed == 5.0
    assert resolve(config, flags={"max_failed": None}, environment={}).settings.max_failed is None


def test_the_default_profile_holds_unless_another_is_named() -> None:
    config = Config(FILE.path, {**FILE.given, "default_profile": "staging"}, FILE.profiles)
    assert resolve(config, environment={}).profile == "staging"
    assert resolve(config, environment={}).settings.share == 60
    assert resolve(config, profile="empty", environment={}).settings.share == 70
    assert resolve(config, profile="", environment={}).settings.share == 70


def test_a_profile_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(FILE, profile="stagging", environment={})
    assert "`stagging`" in caught.value.message
    assert "`staging`" in caught.value.next
    with pytest.raises(ConfigError, match="no profile `x`"):
        resolve(Config(Path("config.toml")), profile="x", environment={})


def test_a_wrong_variable_is_named_and_credentials_are_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(FILE, environment={"WORKOS_BASE_URL": "http://ann:hunter2@api.workos.com"})
    assert "WORKOS_BASE_URL" in caught.value.message
    assert "hunter2" not in str(caught.value)


def test_an_empty_variable_is_none() -> None:
    assert resolve(FILE, environment={"WORKOS_BASE_URL": " "}).origins["base_url"] == "config file"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.workos.com", "https://api.workos.com"),
        ("https://api.workos.com/", "https://api.workos.com"),
        ("HTTPS://api.workos.com:8443", "https://api.workos.com:8443"),
        ("http://127.0.0.1:4100", "http://127.0.0.1:4100"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://localhost:4100/", "http://localhost:4100"),
        ("http://[::1]:4100", "http://[::1]:4100"),
    ],
)
def test_addresses_that_are_accepted(text: str, url: str) -> None:
    assert checked_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "api.workos.com", "ftp://api.workos.com", "https://", "http://api.workos.com", "http://0.0.0.0",
        "http://10.0.0.1", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://localhost@evil.example",
        "https://ann@api.workos.com", "https://ann:pw@api.workos.com", "https://api.workos.com/v1",
        "https://api.workos.com?x=1", "https://api.workos.com#x", "https://api.workos.com:99999",
        "https://api.workos.com:port", "https://api .workos.com", "https://api.workos.com\n", "https://[::1",
        "https://аpi.workos.com", "http://2130706433",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked_base_url(text)


def test_loopback_is_told_from_the_rest() -> None:
    assert is_loopback("http://localhost:1")
    assert is_loopback("https://[::1]")
    assert not is_loopback("https://api.workos.com")
    assert not is_loopback("https://[::1")


def test_everything_is_below_the_home_that_the_environment_names(home: Path) -> None:
    found = paths({"TUI_IMPORTER_HOME": str(home)})
    assert found == Paths(home / "config.toml", home / "jobs", home / "logs", home / "recent.json")
    assert list(home.iterdir()) == []


def test_a_home_may_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environment = {"TUI_IMPORTER_HOME": "~/here", "HOME": str(tmp_path)}
    assert paths(environment).jobs == tmp_path / "here" / "jobs"


HERE = "/anywhere"
XDG = {"XDG_CONFIG_HOME": HERE, "XDG_DATA_HOME": HERE, "XDG_STATE_HOME": HERE}


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"TUI_IMPORTER_HOME": "here"}, "TUI_IMPORTER_HOME is a relative path: here"),
        ({"TUI_IMPORTER_HOME": "~no-such-user-of-ours/x"}, "~no-such-user-of-ours/x"),
        ({"TUI_IMPORTER_HOME": "~/x", "HOME": ""}, "HOME is empty"),
        ({"TUI_IMPORTER_HOME": "/any\udcffwhere"}, "not UTF-8"),
        ({"HOME": ""}, "HOME is empty"),
        ({"HOME": "here"}, "HOME is a relative path: here"),
        ({**XDG, "XDG_STATE_HOME": "", "HOME": ""}, "HOME is empty"),
        ({**XDG, "XDG_DATA_HOME": "here"}, "XDG_DATA_HOME is a relative path: here"),
    ],
)
def test_a_home_that_cannot_be_one_is_refused(
    environment: dict[str, str], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TUI_IMPORTER_HOME", "HOME", *XDG):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=word) as caught:
        paths()
    assert (caught.value.kind, caught.value.exit_code) == ("home_unusable", 2)
    assert re.search(r"Set (TUI_IMPORTER_HOME|XDG_DATA_HOME) to the absolute path", caught.value.next)


@pytest.mark.parametrize("below", ["", "deep/down"])
def test_a_home_that_is_a_file_or_below_one_is_refused(home: Path, below: str) -> None:
    (home / "file").write_text("")
    with pytest.raises(ConfigError, match=f"a file where a folder is needed: {home}/file"):
        paths({"TUI_IMPORTER_HOME": str(home / "file" / below)})


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has its own folders, which need a home")
def test_an_account_that_has_all_folders_named_needs_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUI_IMPORTER_HOME")
    for name, value in {**XDG, "HOME": ""}.items():
        monkeypatch.setenv(name, value)
    assert paths().jobs == Path(HERE, "tui-importer", "jobs")


def test_without_a_home_the_systems_folders_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    found = paths({})
    for path in (found.config_file, found.jobs, found.logs):
        assert tmp_path in path.parents
        assert "tui-importer" in path.parts


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made_for_the_owner_only(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir(mode=0o755)
    above.chmod(0o755)
    folder = private_folder(above / "tui-importer" / "jobs")
    assert mode(folder) == 0o700
    assert mode(folder.parent) == 0o700
    assert mode(above) == 0o755
    folder.chmod(0o755)
    assert mode(private_folder(folder)) == 0o700


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be used"):
        private_folder(tmp_path / "x" / "jobs")
