from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_importer.workos.error_body import LONGEST_TEXT, ErrorBody, read_error_body

LIVE_DUPLICATE = {
    "message": "Could not create user.",
    "code": "user_creation_error",
    "errors": [{"code": "email_not_available", "message": "This email is not available."}],
}


@pytest.mark.parametrize(
    ("body", "codes", "text"),
    [
        ({"message": "Organization not found"}, (), "Organization not found"),
        ({"code": "invalid_role", "message": "No such role."}, ("invalid_role",), "No such role."),
        (
            LIVE_DUPLICATE,
            ("user_creation_error", "email_not_available"),
            "Could not create user. This email is not available.",
        ),
        (
            {"message": "No.", "code": "unprocessable_entity", "errors": [{"field": "name", "code": "required"}]},
            ("unprocessable_entity", "required"),
            "No. name: required",
        ),
        (
            {"message": "Weak.", "errors": [{"code": "a", "message": "Short."}, {"code": "b", "message": "Weak."}]},
            ("a", "b"),
            "Weak. Short.",
        ),
        (
            {"errors": [{"property": "email", "constraints": {"isEmail": "email must be an email"}}]},
            (),
            "email must be an email",
        ),
        (
            {"message": "Validation failed", "errors": [{"instancePath": "/name", "message": "must be string"}]},
            (),
            "Validation failed: /name: must be string",
        ),
        ({"message": "Bad", "errors": ["first", "second"]}, (), "Bad: first; second"),
        ({"message": ["one", "two"], "error": "Bad Request", "statusCode": 400}, (), "one, two"),
        (
            {"error": "invalid_grant", "error_description": "The grant is invalid."},
            ("invalid_grant",),
            "The grant is invalid.",
        ),
        ({"error": "Not Found"}, (), "Not Found"),
        ({"errors": {"email": ["taken"], "name": {"code": "required"}}}, ("required",), "email: taken; name: required"),
        (["plain", {"code": "listed"}], ("listed",), "plain; listed"),
        ("text", (), "text"),
        (None, (), ""),
        (17, (), ""),
        ({}, (), ""),
        ({"message": 17, "code": 18, "errors": 19}, (), ""),
        ({"message": "x", "code": "no code, a sentence!"}, (), "x"),
    ],
)  # fmt: skip
def test_json_of_every_shape(body: object, codes: tuple[str, ...], text: str) -> None:
    assert read_error_body(json.dumps(body).encode()) == ErrorBody(codes, text)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"upstream connect error", "upstream connect error"),
        (b"<html><head><title>502 Bad\nGateway</title></head><body>nginx</body></html>", "502 Bad Gateway"),
        (b"<style>p{}</style><p>Service <b>Unavailable</b></p>", "Service Unavailable"),
        (b'{"message": "cut of', '{"message": "cut of'),
        (b"\xff\xfe\x00", "��␀"),
    ],
)
def test_what_is_not_json(content: bytes, text: str) -> None:
    assert read_error_body(content) == ErrorBody((), text)


def test_terminal_sequences_become_harmless() -> None:
    text = read_error_body(json.dumps({"message": "a\x1b]0;title\x07b\nc\u202e"}).encode()).text
    assert text.isprintable()
    assert "\x1b" not in text


def test_long_bodies_are_cut() -> None:
    body = {
        "message": "x" * 10_000,
        "errors": [{"code": f"c{number}", "message": "y" * 999} for number in range(5_000)],
    }
    read = read_error_body(json.dumps(body).encode())
    assert len(read.text) <= LONGEST_TEXT
    assert len(read.codes) <= 21


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["message", "code", "errors", "error", "error_description", "constraints"]) | st.text(),
        inner,
    ),
)  # fmt: skip


@given(JSON)
def test_no_json_breaks_it(body: object) -> None:
    read = read_error_body(json.dumps(body).encode())
    assert len(read.text) <= LONGEST_TEXT
    assert all(code.isascii() for code in read.codes)


@given(st.binary())
def test_no_bytes_break_it(content: bytes) -> None:
    assert len(read_error_body(content).text) <= LONGEST_TEXT


def test_a_body_nested_too_deep_is_text() -> None:
    assert read_error_body(b"[" * 200_000).text.startswith("[[[")
