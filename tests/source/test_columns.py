"""Recognition of headers as fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_importer.source.columns.aliases import normalise
from tui_importer.source.columns.recognise import recognise
from tui_importer.source.errors import SourceHeader
from tui_importer.source.models import FIELDS

HERE = Path("users.csv")


def test_every_field_is_its_own_name() -> None:
    for field in FIELDS:
        for header in (field, field.upper(), field.replace("_", " "), field.replace("_", "-"), f"  {field.title()} "):
            names = [header] if field == "email" else ["email", header]
            assert recognise(names, HERE).fields[field] == header


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("E-Mail", "email"),
        ("Email Address", "email"),
        ("primary_email_address", "email"),
        ("Given Name", "first_name"),
        ("Surname", "last_name"),
        ("Display Name", "name"),
        ("Email Verified", "email_verified"),
        ("password_digest", "password_hash"),
        ("password_hasher", "password_hash_type"),
        ("encrypted_password", "password_hash"),
        ("user_metadata", "metadata"),
        ("Organization ID", "org_id"),
        ("organisation-external-id", "org_external_id"),
        ("Company", "org_name"),
        ("Role", "role_slug"),
        ("Roles", "role_slugs"),
    ],
)
def test_aliases(header: str, field: str) -> None:
    names = [header] if field == "email" else ["email", header]
    columns = recognise(names, HERE)
    assert columns.fields[field] == header
    assert columns.position(field) == len(names) - 1


@pytest.mark.parametrize("header", ["id", "user_id", "status", "shoe size", "emails sent", "ключ"])
def test_no_field(header: str) -> None:
    columns = recognise(["email", header], HERE)
    assert columns.unknown == (header,)
    assert columns.position("external_id") is None


def test_headers_that_differ_in_what_is_ignored_are_no_duplicates_unless_they_mean_a_field() -> None:
    assert recognise(["email", "shoe size", "shoe-size"], HERE).unknown == ("shoe size", "shoe-size")
    with pytest.raises(SourceHeader, match="both stand for first_name"):
        recognise(["email", "first name", "first-name"], HERE)


@pytest.mark.parametrize(("header", "found"), [("Emial", True), ("e-mial", True), ("mailbox", True), ("age", False)])
def test_the_nearest_header_is_offered(header: str, found: bool) -> None:  # noqa: FBT001 - a parameter of the case
    with pytest.raises(SourceHeader) as caught:
        recognise(["first_name", header], HERE)
    assert (f"“{header}”" in caught.value.message) == found


def test_headers_are_shown_harmlessly() -> None:
    with pytest.raises(SourceHeader) as caught:
        recognise(["\x1b[31mred", "x" * 500], HERE)
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 300


def test_normalise() -> None:
    assert normalise(" First–Name ") == normalise("FIRST_NAME") == normalise("firstname") == "firstname"
