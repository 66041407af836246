"""Names of organizations are compared in one way by the scan and by the engine, or an existing one is made again."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_importer.source._polars import pl
from tui_importer.source.checks import expressions
from tui_importer.text import BLANKS, INVISIBLE, normalised_name

NAMES = st.text(st.sampled_from(f"aAé\u0301{BLANKS}{INVISIBLE}") | st.characters(codec="utf-8"), max_size=12)


@given(NAMES)
@example("\u200bAcme\x1c Inc\u2060 ")
def test_the_scan_and_the_engine_agree(name: str) -> None:
    (scanned,) = pl.DataFrame({"name": [name]}).select(expressions.normalised_name(pl.col("name")))["name"]
    assert normalised_name(name) == (scanned or "")


@given(NAMES)
def test_normalising_twice_changes_nothing(name: str) -> None:
    once = normalised_name(name)
    assert normalised_name(once) == once
    assert normalised_name(f"  {name}\u200b") == once


@pytest.mark.parametrize(
    ("name", "same"),
    [("Acme", "\ufeffAcme\u200b"), ("Acme Inc", "Acme\u00a0\tInc"), ("Café", unicodedata.normalize("NFD", "Café"))],
)
def test_names_that_are_one(name: str, same: str) -> None:
    assert normalised_name(name) == normalised_name(same)


@pytest.mark.parametrize("other", ["acme", "Acme Inc", "Ac me", "Acme."])
def test_names_that_are_two(other: str) -> None:
    assert normalised_name("Acme") != normalised_name(other)
