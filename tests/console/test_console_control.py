"""What an operator changes while a job is open: its share of the rate limit, its workers, its key; and notes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input
from textual.widgets._toast import Toast

from tests.console.driving import console_at, enter, footer, press, screen_text, settle, showing
from tests.console.fakes import FakeJobView
from tests.console.snapshots import an_environment, finished, importing, paused, prewarming, ready
from tui_importer.engine.job.key_change import TriedKey
from tui_importer.journal.errors import JournalUnwritable
from tui_importer.secret import Secret
from tui_importer.tui.screens.dialogs.choice import ChoiceDialog, TypedNameDialog
from tui_importer.tui.screens.job.run_controls import next_share
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.workos.errors import KeyRejected

if TYPE_CHECKING:
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.app import ImporterApp

OTHER = "sk_test_another8Kq2"


def toasts(app: ImporterApp) -> list[str]:
    return [toast.message for toast in app._notifications]


def paced(snapshot: Snapshot, *, share: int | None = 80, workers: int = 12, automatic: bool = True) -> FakeJobView:
    requests = replace(snapshot.requests, share=share or 80)
    if share is None:
        requests = replace(requests, permitted=None, limit=None)
    return FakeJobView(replace(snapshot, requests=requests, workers_wanted=workers, workers_automatic=automatic))


class Unwritable(FakeJobView):
    """A job whose journal takes nothing more."""

    def set_share(self, percent: int) -> None:
        raise JournalUnwritable("The disk is full.", "Make room on it.")


class TestPace:
    @pytest.mark.parametrize(
        ("share", "by", "then"),
        [(80, 1, 90), (80, -1, 70), (95, 1, 100), (100, -1, 90), (85, 1, 90), (85, -1, 80), (10, -1, 1), (1, 1, 10),
         (5, 1, 10), (5, -1, 1)],
    )  # fmt: skip
    def test_the_share_goes_by_tens_between_1_and_100(self, share: int, by: int, then: int) -> None:
        assert next_share(share, by) == then

    @pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
    async def test_every_key_takes_effect_at_once_and_is_confirmed(self, size: tuple[int, int]) -> None:
        app, view = console_at(paced(importing()))
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            assert "share 80 % · 12 workers auto" in screen_text(app)
            for key, told, shown, words in (
                ("plus", ["set_share 90"], "share 90 % · 12 workers auto", "90 %, before 80 %"),
                ("minus", ["set_share 80"], "share 80 % · 12 workers auto", "80 %, before 90 %"),
                ("minus", ["set_share 70"], "share 70 % · 12 workers auto", "70 %, before 80 %"),
                ("right_square_bracket", ["set_workers 13"], "share 70 % · 13 workers", "13, before 12 (automatic)"),
                ("left_square_bracket", ["set_workers 12"], "share 70 % · 12 workers", "12, before 13"),
                ("equals_sign", ["set_share 80", "set_workers None"], "share 80 % · 12 workers auto", "80 %"),
            ):
                view.told.clear()
                await press(pilot, key)
                assert view.told == told
                assert shown in screen_text(app)
                assert words in toasts(app)[-1]

    async def test_a_confirmation_gives_way_to_the_next_one_and_trouble_stays(self) -> None:
        held = paced(importing())
        app, _ = console_at(Unwritable(held.now))
        async with app.run_test(size=(120, 36), notifications=True) as pilot:
            await settle(pilot)
            await press(pilot, "plus", *["right_square_bracket"] * 3, "P")
            assert len(toasts(app)) == 2
            assert "The disk is full." in toasts(app)[0]
            assert toasts(app)[1] == "E-mails and names are masked."
            on_screen = [" ".join(toast.classes - {"-textual-system"}) for toast in app.screen.query(Toast)]
            assert on_screen == ["-error", "-information"]

    @pytest.mark.parametrize(
        ("view", "does_nothing"),
        [
            (paced(importing(), share=100), ["plus", "equals_sign"]),
            (paced(importing(), share=1), ["minus"]),
            (paced(importing(), share=None), ["plus", "minus", "equals_sign"]),
            (paced(importing(), workers=1, automatic=False), ["left_square_bracket"]),
            (paced(importing(), workers=128, automatic=False), ["right_square_bracket"]),
            (paced(prewarming(), workers=0), ["left_square_bracket", "right_square_bracket", "equals_sign"]),
            (paced(finished()), ["plus", "minus", "equals_sign", "left_square_bracket", "right_square_bracket", "K"]),
        ],
        ids=["all", "least", "unlimited", "one", "most", "early", "finished"],
    )  # fmt: skip
    async def test_a_key_that_would_do_nothing_does_not_apply(self, view: FakeJobView, does_nothing: list[str]) -> None:
        app, _ = console_at(view)
        async with app.run_test(size=(200, 50)) as pilot:
            if view.now.requests.share == 100:
                app.preferences.config = replace(app.preferences.config, given={"share": 100})
            await settle(pilot)
            await press(pilot, *does_nothing)
            assert view.told == []
            assert showing(app, JobScreen)
            shown = footer(app)
            for key, label in (("plus", "+"), ("minus", "-"), ("equals_sign", "= Auto"), ("K", "K Key")):
                if key in does_nothing:
                    assert label not in shown.replace("1-5", "")

    @pytest.mark.parametrize("snapshot", [ready(), prewarming(), importing(), paused()])
    async def test_the_share_can_be_changed_as_long_as_the_job_is_not_over(self, snapshot: Snapshot) -> None:
        app, view = console_at(paced(snapshot))
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            assert "+/- Rate" in footer(app)
            await press(pilot, "plus")
            assert view.told == ["set_share 90"]
            assert "share 90 %" in screen_text(app).lower()

    async def test_automatic_is_what_the_settings_say(self) -> None:
        app, view = console_at(paced(importing(), share=40))
        async with app.run_test(size=(200, 50)) as pilot:
            app.preferences.config = replace(app.preferences.config, given={"share": 40})
            await settle(pilot)
            await press(pilot, "plus", "equals_sign")
            assert view.told == ["set_share 50", "set_share 40", "set_workers None"]
            assert "= Auto" not in footer(app)

    async def test_a_refusal_is_told_and_changes_nothing(self) -> None:
        app, _ = console_at(Unwritable(paced(importing()).now))
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "plus")
            assert toasts(app) == ["The disk is full. Make room on it."]
            assert "share 80 %" in screen_text(app)


class TestNote:
    @pytest.mark.parametrize("snapshot", [importing(), paused(), finished()])
    async def test_a_line_is_written_into_the_log(self, snapshot: Snapshot) -> None:
        app, view = console_at(FakeJobView(snapshot))
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "N")
            await enter(pilot, " Told the customer; \x1b]2;x\x07 they wait. ")
            assert view.told == ["note Note: Told the customer; ]2;x they wait."]
            assert showing(app, JobScreen)
            assert toasts(app) == ["Written into the job's log."]

    async def test_nothing_is_written_without_words_or_with_esc(self) -> None:
        app, view = console_at(importing())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "N")
            await enter(pilot, "  ")
            await press(pilot, "N", "x", "escape")
            assert showing(app, JobScreen)
            assert view.told == []


class TestKey:
    async def give(self, pilot: Any, key: str = OTHER) -> None:  # noqa: ANN401 - a pilot
        await settle(pilot)
        await press(pilot, "K")
        assert "tested before it is used" in " ".join(screen_text(pilot.app).split())
        pilot.app.screen.query_one(Input).value = key
        await settle(pilot)
        assert key not in screen_text(pilot.app)
        await press(pilot, "enter")

    async def test_a_running_job_goes_on_with_it_once_it_is_tested(self) -> None:
        app, view = console_at(importing())
        async with app.run_test(size=(120, 36)) as pilot:
            await self.give(pilot)
            assert view.told == ["try_key sk_test_…8Kq2", "use_key sk_test_…8Kq2"]
            assert toasts(app) == ["The key sk_test_…8Kq2 is used from now on."]
            assert "sk_test_…8Kq2" in screen_text(app).splitlines()[0]
            assert app.backend.key == Secret(OTHER)

    async def test_a_job_that_rests_because_of_its_key_goes_on(self) -> None:
        app, view = console_at(replace(paused("key rejected"), needs_key=True))
        async with app.run_test(size=(120, 36)) as pilot:
            await self.give(pilot)
            assert view.told == ["try_key sk_test_…8Kq2", "use_key sk_test_…8Kq2", "start"]
            assert toasts(app)[-1].endswith("The job goes on.")

    async def test_a_job_that_was_paused_rests_on(self) -> None:
        app, view = console_at(paused("paused by the operator"))
        async with app.run_test(size=(120, 36)) as pilot:
            await self.give(pilot)
            assert "start" not in view.told

    async def test_a_key_that_fails_the_test_is_not_used(self) -> None:
        view = FakeJobView(importing(), tried=KeyRejected("The API does not know this key.", "Check it."))
        app, _ = console_at(view)
        before = app.backend.key
        async with app.run_test(size=(120, 36)) as pilot:
            await self.give(pilot)
            assert view.told == ["try_key sk_test_…8Kq2"]
            assert toasts(app) == ["The API does not know this key. Check it."]
            assert app.backend.key is before

    async def test_without_objects_to_prove_it_the_environment_is_shown_and_asked_for(self) -> None:
        tried = TriedKey(Secret(OTHER), an_environment("STAGING"), proven=False)
        app, view = console_at(FakeJobView(replace(ready(), environment="SANDBOX"), tried=tried))
        async with app.run_test(size=(120, 36)) as pilot:
            await self.give(pilot)
            assert showing(app, ChoiceDialog)
            assert "leads to STAGING at https://api.workos.com" in screen_text(app)
            assert "Acme, Globex, Initech" in screen_text(app)
            await press(pilot, "enter")
            assert view.told == ["try_key sk_test_…8Kq2"], "the default changes nothing"
            await self.give(pilot)
            await press(pilot, "down", "enter")
            assert view.told[-1] == "use_key sk_test_…8Kq2"
            assert "STAGING" in screen_text(app).splitlines()[0]

    async def test_production_wants_the_name_typed(self) -> None:
        tried = TriedKey(Secret(OTHER), an_environment("PRODUCTION"), proven=False)
        app, view = console_at(FakeJobView(replace(paused("key rejected"), needs_key=True), tried=tried))
        async with app.run_test(size=(120, 36)) as pilot:
            await self.give(pilot)
            assert showing(app, TypedNameDialog)
            await press(pilot, "escape")
            assert view.told == ["try_key sk_test_…8Kq2"]
            await self.give(pilot)
            await enter(pilot, view.now.job)
            assert view.told[-1] == "use_key sk_test_…8Kq2"
            assert "start" not in view.told, "nothing has begun that could go on by itself"
