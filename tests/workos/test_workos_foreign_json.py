"""Answers that must not be read to the end: too deep, too large, numbers of a million digits."""

from __future__ import annotations

import json
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workos.fake_api import ORGANIZATION
from tui_importer.secret import Secret
from tui_importer.workos import bounded_json
from tui_importer.workos.bounded_json import DEEPEST, LARGEST, MOST_DIGITS, OutOfBounds
from tui_importer.workos.decoding import Unreadable, decode
from tui_importer.workos.error_body import read_error_body
from tui_importer.workos.masking import Masker

DEPTHS = [DEEPEST + 1, 450, 900, 5_000, 100_000]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_what_is_nested_too_deep_is_not_walked_over(depth: int, opening: str, closing: str) -> None:
    content = nested(depth, opening, closing)
    with pytest.raises(Unreadable, match="nested too deep"):
        decode(content)
    for body in (content, b'{"message":' + content + b"}", b'{"errors":' + content + b"}"):
        assert len(read_error_body(body).text) <= 500
        assert len(Masker([Secret("a-secret-value")]).response(body)) <= 4096


def test_the_bound_is_exact_and_brackets_in_texts_do_not_count() -> None:
    assert bounded_json.parse(nested(DEEPEST)) == json.loads(nested(DEEPEST))
    with pytest.raises(OutOfBounds):
        bounded_json.parse(nested(DEEPEST + 1))
    wide = json.dumps([["[" * 100] for _ in range(200)])
    assert bounded_json.parse(wide) == json.loads(wide)


@given(JSON)
def test_everything_else_is_read_as_ever(value: object) -> None:
    text = json.dumps(value)
    assert bounded_json.parse(text) == bounded_json.parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize("form", ["{}", "{}.5", "-{}", "0.{}", "1e{}"])
def test_numbers_have_as_many_digits_as_anybody_needs(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)  # as an environment may say
    try:
        began = time.monotonic()
        number = form.format("9" * 2_000_000)
        with pytest.raises(Unreadable, match="too long"):
            decode(b'{"object": "user", "id": ' + number.encode() + b"}")
        read_error_body(b'{"message": ' + number.encode() + b"}")
        assert time.monotonic() - began < 10
    finally:
        sys.set_int_max_str_digits(limit)
    assert bounded_json.parse("9" * MOST_DIGITS) == int("9" * MOST_DIGITS)


def test_what_is_too_large_is_not_read() -> None:
    content = b'"' + b"x" * LARGEST + b'"'
    with pytest.raises(Unreadable, match="too large"):
        decode(content)
    assert len(read_error_body(content).text) <= 500


@pytest.mark.parametrize(
    "created_at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_times_at_the_ends_of_the_calendar_are_none(created_at: str) -> None:
    from tui_importer.workos.decoding import organization

    found = organization(ORGANIZATION | {"created_at": created_at, "updated_at": created_at})
    assert (found.created_at, found.updated_at) == (None, None)
