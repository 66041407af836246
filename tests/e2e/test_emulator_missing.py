"""What becomes of the emulator's tests on a machine without Node."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import emulator
from tests.emulator import EmulatorUnavailable, find_node, give_up, install

if TYPE_CHECKING:
    from pathlib import Path


def test_missing_or_old_node_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmulatorUnavailable, match="Node 20 and npm"):
        find_node()
    for name, text in (("node", "#!/bin/sh\necho v18.20.4\n"), ("npm", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    with pytest.raises(EmulatorUnavailable, match=r"v18\.20\.4"):
        find_node()


def test_a_failed_installation_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(0o755)
    cache = tmp_path / "cache"
    with pytest.raises(EmulatorUnavailable, match="no network"):
        install(str(npm), cache / "workos")
    assert [each.name for each in cache.iterdir()] == ["workos.lock"]


def test_an_installation_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "workos" / "node_modules" / emulator.PACKAGE / "dist" / "bin.js"
    program.parent.mkdir(parents=True)
    program.write_text("")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("not needed"))
    assert install("npm", tmp_path / "workos") == program


def test_without_it_tests_are_skipped_but_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = EmulatorUnavailable("no Node")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Node"):
        give_up(reason)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Node"):
        give_up(reason)
