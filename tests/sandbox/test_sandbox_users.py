"""/user_management/users over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

USERS = "/user_management/users"
BCRYPT = "$2b$10$" + "a" * 53
SCRYPT = (
    "$scrypt$v=1$n=16384,r=8,p=1,kl=64$c2FsdHNhbHRzYWx0c2FsdA$PJAV4qWLTjSe3lT4xOIAexIMw5uL3hBCiM6HFiXcgraDPdS4dEgIm9sa"
    "Zt/++/egjpnr6vG/8RFFUjRYI70sMQ"
)
PBKDF2 = "$pbkdf2$i=600000,d=sha256$c2FsdHNhbHRzYWx0c2FsdA$QG6BMwMweVu+fGdGtTGN9gzkHBTCL+1KvyjmzZKiY4E"
ARGON2 = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"
FIREBASE = "$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=c2s$c2FsdA$aGFzaA"


def test_a_created_user_has_the_live_shape(api: Api) -> None:
    answer = api.post(
        USERS,
        email="Ada@Example.com",
        first_name="Ada",
        last_name=None,
        email_verified=True,
        external_id="u/1",
        metadata={"team": "é"},
    )
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"user_01[0-9A-HJKMNP-TV-Z]{24}", body["id"])
    assert (body["object"], body["email"], body["email_verified"]) == ("user", "ada@example.com", True)
    assert (body["first_name"], body["last_name"], body["metadata"]) == ("Ada", None, {"team": "é"})
    for path in (f"{USERS}/{body['id']}", f"{USERS}/external_id/u%2F1"):
        assert api.get(path).json() == body


def test_a_taken_address_is_refused_with_the_live_body_whatever_its_case(api: Api) -> None:
    api.user("ada@example.com")
    answer = api.post(USERS, email="ADA@example.com")
    assert answer.status_code == 400
    assert answer.json() == {
        "message": "Could not create user.",
        "code": "user_creation_error",
        "errors": [{"code": "email_not_available", "message": "This email is not available."}],
    }
    assert api.sandbox.state.conflicts == {"user_email": 1}


def test_a_taken_external_id_is_a_user_creation_error(api: Api) -> None:
    api.user("ada@example.com", external_id="1")
    answer = api.post(USERS, email="bob@example.com", external_id="1")
    assert (answer.status_code, answer.json()["code"]) == (400, "user_creation_error")
    assert answer.json()["errors"][0]["code"] == "external_id_already_used"
    assert api.sandbox.state.conflicts == {"user_external_id": 1}
    assert api.sandbox.state.counts["users"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "email_required"),
        ({"email": ""}, "email_invalid"),
        ({"email": "ada"}, "email_invalid"),
        ({"email": "ada@localhost"}, "email_invalid"),
        ({"email": "a b@example.com"}, "email_invalid"),
        ({"email": "ada@example..com"}, "email_invalid"),
        ({"email": ["ada@example.com"]}, "email_invalid"),
        ({"email": "ada@example.com", "first_name": 1}, "first_name_must_be_a_string"),
        ({"email": "ada@example.com", "email_verified": "yes"}, "email_verified_must_be_a_boolean"),
        ({"email": "ada@example.com", "metadata": {"a": 1}}, "metadata_required"),
        ({"email": "ada@example.com", "external_id": "ü"}, "external_id_invalid"),
        ({"email": "ada@example.com", "password_hash": BCRYPT}, "password_hash_type_required"),
        ({"email": "ada@example.com", "password_hash_type": "bcrypt"}, "password_hash_required"),
        (
            {"email": "ada@example.com", "password_hash": "x", "password_hash_type": "md5"},
            "password_hash_type_invalid",
        ),
        (
            {
                "email": "ada@example.com",
                "password_hash": BCRYPT,
                "password_hash_type": "bcrypt",
                "password_salt_position": "prefix",
            },
            "password_salt_position_invalid",
        ),
    ],
)
def test_an_invalid_user_is_422(api: Api, body: dict[str, Any], code: str) -> None:
    answer = api.post(USERS, **body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request_parameters"
    assert answer.json()["errors"][0]["code"] == code
    assert api.sandbox.state.counts["users"] == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"password": "correct horse", "password_hash": BCRYPT}, "password_and_password_hash_provided"),
        ({"password": "correct horse", "password_hash_type": "bcrypt"}, "password_and_password_hash_type_provided"),
        ({"password_salt_position": "prefix"}, "password_salt_position_requires_password_hash"),
        ({"password": "short"}, "password_strength_error"),
        ({"password": "aaaaaaaaaaaaaa"}, "password_strength_error"),
        ({"metadata": {str(n): "x" for n in range(51)}}, "invalid_metadata"),
    ],
)
def test_passwords_and_metadata_are_checked(api: Api, fields: dict[str, Any], code: str) -> None:
    answer = api.post(USERS, email="ada@example.com", **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_short_password_names_the_minimum(api: Api) -> None:
    errors = api.post(USERS, email="ada@example.com", password="horse!").json()["errors"]
    assert (errors[0]["code"], errors[0]["minimum_length"]) == ("password_too_short", 10)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bcrypt", BCRYPT),
        ("scrypt", SCRYPT),
        ("pbkdf2", PBKDF2),
        ("pbkdf2", PBKDF2.replace("i=600000,d=sha256", "i=210000,d=sha512")),
        ("argon2", ARGON2),
        ("argon2", ARGON2.replace("argon2id", "argon2i")),
        ("ssha", "{SSHA}46BnfOtjjVkV2IM1YrlQPStNxk5zYWx0c2FsdA=="),
        ("ssha256", "{SSHA256}CjjqPXPYGjVMmTRdzHN2UTPdg0XIYl0HWPy+0QwtTBRzYWx0c2FsdA=="),
        ("firebase-scrypt", FIREBASE),
    ],
)
def test_well_formed_hashes_are_accepted_and_never_returned(api: Api, kind: str, text: str) -> None:
    body = api.user(password_hash=text, password_hash_type=kind)
    assert not [name for name in body if "password" in name]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bcrypt", BCRYPT[:-1]),
        ("bcrypt", "$2x$10$" + "a" * 53),
        ("scrypt", SCRYPT.replace("kl=64", "")),
        ("pbkdf2", PBKDF2.replace("600000", "260000")),
        ("pbkdf2", PBKDF2.replace("600000", "6" * 5000)),
        ("argon2", ARGON2.replace("v=19", "v=16")),
        ("argon2", ARGON2.replace("m=65536", "m=64")),
        ("argon2", ARGON2.replace("argon2id", "argon2i").replace("t=3", "t=1")),
        ("ssha", "{SHA}46BnfOtjjVkV2IM1YrlQPStNxk5z"),
        ("firebase-scrypt", "$firebase-scrypt$hash=x"),
    ],
)
def test_malformed_hashes_are_refused(api: Api, kind: str, text: str) -> None:
    answer = api.post(USERS, email="ada@example.com", password_hash=text, password_hash_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_password_hash")


def test_the_email_filter_ignores_case_and_finds_exactly_one(api: Api) -> None:
    ada = api.user("Ada+1@example.com")
    api.user("bob@example.com")
    assert [each["id"] for each in api.get(USERS, email="aDA+1@EXAMPLE.com").json()["data"]] == [ada["id"]]
    assert api.get(USERS, email="carol@example.com").json()["data"] == []
    refused = api.get(USERS, email="carol")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request_parameters")


def test_the_organization_filter_shows_active_members(api: Api) -> None:
    ada, bob, acme = api.user("ada@example.com"), api.user("bob@example.com"), api.organization()
    api.join(ada["id"], acme["id"])
    api.sandbox.seed_membership(bob["id"], acme["id"], status="pending")
    for name in ("organization_id", "organization"):
        answer = api.get(USERS, **{name: acme["id"]})
        assert [each["id"] for each in answer.json()["data"]] == [ada["id"]]
    assert api.get(USERS, organization_id=acme["id"], email="bob@example.com").json()["data"] == []


def test_an_unknown_user_is_404(api: Api) -> None:
    for path in (f"{USERS}/user_x", f"{USERS}/external_id/nobody"):
        assert (api.get(path).status_code, api.get(path).json()["code"]) == (404, "entity_not_found")
    assert api.put(f"{USERS}/user_x", first_name="A").status_code == 404


def test_an_update_changes_only_what_it_names(api: Api) -> None:
    ada = api.user(first_name="Ada", external_id="1", metadata={"a": "1"}, email_verified=True)
    path = f"{USERS}/{ada['id']}"
    body = api.put(path, last_name="Lovelace", name="Ada L.", metadata={"a": None, "b": "2"}, locale="en-GB").json()
    assert (body["first_name"], body["last_name"], body["name"]) == ("Ada", "Lovelace", "Ada L.")
    assert (body["metadata"], body["external_id"], body["locale"]) == ({"b": "2"}, "1", "en-GB")
    assert body["email_verified"] is True
    moved = api.put(path, email="ADA@new.example.com", external_id=None).json()
    assert (moved["email"], moved["email_verified"], moved["external_id"]) == ("ada@new.example.com", False, None)
    assert api.user("ada@example.com", external_id="1")["id"] != ada["id"]
    assert api.put(path, locale="not a locale").json()["code"] == "invalid_locale"
    assert api.put(path, password_hash="x", password_hash_type="bcrypt").json()["code"] == "invalid_password_hash"


def test_an_update_cannot_take_what_another_has(api: Api) -> None:
    api.user("ada@example.com", external_id="1")
    bob = api.user("bob@example.com")
    path = f"{USERS}/{bob['id']}"
    assert api.put(path, email="ada@example.com").json()["code"] == "email_not_available"
    assert api.put(path, external_id="1").json()["code"] == "external_id_already_used"
    assert api.get(path).json() == bob


def test_a_deleted_user_frees_its_address_and_memberships(api: Api) -> None:
    ada, acme = api.user(external_id="1"), api.organization()
    api.join(ada["id"], acme["id"])
    assert api.delete(f"{USERS}/{ada['id']}").status_code == 200
    assert api.delete(f"{USERS}/{ada['id']}").status_code == 404
    assert api.sandbox.state.counts == {"organizations": 1, "users": 0, "memberships": 0}
    api.user(external_id="1")


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', '{"email": NaN}', "[" * 100_000, "\ufeff{}"])
def test_a_body_that_is_no_json_object_is_400(api: Api, text: str) -> None:
    answer = api.client.post(USERS, content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "message" in answer.json()
    assert api.client.post(USERS, content=b"\xff\xfe").status_code == 400
