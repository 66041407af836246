"""What is typed for a new job: checked by the rules of the config file, and turned into options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tui_importer.config import Settings
from tui_importer.engine.options import FrozenOptions, RunOptions
from tui_importer.tui.screens.new_job import options


def texts(**changes: str) -> options.OptionTexts:
    return replace(options.texts_of(Settings()), **{"name": "a-job", **changes})  # type: ignore[arg-type]  # texts by name


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "http://api.workos.com"}, {"base_url": "ftp://x"}, {"base_url": "https://"},
        {"base_url": "https://[::1"}, {"base_url": "https://x:99999"}, {"base_url": "https://x/path"},
        {"name": ""}, {"name": "a/b"}, {"name": ".hidden"}, {"name": "a job"}, {"name": "x" * 81},
        {"workers": "0"}, {"workers": "129"}, {"workers": "many"}, {"share": "0"}, {"share": "101"}, {"share": ""},
        {"chunk_size": "0"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "٣"}, {"workers": "٣"},
        {"max_failed": "101"}, {"max_failed": "nan"}, {"max_failed": "never"}, {"max_failed": ""},
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_named(changes: dict[str, str]) -> None:
    assert list(options.problems_of(texts(**changes))) == list(changes)


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"base_url": "http://127.0.0.1:4100"}, {"base_url": "http://localhost"}, {"base_url": "http://[::1]:1"},
        {"workers": "1"}, {"workers": ""}, {"share": "100"}, {"chunk_size": "1,000"}, {"limit": "500"},
        {"name": "acme-2026-11.v1"}, {"max_failed": "off"}, {"max_failed": "0"}, {"max_failed": "2.5"},
    ],
)  # fmt: skip
def test_options_that_can_be_have_no_problem(changes: dict[str, str]) -> None:
    assert options.problems_of(texts(**changes)) == {}


def test_options_keep_what_no_field_is_for() -> None:
    settings = Settings(writes_per_10s=7, max_failed=None, workers=3, chunk_size=5, search_wait=1.0)
    shown = options.texts_of(settings)
    assert (shown.workers, shown.chunk_size, shown.max_failed, shown.limit) == ("3", "5", "off", "all")
    typed = replace(shown, name="x", limit="1_000", workers="auto", base_url="https://x/")
    made = options.new_job(Path("/a.csv"), typed, settings)
    assert made.run == RunOptions(writes_per_10s=7, max_failed=None, workers=None, search_wait=1.0)
    assert made.frozen == FrozenOptions(base_url="https://x", limit=1000, chunk_size=5)


def test_other_settings_change_what_the_operator_did_not() -> None:
    before, now = options.texts_of(Settings(share=80)), options.texts_of(Settings(share=50, workers=4))
    typed = replace(before, workers="9", name="mine", dry_run=True)
    after = options.refilled(typed, before, now)
    assert (after.share, after.workers, after.name, after.dry_run) == ("50", "9", "mine", True)
