"""A secret shows in no representation and goes into no file."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_importer.secret import Secret

KEY = "sk_test_a1B2c3D4e5F6x7Qd"


def test_no_representation_shows_it() -> None:
    secret = Secret(KEY)
    logged = logging.LogRecord("x", logging.INFO, "x", 1, "%s %r", (secret, secret), None).getMessage()
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", "%s" % secret, repr([secret]), logged):  # noqa: UP031 - one of the ways
        assert KEY not in shown
        assert "x7Qd" not in shown


def test_a_traceback_with_locals_does_not_show_it() -> None:
    secret = Secret(KEY)
    try:
        raise ValueError(secret)
    except ValueError as error:
        report = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "secret = " in report
    # The test module's own constant is a global, so only the secret could bring the value in.
    assert KEY not in report


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy, json.dumps, vars])
def test_it_is_written_nowhere(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError):
        write(Secret(KEY))


def test_reveal_gives_the_value() -> None:
    assert Secret(KEY).reveal() == KEY


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (KEY, "sk_test_…x7Qd"),
        ("sk_live_abcdefgh1234", "sk_live_…1234"),
        ("sk_abcdefgh1234", "sk_…1234"),
        ("sk_test_sandbox", "sk_test_…dbox"),
        ("sk_test_short", "sk_test_••••"),
        ("", "••••"),
    ],
)
def test_the_hint_is_prefix_and_tail(value: str, hint: str) -> None:
    assert Secret(value).hint == hint


@given(st.text(min_size=1, max_size=60))
def test_the_hint_shows_at_most_four_characters_of_the_secret_part(value: str) -> None:
    hint = Secret(value).hint
    prefix = next((p for p in ("sk_test_", "sk_live_", "sk_") if value.startswith(p)), "")
    assert len(hint) <= len(prefix) + 5
    assert len(value) - len(prefix) >= 7 or hint == prefix + "••••"


def test_the_salted_hash_recognises_the_same_secret_only() -> None:
    digest = Secret(KEY).salted_hash("salt")
    assert digest == Secret(KEY).salted_hash("salt")
    assert digest != Secret(KEY).salted_hash("other")
    assert digest != Secret(KEY + "x").salted_hash("salt")
    assert KEY not in digest


def test_equality_and_truth_are_those_of_the_value() -> None:
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret("other")
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY)}) == 1
    assert not Secret("")
    assert Secret(KEY)
