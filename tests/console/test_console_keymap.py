"""Keys of the operator's own: used where they can be, named where they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.console.driving import JOB, catch_exit, console, console_at, footer, press, screen_text, settle, showing
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import importing, ready, summary
from tui_importer.config import Config, RecentFiles, paths
from tui_importer.tui.actions.keymap import TAKEN, checked, expanded, normalised, shown_keys
from tui_importer.tui.actions.registry import ACTIONS
from tui_importer.tui.preferences import Preferences
from tui_importer.tui.screens.new_job.screen import NewJobScreen

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.tui.app import ImporterApp


def told(app: ImporterApp) -> list[str]:
    view = app.job.view
    assert isinstance(view, FakeJobView)
    return list(view.told)


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("n", "n"),
        ("N", "N"),
        (" ? , ctrl+N ", "question_mark,ctrl+n"),
        ("F2", "f2"),
        ("Ctrl+Shift+X", "ctrl+shift+x"),
        ("/,+", "slash,plus"),
        ("ctrl+[", "ctrl+left_square_bracket"),
        ("PageUp", "pageup"),
        (" , ", ""),
    ],
)
def test_keys_may_be_written_as_they_are_read(typed: str, keys: str) -> None:
    assert normalised(typed) == keys


@pytest.mark.parametrize(
    ("action", "keys", "words"),
    [
        ("jobs.nwe", "c", "Did you mean `jobs.new`?"),
        ("jobs.new", "", "no key is given"),
        ("jobs.new", "hyperspace", "no key `hyperspace`"),
        ("jobs.new", "shift+shift+c", "no key"),
        ("jobs.new", "delete", "del is also the key of `jobs.purge`"),
        ("jobs.new", "?", "? is also the key of `app.help`"),
        ("jobs.new", "c,slash", "/ is also the key of `table.filter`"),
        ("job.pause", "m", "m is also the key of `job.maximise`"),
        ("dialog.confirm", "P", "P is also the key of `app.mask`"),
        ("app.leave", "ctrl+c", "ctrl+c is also the key of `app.interrupt`"),
        *((("jobs.new", key, "alone cannot be relied on")) for key in sorted(TAKEN)),
    ],
)
def test_keys_that_cannot_be_used_are_named(action: str, keys: str, words: str) -> None:
    keymap = checked({action: keys})
    assert keymap.keys == {}
    [problem] = keymap.problems
    assert problem.action == action
    assert words in problem.text


@pytest.mark.parametrize(
    "given",
    [
        {"jobs.new": "c"},
        {"jobs.new": "ctrl+s,c"},
        {"jobs.new": "delete", "jobs.purge": "n"},
        {"job.pause": "ctrl+g", "job.start": "ctrl+g", "job.resume": "ctrl+g"},
        {"job.pause": "ctrl+g"},
        {"dialog.confirm": "q"},
        {"table.up": "up,k,ctrl+g"},
        {"jobs.new": "m"},
    ],
    ids=str,
)
def test_keys_that_never_apply_at_once_do_not_clash(given: dict[str, str]) -> None:
    keymap = checked(given)
    assert keymap.problems == ()
    assert keymap.keys == given


def test_of_a_clash_between_two_new_keys_neither_is_used() -> None:
    keymap = checked({"jobs.new": "c", "jobs.purge": "c", "app.theme": "Y"})
    assert keymap.keys == {"app.theme": "Y"}
    assert {problem.action for problem in keymap.problems} == {"jobs.new", "jobs.purge"}


def test_a_key_that_is_not_free_after_all_is_not_used_either() -> None:
    keymap = checked({"jobs.new": "delete", "jobs.purge": "ctrl+s"})
    assert keymap.keys == {}, "purge keeps its key, so that new cannot have it"


def test_our_own_keys_are_all_sound() -> None:
    own = {action.id: action.keys for action in ACTIONS}
    assert checked(own).problems == ()
    assert {name: normalised(keys) for name, keys in own.items()} == own


def test_actions_that_share_a_key_keep_it() -> None:
    assert expanded({"job.pause": "x"}).items() >= {"job.pause": "x", "job.start": "p", "job.resume": "p"}.items()


async def test_one_of_three_actions_with_one_key_can_have_another() -> None:
    app, view = console_at(FakeJobView(importing()))
    app.preferences.config = Config(paths().config_file, keymap={"job.pause": "ctrl+g"})
    app.apply_preferences()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "^g Pause" in footer(app)
        await press(pilot, "p")
        assert told(app) == []
        await press(pilot, "ctrl+g")
        assert told(app) == ["pause"]
        view.come_to_rest()
        app.screen.refresh_snapshot()  # type: ignore[attr-defined]  # it is the job screen
        await settle(pilot)
        assert "p Go on" in footer(app)
        await press(pilot, "p")
        assert told(app) == ["pause", "start"]


async def test_two_actions_can_swap_their_keys() -> None:
    app = console(FakeBackend([summary(JOB)]), keymap={"jobs.new": "delete", "jobs.purge": "n"})
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "delete")
        assert showing(app, NewJobScreen)


async def test_problems_are_told_at_the_start_and_written_down(tmp_path: Path) -> None:
    keymap = {"jobs.nwe": "c", "jobs.new": "ctrl+s", "app.leave": "?"}
    app = console(FakeBackend([summary(JOB)]), keymap=keymap, crash_folder=tmp_path)
    exits = catch_exit(app)
    async with app.run_test(size=(120, 60), notifications=True) as pilot:
        await settle(pilot)
        text = " ".join(screen_text(app).replace("▌", " ").split())
        for words in (
            "keymap `jobs.nwe`: no such action.",
            "`jobs.new`: ctrl+s alone",
            "`app.leave`: ? is also the key",
        ):
            assert words in text
        assert "n New job" in footer(app)
        await press(pilot, "q")
        assert exits == [0]
    log = (tmp_path / "console.log").read_text(encoding="utf-8")
    assert len(log.splitlines()) == 3
    assert "keymap `jobs.nwe`" in log
    assert (tmp_path / "console.log").stat().st_mode & 0o777 == 0o600


async def test_a_clash_that_textual_finds_is_named_once() -> None:
    app = console(FakeBackend([summary(JOB)]))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        app.set_keymap({"jobs.new": "ctrl+g", "jobs.purge": "ctrl+g"})  # past the check
        await press(pilot, "down", "up")
        text = screen_text(app)
        assert text.count("Keys clash") == 1
        assert "`jobs.new`: ctrl+g is also the key of `jobs.purge`" in " ".join(text.replace("▌", " ").split())


async def test_conditions_that_exclude_each_other_are_no_clash_to_textual_either() -> None:
    app, _ = console_at(ready())
    app.preferences.config = Config(paths().config_file, keymap={"job.pause": "ctrl+g"})
    app.apply_preferences()
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "down", "up")
        assert "clash" not in screen_text(app)


def test_the_apps_keys_are_those_that_can_be_used() -> None:
    config = Config(paths().config_file, keymap={"jobs.new": "c", "jobs.purge": "?"})
    preferences = Preferences(config, RecentFiles(paths().recent))
    assert checked(preferences.config.keymap).keys == {"jobs.new": "c"}


def test_every_key_has_a_name_to_be_read() -> None:
    assert shown_keys("question_mark,pageup,left,ctrl+n,slash,space") == "? pgup ← ctrl+n / space"
