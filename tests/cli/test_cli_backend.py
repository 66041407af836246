"""What the console has of the program around it, against a server: dry runs that leave nothing, keys by job."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.keyrings import MemoryStore
from tests.support import person, write_source
from tui_importer.cli import scratch_folders
from tui_importer.cli.backend import ConsoleBackend
from tui_importer.config import Config, RecentFiles, paths
from tui_importer.config.keyring import Account
from tui_importer.engine.options import NewJob, frozen_options, run_options
from tui_importer.sandbox.settings import DEFAULT_KEY
from tui_importer.secret import Secret
from tui_importer.tui.preferences import Preferences

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox

KEY = Secret(DEFAULT_KEY)


def settled(sandbox: Sandbox, store: MemoryStore | None = None) -> Preferences:
    config = Config(paths().config_file, {"base_url": sandbox.url, "writes_per_10s": 0}, {"eu": {}, "us": {}})
    return Preferences(config, RecentFiles(paths().recent), keys=store)


def new_job(tmp_path: Path, preferences: Preferences) -> NewJob:
    source = write_source(tmp_path / "users.csv", [person(number, number % 2) for number in range(6)])
    settings = preferences.settings
    return NewJob(source, "j", frozen_options(settings), run_options(settings))


def test_a_dry_run_plans_and_leaves_nothing(tmp_path: Path, sandbox: Sandbox, home: Path) -> None:
    preferences = settled(sandbox)
    backend = ConsoleBackend(paths().jobs, preferences, key=KEY)
    assert backend.environment(sandbox.url).name == "SANDBOX"
    with contextlib.closing(backend.prepare(new_job(tmp_path, preferences), dry_run=True)) as view:
        view.prepare()
        wait_until(lambda: view.plan() is not None)
        plan = view.plan()
        assert plan is not None
        assert (plan.rows, plan.users, plan.organizations.create) == (6, 6, 2)
    assert len(list((home / "scratch").iterdir())) == 1
    backend.forget_dry_run()
    backend.forget_dry_run()
    assert list(home.iterdir()) == []
    assert not paths().jobs.exists()
    assert backend.jobs() == []
    assert sandbox.state.counts == {"organizations": 0, "users": 0, "memberships": 0}


def test_a_dry_run_cannot_be_started(tmp_path: Path, sandbox: Sandbox) -> None:
    preferences = settled(sandbox)
    backend = ConsoleBackend(paths().jobs, preferences, key=KEY)
    with contextlib.closing(backend.prepare(new_job(tmp_path, preferences), dry_run=True)) as view:
        view.prepare()
        wait_until(lambda: view.plan() is not None)
        view.start()
        wait_until(lambda: view.snapshot().state == "paused")
        assert "dry run" in view.snapshot().reason
    backend.forget_dry_run()
    assert sandbox.state.counts["users"] == 0


def test_another_dry_run_takes_the_place_of_the_last_one(tmp_path: Path, sandbox: Sandbox, home: Path) -> None:
    preferences = settled(sandbox)
    backend = ConsoleBackend(paths().jobs, preferences, key=KEY)
    for _ in range(2):
        backend.prepare(new_job(tmp_path, preferences), dry_run=True).close()
        assert len(list((home / "scratch").iterdir())) == 1
    backend.forget_dry_run()


def test_a_dry_run_without_a_temporary_folder_is_refused(
    tmp_path: Path, sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "scratch").write_text("a file where the folder would be")
    monkeypatch.setattr(scratch_folders, "_temporary_places", list)
    preferences = settled(sandbox)
    backend = ConsoleBackend(paths().jobs, preferences, key=KEY)
    with pytest.raises(scratch_folders.NoScratchFolder, match="TUI_IMPORTER_HOME"):
        backend.prepare(new_job(tmp_path, preferences), dry_run=True)


def test_a_job_is_opened_with_the_key_it_was_recorded_with(tmp_path: Path, sandbox: Sandbox) -> None:
    store = MemoryStore()
    preferences = settled(sandbox, store)
    backend = ConsoleBackend(paths().jobs, preferences, key=KEY)
    backend.prepare(new_job(tmp_path, preferences)).close()
    assert backend.stored_key("j") is None
    store.kept[Account(sandbox.url)] = Secret("sk_test_of_another")
    assert backend.stored_key("j") == Secret("sk_test_of_another"), "it may be a new key of the same environment"
    store.kept[Account(sandbox.url, "us")] = KEY
    assert backend.stored_key("j") == KEY
    assert ConsoleBackend(paths().jobs, settled(sandbox), key=None).stored_key("j") is None
