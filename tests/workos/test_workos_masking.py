from __future__ import annotations

import html
import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tui_importer.secret import Secret
from tui_importer.workos.masking import LARGEST_BODY, MASK, SECRET_FIELDS, Masker, clip

PASSWORDS = st.text(min_size=4, max_size=40).filter(lambda text: text not in MASK)


def test_secret_fields_are_masked_at_any_depth_and_others_stay() -> None:
    body = {
        "email": "a@b.example",
        "password_hash_type": "bcrypt",
        "nested": [dict.fromkeys(SECRET_FIELDS, "value!")],
    }
    shown = json.loads(Masker([]).request(body))
    assert shown["email"] == "a@b.example"
    assert shown["password_hash_type"] == "bcrypt"
    assert set(shown["nested"][0].values()) == {MASK}


def test_an_absent_secret_is_shown_as_absent() -> None:
    assert Masker([]).response(b'{"password": null}') == '{"password": null}'


def test_no_body_is_no_text() -> None:
    assert Masker([]).request(None) == ""
    assert Masker([]).response(b"") == ""


@given(PASSWORDS, st.sampled_from(["plain", "json", "html", "url"]))
def test_a_value_the_server_repeats_is_masked(password: str, form: str) -> None:
    written = {
        "plain": password,
        "json": json.dumps(password)[1:-1],
        "html": html.escape(password),
        "url": quote(password, safe="", errors="replace"),
    }[form]
    text = Masker([Secret(password)]).text(f"[{written}]")
    assert text == f"[{MASK}]"


@given(PASSWORDS)
def test_a_value_in_a_json_answer_is_masked(password: str) -> None:
    content = json.dumps({"message": f"The value {password} is too weak"}).encode()
    shown = Masker([Secret(password)]).response(content)
    assert MASK in shown


def test_short_values_are_not_hunted() -> None:
    assert Masker([Secret("a"), Secret("")]).text("a banana") == "a banana"


@given(st.text(max_size=3 * LARGEST_BODY))
def test_bodies_are_storable_and_small(text: str) -> None:
    assert len(clip(text).encode("utf-8")) <= LARGEST_BODY


@given(st.binary(max_size=200))
def test_any_answer_can_be_kept(content: bytes) -> None:
    Masker([Secret("password")]).response(content).encode("utf-8")


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert clip("a\ud800b") == "a?b"
