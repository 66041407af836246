"""The console's pure parts: paths, forms, numbers, bars, masking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.console.fakes import FakeBackend
from tui_importer.tui.screens.job.stepper import step_glyphs
from tui_importer.tui.screens.new_job.path_completion import completed, understood_path
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import Counter, Part, counters, justified, progress, sparkline, stacked_bar
from tui_importer.tui.style.masking import Privacy, is_name_column, mask_emails
from tui_importer.tui.style.text import clip, clip_middle, safe_content

if TYPE_CHECKING:
    from tui_importer.tui.backend import Backend


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/data/a.csv", "/data/a.csv"),
        ("  /data/a.csv \n", "/data/a.csv"),
        ("'/data/my users.csv'", "/data/my users.csv"),
        ('"/data/my users.csv"', "/data/my users.csv"),
        (r"/data/my\ users\ \(1\).csv", "/data/my users (1).csv"),
        ("file:///data/my%20users.csv", "/data/my users.csv"),
        ("'file:///data/%C3%A9.csv'", "/data/é.csv"),
        ("file://localhost/data/a.csv", "/data/a.csv"),
    ],
)
def test_paths_are_understood_however_they_are_pasted(typed: str, meant: str) -> None:
    assert understood_path(typed) == Path(meant)


def test_a_path_that_exists_as_written_wins(tmp_path: Path) -> None:
    odd = tmp_path / r"a\ b.csv"
    odd.write_text("")
    assert understood_path(str(odd)) == odd
    assert understood_path("   ") is None
    assert understood_path("~/x.csv") == Path.home() / "x.csv"


@given(st.text(max_size=200))
@example("~0")
def test_no_text_breaks_the_reading_of_paths(text: str) -> None:
    understood_path(text)
    completed(text)


def test_completion_offers_folders_and_sources_only(tmp_path: Path) -> None:
    for name in ("users.csv", "users.pdf", "usage.TSV", "\x1b.csv"):
        (tmp_path / name).write_text("")
    (tmp_path / "user-lists").mkdir()
    assert completed(f"{tmp_path}/us") == f"{tmp_path}/usage.TSV"
    assert completed(f"{tmp_path}/user") == f"{tmp_path}/users.csv", "files come before folders"
    assert completed(f"{tmp_path}/user-") == f"{tmp_path}/user-lists/"
    assert completed(f"{tmp_path}/users.p") is None
    assert completed(f"{tmp_path}/") is None
    assert completed("/no/such/folder/x") is None


@given(st.integers(0, 10**7), st.integers(1, 10**7))
@example(996, 1_000)
def test_percent_is_0_and_100_only_when_it_is_true(part: int, whole: int) -> None:
    share = fmt.percent(part, whole)
    assert (share == 100) == (part >= whole)
    assert (share == 0) == (part == 0)


def test_numbers_read_well() -> None:
    assert fmt.clock(3_725.9) == "1:02:05"
    assert fmt.short_clock(0.42) == "0.4 s"
    assert fmt.short_clock(218) == "3:38"
    assert fmt.time_range(218, 218.4) == "3:38"
    assert fmt.time_range(3_599, 3_601) == "59:59–1:00:01"
    assert fmt.size(999) == "999 bytes"
    assert fmt.size(19_580_597) == "19.6 MB"
    assert fmt.rate(39.84) == "39.8"
    assert fmt.rate(612.4) == "612"
    assert fmt.tidy(40.0) == "40"
    assert fmt.short_count(5_000_000) == "5.00M"
    assert fmt.milliseconds(None) == "–"


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=5), st.integers(0, 10**6), st.integers(1, 200))
def test_bars_have_their_width_and_show_every_part_that_is_not_zero(counts: list[int], left: int, width: int) -> None:
    marks = "abcde"
    bar = stacked_bar([Part(n, c, "") for n, c in zip(counts, marks, strict=True)], sum(counts) + left, width).plain
    assert len(bar) == width
    shown = len([count for count in counts if count])
    if width >= 2 * shown + 1:
        assert all((mark in bar) == (count > 0) for count, mark in zip(counts, marks, strict=True))
    if left == 0 and any(counts):
        assert "─" not in bar


@given(st.floats(0, 1), st.integers(1, 100))
def test_a_progress_bar_is_full_only_at_the_end(share: float, width: int) -> None:
    bar = progress(share, 1.0, width).plain
    assert len(bar) == width
    assert ("─" not in bar) == (share == 1.0 or (width == 1 and share > 0))


@given(st.lists(st.floats(0, 1_000), max_size=80), st.floats(0, 1_000), st.integers(1, 60), st.integers(1, 4))
def test_a_sparkline_fills_its_room(values: list[float], top: float, width: int, height: int) -> None:
    drawn = sparkline(values, top, width, height)
    assert [line.cell_length for line in drawn] == [width] * height
    assert sum(glyph != " " for glyph in drawn[-1].plain) == sum(value > 0 for value in values[-width:])


def test_counters_stand_right_aligned_over_their_labels() -> None:
    numbers, labels = counters([Counter(9_301, "created", glyph="━"), Counter(7, "failed", glyph="×")], 60)
    assert numbers.plain.index("9,301") + 5 == labels.plain.index("created") + 7
    assert numbers.plain.rstrip().endswith("7")
    assert len(numbers.plain.rstrip()) == len(labels.plain.rstrip())


def test_lines_are_cut_at_the_left_part() -> None:
    line = justified(safe_content("a long left part"), safe_content("right"), 14)
    assert line.plain.endswith("right")
    assert line.cell_length == 14
    assert justified(safe_content("x"), safe_content("much too long"), 5).cell_length <= 5


@given(st.text(max_size=40), st.integers(0, 30))
def test_clipping_keeps_the_width(text: str, width: int) -> None:
    from rich.cells import cell_len

    clean = safe_content(text).plain
    assert cell_len(clip(clean, width)) <= width
    assert cell_len(clip_middle(clean, width)) <= max(width, 0)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ada@example.com", "a•••@example.com"),
        ("user ada.l+x@ex.co, and bob@ex.co!", "user a•••@ex.co, and b•••@ex.co!"),
        ('{"email": "ada@ex.co"}', '{"email": "a•••@ex.co"}'),
        ("/users?email=ada%40ex.co&limit=1", "/users?email=a•••%40ex.co&limit=1"),
        ("éva@ex.co", "é•••@ex.co"),
        ("no address here", "no address here"),
    ],
)
def test_emails_are_masked_wherever_they_stand(text: str, masked: str) -> None:
    assert mask_emails(text) == masked


def test_masking_is_off_until_it_is_on() -> None:
    privacy = Privacy()
    assert privacy.text("a@b.co") == "a@b.co"
    assert privacy.cell("email", "ada.example.com") == "ada.example.com"
    assert privacy.message("“ada” is not", "email_malformed") == "“ada” is not"
    privacy.on = True
    assert privacy.cell("First Name", "Ada") == "A•••"
    assert privacy.cell("org_name", "Acme") == "Acme"
    assert privacy.cell("Full name", "a@b.co") == "a•••@b.co"
    assert privacy.cell("Work E-Mail", "ada.example.com") == "a•••", "a mistake in an address does not show it"
    assert privacy.cell("email", "ada lov@@example.com") == "a•••@example.com"
    assert privacy.cell("email_verified", "true") == "true"
    malformed = "“ada.example.com” is not an e-mail address."
    assert privacy.message(malformed, "email_malformed") == "“a•••” is not an e-mail address."
    assert privacy.message("“Ada” in row 3, “Eda” here", "differs", "First Name") == "“A•••” in row 3, “E•••” here"
    assert privacy.message("“maybe” is not a yes or no.", "email_verified_invalid") == "“maybe” is not a yes or no."
    assert privacy.body('{"last_name": "Love \\"x\\" lace"}') == '{"last_name": "L•••"}'
    assert privacy.body("Ada Lovelace failed", ["Lovelace", "Ada", "L"]) == "A••• L••• failed"
    assert not is_name_column("company name")
    assert is_name_column("surname")


def test_the_stepper_follows_the_phases() -> None:
    from dataclasses import replace

    from tests.console.snapshots import finished, importing, paused, ready

    def glyphs(snapshot: object) -> str:
        return "".join(glyph for glyph, *_ in step_glyphs(snapshot))  # type: ignore[arg-type]  # a snapshot

    scanning = replace(ready(), state="running", phase="scan", scanned_share=0.45)
    assert glyphs(scanning) == "▶○○○"
    assert step_glyphs(scanning)[0][2] == "45 %  14,997 rows"
    assert glyphs(ready()) == "✔○○○"
    assert glyphs(importing()) == "✔✔▶○"
    assert glyphs(paused()) == "✔✔‖○"
    assert glyphs(finished()) == "✔✔✔✔"


def test_the_fake_backend_is_a_backend() -> None:
    def needs(backend: Backend) -> str:
        return backend.default_job_name(Path("/data/users.csv"))

    assert needs(FakeBackend()) == "users-2026-11-23"
