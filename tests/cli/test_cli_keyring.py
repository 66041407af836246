"""A run without a screen takes the key from the environment, else from the system's keyring, else it asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import keyring
import pytest

from tests.keyrings import HangingKeyring, LockedKeyring, MemoryKeyring, MemoryStore
from tests.support import write_source
from tui_importer.cli.api_key import KeyMissing, obtain_key, stored_key
from tui_importer.config import keyring as key_store
from tui_importer.config.keyring import SERVICE, Account
from tui_importer.sandbox.settings import DEFAULT_KEY
from tui_importer.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

URL = "https://api.workos.com"
OWN, OTHER, NONE = Secret("sk_test_own11111"), Secret("sk_test_other222"), Secret("sk_test_none3333")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    """The system's keyring, with the key of the profile `eu`."""
    made = MemoryKeyring()
    made.kept[SERVICE, f"eu {URL}"] = OWN.reveal()
    monkeypatch.setattr(keyring.core, "_keyring_backend", made)
    monkeypatch.setattr("tui_importer.cli.api_key.can_ask", lambda: False)
    return made


@pytest.mark.usefixtures("memory")
def test_the_environments_key_comes_before_the_keyrings(capsys: pytest.CaptureFixture[str]) -> None:
    assert obtain_key(URL, {"WORKOS_API_KEY": "sk_test_env"}, profile="eu") == Secret("sk_test_env")
    assert capsys.readouterr().err == ""
    assert obtain_key(URL, {}, profile="eu") == OWN
    said = capsys.readouterr().err
    assert "sk_test_…1111" in said
    assert "keyring" in said
    assert OWN.reveal() not in said


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(("url", "profile"), [(URL, ""), (URL, "us"), ("https://evil.example", "eu")])
def test_a_key_for_another_profile_or_address_is_not_taken(url: str, profile: str) -> None:
    with pytest.raises(KeyMissing):
        obtain_key(url, {}, profile=profile)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(("backend", "words"), [(LockedKeyring, "is locked"), (HangingKeyring, "did not answer")])
def test_a_keyring_that_fails_is_told_and_is_not_the_end(
    backend: type[MemoryKeyring], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = backend()
    monkeypatch.setattr(keyring.core, "_keyring_backend", made)
    monkeypatch.setattr(key_store, "MOMENT", 0.001)
    monkeypatch.setattr(key_store, "PATIENCE", 0.002)
    with pytest.raises(KeyMissing):
        obtain_key(URL, {}, profile="eu")
    said = capsys.readouterr().err
    assert words in said
    if isinstance(made, HangingKeyring):
        assert "Waiting for the system's keyring" in said
        made.answer.set()


def test_of_several_stored_keys_a_job_takes_its_own() -> None:
    store = MemoryStore()
    store.kept = {Account(URL, "eu"): OWN, Account(URL, "us"): OTHER, Account(URL): NONE}
    names = ("eu", "us")
    assert stored_key(store, URL, "eu") == OWN
    for mine in (OWN, OTHER, NONE):
        assert stored_key(store, URL, "eu", names, mine.__eq__) == mine
    assert stored_key(store, URL, "eu", names, lambda _: False) == OWN, "it may be a new key of the same environment"
    assert stored_key(store, URL, "gone", names, lambda _: False) is None
    assert stored_key(store, "https://evil.example", "eu", names, lambda _: True) is None


def test_a_run_finds_the_key_of_its_profile_in_the_keyring(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.keyrings.FileKeyring")
    kept = {f"{SERVICE}/eu {sandbox.url}": DEFAULT_KEY, f"{SERVICE}/{sandbox.url}": "sk_test_of_another"}
    cli.home.with_suffix(".keyring").write_text(json.dumps(kept), encoding="utf-8")
    (cli.home / "config.toml").write_text(f'[profiles.eu]\nbase_url = "{sandbox.url}"\n', encoding="utf-8")
    source = write_source(tmp_path / "users.csv", [{"email": "ada@example.com"}])
    without = cli.at(url="", key="")
    done = without("run", source, "--profile", "eu", "--job", "a", "--yes", "--json", code=0)
    assert done.document["created"] == 1
    assert "is from the system's keyring" in done.stderr
    assert DEFAULT_KEY not in done.stdout + done.stderr
    refused = without("run", source, "--base-url", sandbox.url, "--job", "b", "--yes", "--json", code=4)
    assert "sk_test_of_another" not in refused.stdout + refused.stderr
    assert DEFAULT_KEY not in "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in cli.home.rglob("*") if path.is_file()
    )
