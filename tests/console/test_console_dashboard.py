"""The live pictures of a job: at every size, in every state, cheap, and never a lie."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.visual import Visual

from tests.console.driving import console, console_at, line_with, press, screen_text, settle, strips
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import a_plan, chunks, failure, finished, importing, paused, prewarming, ready
from tui_importer.engine.snapshot.invariants import disorder
from tui_importer.engine.snapshot.models import Eta, RequestStats, Snapshot, Totals
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.job.answers_panel import AnswersPanel
from tui_importer.tui.screens.job.failures_panel import FailuresPanel
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.screens.job.users_panel import outcome_bar
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from textual.strip import Strip
    from textual.widget import Widget

    from tui_importer.tui.app import ImporterApp

WIDE = (200, 50)
SCANNING = replace(
    ready(), state="running", phase="scan", scanned_share=0.43, scanned_rows=6_400, totals=Totals(), chunks=()
)
STATES = {
    "scan": SCANNING, "ready": ready(), "pre-warm": prewarming(), "import": importing(failed=27),
    "blocked": importing(blocked=14), "paused": paused(), "finished": finished(), "clean": finished(failed=0),
}  # fmt: skip


OVERFULL = (replace(chunks(1_000)[0], created=1_001), *chunks(1_000)[1:])


def app_at(snapshot: Snapshot, **changes: Any) -> tuple[ImporterApp, FakeJobView]:  # noqa: ANN401 - fields of a snapshot
    now = replace(snapshot, **changes)
    plan = a_plan() if now.state == "ready" else None
    return console_at(FakeJobView(now, failures=[failure(n) for n in range(1, now.totals.failed + 1)], the_plan=plan))


def refresh(app: ImporterApp) -> None:
    assert isinstance(app.screen, JobScreen)
    app.screen.refresh_snapshot()


def colour_of(app: ImporterApp, words: str) -> object:
    """The colour of the first text on the screen that has `words`."""
    segments = (segment for strip in strips(app.screen) for segment in strip if words in segment.text)
    style = next(segments).style
    return style and style.color


class TestMuchRoom:
    @pytest.mark.parametrize("size", [WIDE, (250, 60)])
    async def test_is_used_for_answers_errors_and_workers(self, size: tuple[int, int]) -> None:
        app, _ = app_at(STATES["import"])
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            text = screen_text(app)
            for kind, numbers in (
                ("━ 2xx", "18,640   99.7 %"),
                ("═ 404", "39    0.2 %"),
                ("═ 409", "12   <0.1 %"),
                ("═ 422", "7   <0.1 %"),
                ("┅ 429", "0"),
                ("× 5xx", "2   <0.1 %"),
                ("? no answer", "2   <0.1 %"),
            ):
                assert " ".join(numbers.split()) in " ".join(line_with(app, kind).split(kind)[1].split())
            assert "▶◷▶↻○▶▶◷▶↻○▶   ▶ 6 running · ◷ 2 waiting · ↻ 2 backing off · ○ 2 idle" in text
            many = line_with(app, "user_invalid").split("user_invalid")[1]
            few = line_with(app, "server_error").split("server_error")[1]
            assert many.split()[-1] == "23"
            assert few.split()[-1] == "4"
            assert few.count("━") == round(4 * many.count("━") / 23)

    async def test_is_needed_for_them(self) -> None:
        app, _ = app_at(STATES["import"])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            assert not app.screen.query_one(AnswersPanel).display
            assert not app.screen.query_one(FailuresPanel).display
            assert "2xx 18,640 · 4xx 58 · 429 0 · 5xx 2 · no answer 2" in screen_text(app)
            await pilot.resize_terminal(170, 36)
            await settle(pilot)
            assert not app.screen.query_one(AnswersPanel).display
            assert app.screen.query_one(FailuresPanel).display

    async def test_kinds_of_errors_follow_what_arrives_and_what_is_gone(self) -> None:
        app, view = app_at(importing(failed=3))
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            assert line_with(app, "user_invalid").split()[-1] == "3"
            view.failures += [failure(n, kind=f"kind_{n}") for n in range(4, 16)]
            refresh(app)
            await settle(pilot)
            assert line_with(app, "user_invalid").split()[-1] == "3"
            assert line_with(app, "5 other kinds").split()[-1] == "5"
            view.failures = view.failures[3:5]
            refresh(app)
            await settle(pilot)
            assert "user_invalid" not in screen_text(app)
            assert line_with(app, "kind_5").split()[-1] == "1"

    async def test_codes_without_a_line_of_their_own_are_summed_up(self) -> None:
        statuses = ((200, 50), *((code, 450 - code) for code in range(400, 428) if code != 401), (429, 4))
        app, _ = app_at(importing(), requests=RequestStats(statuses=statuses))
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            shown = [line.split("═ ")[-1].split()[:2] for line in screen_text(app).splitlines() if "═ 40" in line]
            assert shown[:2] == [["400", "50"], ["402", "48"]]
            rest = sum(count for code, count in statuses if 400 <= code < 429) - sum(int(count) for _, count in shown)
            assert f"{rest:,}" in line_with(app, "other 4xx")


class TestTimeLeft:
    @pytest.mark.parametrize("size", [(80, 24), (120, 36)])
    @pytest.mark.parametrize(
        ("bound", "eta", "words"),
        [
            ("write limit 40/50", Eta(218, 224), "ETA 3:38–3:44 · bound by write limit 40/50"),
            ("latency, 6 workers", Eta(218, 218), "ETA 3:38 · bound by latency, 6 workers"),
            ("latency, 6 workers", None, "ETA unknown · bound by latency, 6 workers"),
            ("paused by 429 for 8 s", Eta(226, 232), "ETA 3:46–3:52 · ◷ paused by 429 for 8 s"),
            ("backing off 12 s: 503", None, "ETA unknown · ↻ backing off 12 s: 503"),
        ],
    )
    async def test_is_a_range_with_what_bounds_it(
        self, size: tuple[int, int], bound: str, eta: Eta | None, words: str
    ) -> None:
        app, _ = app_at(importing(), bound=bound, eta=eta)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            assert words in screen_text(app)

    async def test_the_prewarm_says_what_holds_it_up(self) -> None:
        app, view = app_at(prewarming())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert "after the organizations" in screen_text(app)
            view.set(bound="paused by 429 for 3 s")
            refresh(app)
            await settle(pilot)
            assert "◷ paused by 429 for 3 s" in screen_text(app)


class TestHonesty:
    @pytest.mark.parametrize("misses", [0, 1, 12])
    async def test_a_key_that_the_prewarm_did_not_resolve_stands_out(self, misses: int) -> None:
        """It is a bug of ours, or the race that the pre-warm is for."""
        app, _ = app_at(STATES["import"], cache_misses=misses)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            words = "1 miss" if misses == 1 else f"{misses} misses"
            assert (colour_of(app, words) == colour_of(app, "hits")) == (misses == 0)

    @pytest.mark.parametrize("state", STATES)
    def test_the_pictures_of_these_tests_add_up(self, state: str) -> None:
        assert list(disorder(STATES[state])) == []

    @pytest.mark.parametrize("size", [(80, 24), (120, 36), WIDE])
    @pytest.mark.parametrize("state", ["import", "finished"])
    async def test_numbers_that_do_not_add_up_are_told(self, size: tuple[int, int], state: str) -> None:
        app, view = app_at(STATES[state])
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            assert "does not add up" not in screen_text(app)
            totals = view.now.totals
            view.set(totals=replace(totals, created=totals.created - 1, existing=totals.existing + 1))
            refresh(app)
            await settle(pilot)
            assert "✖ does not add up: the chunks count other created rows" in screen_text(app)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"totals": Totals(rows=14_997, created=15_000)}, "more rows ended than there are"),
            ({"totals": Totals(rows=14_997, blocked=3)}, "rows are blocked although no organization failed"),
            ({"chunks": chunks(rows=14_000)}, "the chunks have other rows"),
            ({"chunks": chunks(2_000, size=15_000)[:1] * 1}, "the chunks count other created rows"),
            (
                {"totals": Totals(14_997, created=1_001), "chunks": OVERFULL},
                "a chunk has more rows that ended than rows",
            ),
        ],
    )
    def test_disorder_is_found_and_named(self, changes: dict[str, Any], words: str) -> None:
        assert words in list(disorder(replace(ready(), **changes)))

    @pytest.mark.parametrize("width", [8, 40, 113])
    def test_the_bar_of_outcomes_is_full_to_the_cell_and_shows_the_smallest_part(self, width: int) -> None:
        for totals in (
            Totals(1_000_000, created=999_998, failed=1, blocked=1),
            Totals(100, created=20, existing=20, failed=20, skipped=20, blocked=20),
            Totals(14_997, created=1),
            Totals(14_997, created=14_996, failed=1),
            Totals(3),
        ):
            bar = outcome_bar(totals, width).plain
            assert len(bar) == width, totals
            for count, mark in zip(
                (totals.created, totals.existing, totals.failed, totals.skipped, totals.blocked), "━═×╌┅", strict=True
            ):
                assert (mark in bar) is (count > 0), totals
            assert ("─" in bar) is (totals.pending > totals.blocked), totals


class TestBanner:
    @pytest.mark.parametrize(
        ("changes", "lines"),
        [
            ({"reason": "paused by the operator", "next_step": ""}, ["‖ Paused by the operator   p goes on"]),
            (
                {"reason": "key rejected", "needs_key": True, "next_step": "Give a valid key."},
                ["‖ Key rejected", "K another key   p goes on  ·  Give a valid key."],
            ),
            (
                {"reason": "service unavailable: 503", "next_step": "Resume when it answers again."},
                ["‖ Service unavailable: 503", "p goes on   3 shows the errors  ·  Resume when it answers again."],
            ),
            (
                {"reason": "The disk is full.", "next_step": "Make room on it. " * 6},
                [
                    "‖ The disk is full.",
                    "p goes on   3 shows the errors  ·  Make room",
                    "Make room on it. Make room on it.",
                ],
            ),
        ],
    )
    async def test_it_says_why_a_job_rests_and_names_the_keys_that_go_on(
        self, changes: dict[str, Any], lines: list[str]
    ) -> None:
        app, view = app_at(paused(), **changes)
        if "operator" in view.now.reason:
            view.set(totals=Totals(14_997), chunks=chunks())
            view.failures = []
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            for line in lines:
                assert line in screen_text(app)

    async def test_it_names_the_keys_in_use(self) -> None:
        view = FakeJobView(replace(paused("key rejected"), needs_key=True))
        app = console(
            FakeBackend(views={"acme-2026-11": view}), start=StartAt.at_job("acme-2026-11"),
            keymap={"job.key": "ctrl+k", "job.resume": "c"},
        )  # fmt: skip
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            assert "ctrl+k another key   c goes on" in screen_text(app)

    async def test_a_source_that_has_changed_is_told_while_the_job_goes_on(self) -> None:
        app, view = app_at(importing())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert "frozen rows" not in screen_text(app)
            view.set(source_change="was written to or replaced")
            refresh(app)
            await settle(pilot)
            words = "! Source was written to or replaced: the job goes on with its frozen rows."
            assert words in screen_text(app)
            view.set(state="paused", reason="paused by the operator")
            refresh(app)
            await settle(pilot)
            assert "‖ Paused by the operator   p goes on" in screen_text(app)
            assert words in screen_text(app)


async def test_the_scan_and_the_plan_have_a_picture_of_their_own() -> None:
    app, view = app_at(SCANNING)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "6,400 rows" in line_with(app, "Scan  ")
        assert "43 %" in line_with(app, "━━━")
        assert "Nothing is written yet." in screen_text(app)
        view.set(scanned_share=1.0, scanned_rows=14_997, totals=Totals(14_997), chunks=chunks())
        refresh(app)
        await settle(pilot)
        assert "Looking 152 organizations up" in screen_text(app)


@pytest.mark.parametrize("state", STATES)
async def test_resizing_goes_smoothly_through_all_sizes(state: str) -> None:
    app, _ = app_at(STATES[state])
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for size in ((250, 60), (60, 16), (120, 36), (160, 24), (80, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert {strip.cell_length for strip in strips(app.screen)} == {size[0]}
            text = screen_text(app)
            assert len(text.splitlines()) == size[1]
            assert "STAGING" in text
            assert "too small" not in text
            for panel in app.screen.query("*"):
                if isinstance(panel, Panel) and panel.display and panel.region.area:
                    drawn = panel.render().plain.splitlines()
                    assert len(drawn) <= max(1, panel.content_size.height), panel
                    assert all(len(line) <= panel.content_size.width for line in drawn), (panel, size, drawn)


@pytest.mark.parametrize("theme", ["importer-light", "ansi-dark", "ansi-light"])
async def test_every_theme_says_the_same(theme: str) -> None:
    app, _ = app_at(STATES["blocked"])
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        before = screen_text(app)
        app.theme = theme
        await settle(pilot)
        assert screen_text(app) == before


class TestCost:
    async def test_only_lines_that_have_changed_are_drawn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app, view = app_at(STATES["import"])
        drawn: list[str] = []
        to_strips = Visual.to_strips

        def noted(widget: Widget, visual: Visual, *given: Any, **named: Any) -> list[Strip]:  # noqa: ANN401 - passed on
            drawn.append(f"{type(widget).__name__}: {visual}")
            return to_strips(widget, visual, *given, **named)

        monkeypatch.setattr(Visual, "to_strips", noted)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            for changes, lines in (
                ({}, []),
                ({"elapsed": 253.0}, ["HeaderLine: "]),
                ({"requests": replace(view.now.requests, write_rate=12.0)}, ["UsersPanel: "]),
                ({"cache_hits": 9_400}, ["OrganizationsPanel: "]),
            ):
                drawn.clear()
                view.set(**changes)
                refresh(app)
                await settle(pilot)
                assert [line.split(": ")[0] + ": " for line in drawn] == lines

    async def test_errors_that_arrive_lay_nothing_out_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app, view = app_at(importing(failed=60))
        laid_out: list[object] = []
        lay_out = JobScreen._refresh_layout

        def noted(screen: JobScreen, *given: Any, **named: Any) -> None:  # noqa: ANN401 - passed on
            laid_out.append(given)
            lay_out(screen, *given, **named)

        monkeypatch.setattr(JobScreen, "_refresh_layout", noted)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            for tab in ("1", "3"):
                await press(pilot, tab)
                laid_out.clear()
                view.failures += [failure(len(view.failures) + 1)]
                refresh(app)
                await settle(pilot)
                assert laid_out == [], tab
            assert f"{len(view.failures)} of {len(view.failures)}" in screen_text(app)
