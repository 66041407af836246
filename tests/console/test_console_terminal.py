"""The terminal around the console: its title, its bell, and that both are left as they were."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.console.driving import console, console_at, settle
from tests.console.fakes import FakeJobView
from tests.console.snapshots import NOW, finished, importing, paused, prewarming, ready
from tests.e2e.test_terminal import terminal
from tui_importer.tui.system.console_log import MOST_BYTES, ConsoleLog
from tui_importer.tui.system.terminal import BELL, RESTORE_TITLE, SAVE_TITLE, Terminal, title_of

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.snapshot.models import Snapshot


@pytest.mark.parametrize(
    ("snapshot", "title"),
    [
        (None, "tui-importer"),
        (importing(), "62 % acme-2026-11 · tui-importer"),
        (prewarming(), "organizations 65 % acme-2026-11 · tui-importer"),
        (replace(ready(), state="running", phase="scan", scanned_share=0.4), "scan 40 % acme-2026-11 · tui-importer"),
        (paused(), "paused 62 % acme-2026-11 · tui-importer"),
        (ready(), "ready acme-2026-11 · tui-importer"),
        (finished(), "finished acme-2026-11 · tui-importer"),
    ],
)
def test_the_title_tells_how_far_the_job_is(snapshot: Snapshot | None, title: str) -> None:
    assert title_of(snapshot) == title


def test_a_title_is_written_when_it_changes_and_given_back() -> None:
    written: list[str] = []
    terminal = Terminal(written.append)
    terminal.restore_title()
    assert written == [], "nothing was taken"
    terminal.show_title("1 %")
    terminal.show_title("1 %")
    terminal.show_title("2 %")
    terminal.restore_title()
    terminal.restore_title()
    assert written == [f"{SAVE_TITLE}\x1b]0;1 %\x07", "\x1b]0;2 %\x07", RESTORE_TITLE]


def test_a_name_cannot_leave_the_title() -> None:
    written: list[str] = []
    Terminal(written.append).show_title(title_of(replace(importing(), job="a\x07\x1b]52;c;QQ==\x1b\\\n\x9cb")))
    [sequence] = written
    inner = sequence.removeprefix(f"{SAVE_TITLE}\x1b]0;").removesuffix("\x07")
    assert inner.isprintable()


def test_the_title_is_given_back_after_the_console_only_when_it_was_taken() -> None:
    for shown, expected in ((False, ""), (True, RESTORE_TITLE)):
        screen = io.StringIO()
        around = Terminal(lambda _: None)
        if shown:
            around.show_title("x")
        around.end(screen)
        assert screen.getvalue() == expected
    around.show_title("x")
    around.end(None)

    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(5, "the terminal is gone")

    around.end(Gone())


@pytest.mark.parametrize(("bell", "rings"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("end", [finished(), paused()], ids=["finished", "paused"])
async def test_the_bell_rings_once_at_the_end_of_a_run_when_it_is_wanted(
    *, bell: bool, rings: int, end: Snapshot
) -> None:
    app, view = console_at(FakeJobView(importing()))
    app.preferences.config = replace(app.preferences.config, given={"bell": bell})
    written: list[str] = []
    app.terminal = Terminal(written.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for now in (importing(), replace(importing(), state="pausing"), end, end):
            view.now = now
            app.update_terminal()
        assert written.count(BELL) == rings
        assert any("acme-2026-11 · tui-importer" in sequence for sequence in written)


async def test_the_end_of_a_scan_is_no_end_of_a_run() -> None:
    app, view = console_at(FakeJobView(importing()))
    app.preferences.config = replace(app.preferences.config, given={"bell": True})
    written: list[str] = []
    app.terminal = Terminal(written.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for now in (replace(ready(), state="running", phase="scan"), ready()):
            view.now = now
            app.update_terminal()
        assert BELL not in written


async def test_the_title_can_be_turned_off_and_comes_back_at_once() -> None:
    app, _ = console_at(importing())
    written: list[str] = []
    app.terminal = Terminal(written.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.update_terminal()
        app.preferences.config = replace(app.preferences.config, given={"terminal_title": False})
        app.update_terminal()
        assert written[-1] == RESTORE_TITLE


async def test_without_a_terminal_nothing_is_written() -> None:
    app = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.is_headless
        app.update_terminal()  # its driver would show what it is given


@pytest.mark.parametrize("wanted", [True, False])
def test_a_real_terminal_has_the_title_while_the_console_runs(home: Path, *, wanted: bool) -> None:
    (home / "config.toml").write_text(f"terminal_title = {str(wanted).lower()}\n", encoding="utf-8")
    with terminal([], {}) as opened:
        seen = b""
        while b"New job" not in seen or (wanted and b"]0;tui-importer" not in seen):
            assert opened.read(1.0)
            seen += opened.raw
            opened.raw = b""
        opened.send("q")
        assert opened.end() == 0
        assert (RESTORE_TITLE.encode() in opened.raw) is wanted
        assert (b"\x1b]0;" in seen + opened.raw) is wanted
        if wanted:
            assert opened.raw.rindex(RESTORE_TITLE.encode()) > opened.raw.rindex(b"\x1b[?1049l")


def test_what_was_told_is_written_down_without_secrets_and_not_for_ever(tmp_path: Path) -> None:
    log = ConsoleLog(tmp_path)
    log.write(NOW, "warning", "key sk_test_a1B2c3D4e5F6 of ann@example.com\x1b]2;P\x07\nnext")
    [line] = (tmp_path / "console.log").read_text(encoding="utf-8").splitlines()
    assert line.startswith("2026-11-23T14:03:59+00:00 warning ")
    for secret in ("a1B2c3D4e5F6", "ann@example.com", "\x1b"):
        assert secret not in line
    (tmp_path / "console.log").write_bytes(b"x" * (MOST_BYTES + 1))
    log.write(NOW, "information", "anew")
    assert len((tmp_path / "console.log").read_text(encoding="utf-8").splitlines()) == 1
    assert (tmp_path / "console.log.1").stat().st_size == MOST_BYTES + 1
    ConsoleLog(None).write(NOW, "information", "nowhere")
    ConsoleLog(tmp_path / "missing").write(NOW, "information", "nowhere")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["console.log", "console.log.1"]


async def test_every_toast_is_written_down(tmp_path: Path) -> None:
    app = console(crash_folder=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("P")
        await settle(pilot)
    assert "E-mails and names are masked." in (tmp_path / "console.log").read_text(encoding="utf-8")
