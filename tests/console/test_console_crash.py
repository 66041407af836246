"""A defect ends the console with a short message, a crash file without secrets, and a code that is not zero."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from textual.css.stylesheet import StylesheetErrors, StylesheetParseError

from tests.console.driving import console, console_at, settle
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import finished, importing
from tui_importer.crash_report import crash_report, redact, write_crash
from tui_importer.journal.errors import JournalUnwritable
from tui_importer.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.app import ImporterApp

KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
HASH = "$2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234"


async def crashed(app: ImporterApp, error: Exception, *, in_worker: bool = False) -> None:
    """Let the app come up, then let something in it raise."""

    def fail() -> None:
        in_the_frame = Secret(KEY).reveal() + "-frame-only"
        assert in_the_frame
        raise error

    async def fail_in_worker() -> None:
        fail()

    async def act(pilot: Pilot[object]) -> None:
        await settle(pilot)
        if in_worker:
            pilot.app.run_worker(fail_in_worker())
        else:
            pilot.app.call_later(fail)

    await app.run_async(headless=True, size=(80, 24), auto_pilot=act)


@pytest.mark.parametrize("where", ["in a handler", "in a worker"])
async def test_a_defect_leaves_a_file_without_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    app = console(FakeBackend(key=Secret(KEY)), crash_folder=tmp_path / "logs")
    words = f"no header Authorization: Bearer {KEY} for ada@example.com with {HASH} [/x]"
    await crashed(app, ValueError(words), in_worker=where == "in a worker")
    assert app.return_code == 70
    [file] = (tmp_path / "logs").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    report = file.read_text()
    assert "ValueError" in report
    assert "in fail" in report
    shown = capsys.readouterr().err
    assert "a defect in itself" in shown
    assert "tui-importer resume" not in shown, "no job was open"
    assert file.name[:40] in shown.replace("\n", "")
    for text in (report, shown):
        for secret in (KEY, KEY[8:], "frame-only", HASH, "ada@"):
            assert secret not in text
    assert "locals" not in shown


async def test_an_exception_that_draws_itself_is_reported_like_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = console(crash_folder=tmp_path / "logs")
    await crashed(app, StylesheetParseError(StylesheetErrors([])))
    assert app.return_code == 70
    assert "a defect in itself" in capsys.readouterr().err
    assert len(list((tmp_path / "logs").iterdir())) == 1


async def test_a_crash_file_that_cannot_be_written_is_no_second_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    app = console(crash_folder=tmp_path / "logs")
    await crashed(app, ValueError("a defect"))
    assert app.return_code == 70
    assert "could not be written" in capsys.readouterr().err


async def test_an_engine_that_fails_the_screen_does_not_hide_the_job(tmp_path: Path) -> None:
    class Broken(FakeJobView):
        def failures_after(self, sequence: int, limit: int = 5_000) -> list[object]:  # type: ignore[override]
            raise RuntimeError("the journal is gone")

    app, view = console_at(Broken(importing()))
    app._crash_folder = tmp_path

    async def act(pilot: Pilot[object]) -> None:
        await settle(pilot)

    await app.run_async(headless=True, size=(80, 24), auto_pilot=act)
    assert app.return_code == 70
    assert app.job.view is view, "it is still there to be closed"


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (importing(), "No row of acme-2026-11 is lost; resume it with: tui-importer resume acme-2026-11"),
        (finished(), ""),
        (None, ""),
    ],
)
async def test_a_resume_is_named_only_if_an_unfinished_job_was_open(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, held: Snapshot | None, words: str
) -> None:
    app = console(crash_folder=tmp_path)
    if held is not None:
        app.job.hold(held.job, FakeJobView(held))
    await crashed(app, ValueError("a defect"))
    shown = " ".join(capsys.readouterr().err.split())
    assert words in shown
    assert ("tui-importer resume" in shown) == bool(words)


async def test_a_job_that_cannot_even_be_asked_may_be_unfinished(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    class Broken(FakeJobView):
        def snapshot(self) -> Snapshot:
            raise RuntimeError("again")

    app = console(crash_folder=tmp_path)
    app.job.hold("acme", Broken(importing()))
    await crashed(app, ValueError("a defect"))
    assert "tui-importer resume acme" in capsys.readouterr().err


async def test_a_defect_of_the_demo_says_that_it_was_the_demo_and_keeps_the_report(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    app = console(crash_folder=tmp_path / "logs")
    app._is_demo = True
    app.job.hold("acme", FakeJobView(importing()))
    await crashed(app, ValueError("a defect"))
    shown = capsys.readouterr().err
    assert "This was the demo" in shown
    assert "tui-importer resume" not in shown
    assert len(list((tmp_path / "logs").iterdir())) == 1


async def test_a_report_that_cannot_be_made_does_not_hide_the_defect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise RuntimeError("again")

    monkeypatch.setattr("tui_importer.crash_report.crash_report", fail)
    app = console()
    await crashed(app, ValueError("a defect"))
    assert app.return_code == 70
    shown = capsys.readouterr().err
    assert "(ValueError)" in shown
    assert "could not be written" in shown


def test_a_report_may_name_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    path = write_crash(ValueError("no such file: b\udcff"), tmp_path)
    assert "no such file: b" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("defect", "code"), [(True, 70), (False, 3)])
def test_a_job_that_cannot_be_closed_either_does_not_hide_the_defect(
    monkeypatch: pytest.MonkeyPatch, *, defect: bool, code: int
) -> None:
    class Unwritable(FakeJobView):
        def close(self, timeout: float = 30.0) -> None:
            raise JournalUnwritable("The disk is full.", "Make room.")

    app = console()
    app.job.hold("acme", Unwritable(importing()))
    monkeypatch.setattr(app, "run", lambda: app._end_with(ValueError("a defect")) if defect else None)
    with pytest.raises(JournalUnwritable) as caught:
        app.run_to_exit()
    assert caught.value.exit_code == code


def test_redaction_knows_the_key_it_is_given() -> None:
    assert redact("x corp-key-123456789 y", (Secret("corp-key-123456789"), None)) == "x …6789 y"


def test_a_report_has_the_chain_of_causes_but_no_values() -> None:
    def outer(secret: str) -> None:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise RuntimeError("outer") from error

    try:
        outer("very-secret-value")
    except RuntimeError as error:
        text = crash_report(error)
    assert "KeyError: 'inner'" in text
    assert "RuntimeError: outer" in text
    assert f"\n{datetime.now(UTC):%Y-%m-%d}T" in text
    assert text.count("very-secret-value") == 1, "only the source line of this test, never a local variable"
