"""Password hashes: good ones of each type pass, damaged ones are found, and nothing of a hash is ever shown."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_importer.source._polars import pl
from tui_importer.source.cells import HASH_TYPES
from tui_importer.source.checks import password_hashes
from tui_importer.source.frozen.reader import read_problems

if TYPE_CHECKING:
    from tests.source.conftest import Sources

BCRYPT = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


@st.composite
def good(draw: st.DrawFn) -> tuple[str, str]:
    """A type and a hash of it; those of the standard library are really computed."""
    kind = draw(st.sampled_from(HASH_TYPES))
    password, salt = draw(st.binary(min_size=1, max_size=20)), draw(st.binary(min_size=8, max_size=32))
    if kind == "bcrypt":
        alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        tail = draw(st.text(alphabet, min_size=53, max_size=53))
        return kind, f"$2{draw(st.sampled_from('aby'))}${draw(st.integers(4, 31)):02}${tail}"
    if kind == "scrypt":
        n, length = draw(st.sampled_from([2, 16, 1024])), draw(st.sampled_from([16, 32, 64]))
        hashed = hashlib.scrypt(password, salt=salt, n=n, r=8, p=1, dklen=length)
        return kind, f"$scrypt$v=1$n={n},r=8,p=1,kl={length}${b64(salt)}${b64(hashed)}"
    if kind == "pbkdf2":
        digest, rounds = draw(st.sampled_from([("sha256", 600_000), ("sha256", 1_000_000), ("sha512", 210_000)]))
        hashed = hashlib.pbkdf2_hmac(digest, password, salt, 1)  # how often is not to be seen in the form
        return kind, f"$pbkdf2$i={rounds},d={digest}${b64(salt)}${b64(hashed)}"
    if kind == "argon2":
        m, t, p = draw(st.integers(4096, 262144)), draw(st.integers(3, 5)), draw(st.integers(1, 8))
        variant = draw(st.sampled_from(["id", "i", "d"]))
        return kind, f"$argon2{variant}$v=19$m={m},t={t},p={p}${b64(salt)}${b64(hashlib.sha256(password).digest())}"
    if kind == "firebase-scrypt":
        key = draw(st.binary(min_size=64, max_size=64))
        return kind, f"$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk={b64(key)}${b64(salt)}${b64(key[::-1])}"
    digest = {"ssha": "sha1", "ssha256": "sha256"}[kind]
    both = hashlib.new(digest, password + salt).digest() + salt
    return kind, f"{{{kind.upper()}}}{base64.b64encode(both).decode()}"


@settings(max_examples=150, deadline=None)
@given(good())
def test_a_good_hash_of_each_type_passes_and_says_its_type(found: tuple[str, str]) -> None:
    kind, text = found
    assert password_hashes.fault(kind, text) is None
    assert password_hashes.type_of(text) == kind
    assert password_hashes.corrected(kind, text) == text


@settings(max_examples=150, deadline=None)
@given(good(), st.data())
def test_damage_is_found_and_never_shown(found: tuple[str, str], data: st.DataObject) -> None:
    kind, text = found
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from(" $é\n~*"))
    broken = [text[:at] + character + text[at:], text[1:], text.replace("$", "", 1).replace("{", "", 1), kind, ""]
    for damaged in broken:
        fault = password_hashes.fault(kind, damaged)
        assert fault is not None
        assert fault[0] == "hash_malformed"
        assert text[-12:] not in fault[1]


@settings(max_examples=200, deadline=None)
@given(good(), st.data())
def test_what_the_grammar_takes_has_no_fault(found: tuple[str, str], data: st.DataObject) -> None:
    kind, text = found
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from(["", "0", "A", "$", "=", "9", "w"])) + text[at + 1 :]
    if kind in password_hashes.ORDINARY and pl.Series([changed]).str.contains(password_hashes.ORDINARY[kind]).item():
        assert password_hashes.fault(kind, changed) is None


@settings(max_examples=100, deadline=None)
@given(good())
def test_other_base64_is_corrected(found: tuple[str, str]) -> None:
    kind, text = found
    if kind == "bcrypt":
        return
    head, mark, tail = text.rpartition("}" if text.startswith("{") else "$")
    url_safe = head + mark + tail.replace("+", "-").replace("/", "_").rstrip("=") + ("=" if kind == "argon2" else "")
    assert password_hashes.corrected(kind, url_safe) == text


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        ("pbkdf2", "$pbkdf2$i=390000,d=sha256${s}${h}", "hash_doubtful"),
        ("pbkdf2", "$pbkdf2$i=1000001,d=sha256${s}${h}", "hash_limits"),
        ("pbkdf2", "$pbkdf2-sha256$29000${s}${h}", "hash_malformed"),
        ("argon2", "$argon2id$v=19$m=4095,t=3,p=4${s}${h}", "hash_limits"),
        ("argon2", "$argon2id$v=19$m=262145,t=3,p=4${s}${h}", "hash_limits"),
        ("argon2", "$argon2i$v=19$m=4096,t=2,p=4${s}${h}", "hash_limits"),
        ("argon2", "$argon2id$v=16$m=4096,t=3,p=4${s}${h}", "hash_malformed"),
        ("argon2", "$argon2id$v=19$m=4096,t=3,p=9${s}${h}", "hash_limits"),
        ("scrypt", "$scrypt$v=1$n=14,r=8,p=1,kl=32${s}${h}", "hash_malformed"),
        ("scrypt", "$scrypt$v=1$n=16384,r=8,p=1,kl=64${s}${h}", "hash_malformed"),
        ("bcrypt", "$argon2id$v=19$m=4096,t=3,p=4${s}${h}", "hash_malformed"),
        ("bcrypt", BCRYPT[:-1], "hash_malformed"),
        ("ssha", "{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "hash_malformed"),
    ],
)
def test_bounds(sources: Sources, kind: str, text: str, fault: str) -> None:
    hashed = text.replace("{s}", b64(b"saltsaltsalt")).replace("{h}", b64(bytes(range(32))))
    found = sources.scan(f'email,password_hash,password_hash_type\na@x.example,"{hashed}",{kind}\n')
    assert found.findings == [(1, 2, "password_hash", fault)]
    (problem,) = read_problems(found.result.folder)
    assert hashed[-10:] not in problem.message


@pytest.mark.parametrize("memory", [4_096, 262_144])
def test_the_bounds_of_argon2_are_within(sources: Sources, memory: int) -> None:
    hashed = f"$argon2id$v=19$m={memory},t=3,p=4${b64(b'saltsaltsalt')}${b64(bytes(range(32)))}"
    found = sources.scan(f'email,password_hash,password_hash_type\na@x.example,"{hashed}",argon2\n')
    assert found.findings == []


def test_a_hash_in_the_column_of_types_is_not_shown(sources: Sources) -> None:
    found = sources.scan(f"email,password_hash,password_hash_type\na@x.example,bcrypt,{BCRYPT}\n")
    assert BCRYPT[10:30].lower() not in " ".join(
        problem.message.lower() for problem in read_problems(found.result.folder)
    )
    assert {kind for *_, kind in found.findings} == {"hash_type_unknown"}
