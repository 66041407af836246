from __future__ import annotations

import base64
import html
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_importer.secret import Secret
from tui_importer.workos.masking import LARGEST_BODY, MASK, SECRET_FIELDS, Masker, SecretsInFlight, clip

if TYPE_CHECKING:
    from collections.abc import Callable

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


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON twice": lambda text: json.dumps(json.dumps(text))[3:-3],
    "JSON as of Go": lambda text: json.dumps(text)[1:-1].replace("<", "\\u003c").replace("&", "\\u0026"),
    "every character escaped": lambda text: "".join(f"\\u{ord(each):04x}" for each in text if ord(each) < 0x10000),
    "HTML": html.escape,
    "HTML in JSON": lambda text: json.dumps(html.escape(text))[1:-1],
    "HTML by numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "URL": lambda text: quote(text, safe=""),
    "URL twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "Basic": lambda text: base64.b64encode(b"ann:" + text.encode()).decode(),
    "base64 of more": lambda text: base64.b64encode(b"an:" + text.encode() + b":x").decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
}
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn", "Co"), max_codepoint=0xFFFF)
LONG = st.text(CHARACTERS, min_size=6, max_size=40)


@given(LONG, st.sampled_from(sorted(DISGUISES)))
@example('quotes"and\\back', "JSON twice")
@example("percent%41%2541", "URL twice")
@example("&amp;&lt;real", "HTML in JSON")
@example("nur-Übung-ß", "base64 of more")
def test_a_value_the_server_repeats_is_masked_in_any_disguise(password: str, disguise: str) -> None:
    written = DISGUISES[disguise](password)
    assert Masker([Secret(password)]).text(f"[ {written} ]") == f"[ {MASK} ]"


@pytest.mark.parametrize("written", ["CORRECT-HORSE", "Correct-horse", "correct-horse", "cORRECT-hORSE"])
def test_the_case_of_letters_hides_nothing(written: str) -> None:
    assert Masker([Secret("Correct-Horse")]).text(f"not {written}!") == f"not {MASK}!"


def test_the_beginning_of_a_long_secret_is_enough() -> None:
    value = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
    assert Masker([Secret(value)]).text(f"{value[:40]}… is too long") == f"{MASK}… is too long"
    assert Masker([Secret("Password1!")]).text("The password is bad") == "The password is bad", "a common word"


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("abc12", "abc12 is bad", "••• is bad"),
        ("abc12", "xabc12 and abc123 are words", "xabc12 and abc123 are words"),
        ("abc12", "Basic YWJjMTI=", "Basic •••"),
        ("user", "user_creation_error", "user_creation_error"),
        ("a", "a banana", "a banana"),
        ("a", "a", "•••"),
        ("a", 'the value "a" is short', 'the value "•••" is short'),
        ("12", "line 12", "line 12"),
        ("", "a banana", "a banana"),
    ],
)
def test_short_secrets_are_words_and_tiny_ones_whole_values(secret: str, text: str, shown: str) -> None:
    assert Masker([Secret(secret)]).text(text) == shown


def test_names_of_members_and_numbers_are_masked() -> None:
    shown = Masker([Secret("12345678")]).response(b'{"12345678": 1, "x": [12345678, {"y": 12345678.0}]}')
    assert "12345678" not in shown


def test_what_other_clients_have_sent_is_masked_until_they_send_something_else_or_are_closed() -> None:
    flying = SecretsInFlight()
    flying.send("one", [Secret("first-secret")])
    flying.send("two", [Secret("other-secret")])
    text = "first-secret other-secret the-key-itself"
    assert flying.masker(Secret("the-key-itself")).text(text) == "••• ••• •••"
    flying.send("one", [Secret("next-secret")])
    flying.forget("two")
    assert flying.masker().text(text) == text


def test_a_failed_request_costs_little_whatever_else_is_in_flight() -> None:
    flying = SecretsInFlight()
    for number in range(128):
        flying.send(number, [Secret(f"correct-Horse-battery-{number}")])
    body = json.dumps({"message": "The value is not accepted. " * 20, "errors": [{"code": "x"}] * 10}).encode()
    flying.masker().response(body)
    began = time.process_time()
    for _ in range(20):
        flying.masker().response(body)
    assert (time.process_time() - began) / 20 < 0.05, "it takes 2 ms"


@given(PASSWORDS)
def test_a_value_in_a_json_answer_is_masked(password: str) -> None:
    content = json.dumps({"message": f"The value {password} is too weak"}).encode()
    shown = Masker([Secret(password)]).response(content)
    assert MASK in shown


@given(st.text(max_size=3 * LARGEST_BODY))
def test_bodies_are_storable_and_small(text: str) -> None:
    assert len(clip(text).encode("utf-8")) <= LARGEST_BODY


@given(st.binary(max_size=200))
def test_any_answer_can_be_kept(content: bytes) -> None:
    Masker([Secret("password")]).response(content).encode("utf-8")


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert clip("a\ud800b") == "a?b"
