"""Mappings by an operator, and their effect on what is recognised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tui_importer.source.columns.mapping import TARGETS
from tui_importer.source.columns.recognise import recognise
from tui_importer.source.errors import SourceHeader
from tui_importer.source.frozen.reader import read_problems
from tui_importer.source.models import FIELDS
from tui_importer.source.options import Reading
from tui_importer.source.preview import preview
from tui_importer.source.scan import read_scan

if TYPE_CHECKING:
    from tests.source.conftest import Sources

HERE = Path("users.csv")


def test_any_header_can_be_any_field() -> None:
    for field in FIELDS:
        if field in {"email", "metadata"}:
            continue
        assert recognise(["email", "x"], HERE, 1, {"x": field}).fields == {"email": "email", field: "x"}
    assert recognise(["x"], HERE, 1, {"x": "email"}).fields == {"email": "x"}
    assert recognise(["email", "x"], HERE, 1, {"x": "metadata_json"}).fields["metadata"] == "x"


def test_a_mapping_wins_over_what_is_recognised_and_the_other_column_is_not_used() -> None:
    columns = recognise(["E-Mail", "Work mail", "First Name"], HERE, 1, {"Work mail": "email", "First Name": ""})
    assert columns.fields == {"email": "Work mail"}
    assert columns.unknown == ("E-Mail", "First Name")


@pytest.mark.parametrize("header", ["Work Mail", "work-mail", " WORK_MAIL "])
def test_a_mapping_names_its_column_as_the_file_or_in_any_way_that_is_recognised(header: str) -> None:
    assert recognise(["Work Mail", "x"], HERE, 1, {header: "email"}).fields == {"email": "Work Mail"}


def test_of_two_headers_that_are_alike_the_one_written_so_is_meant() -> None:
    assert recognise(["Work Mail", "work-mail"], HERE, 1, {"work-mail": "email"}).fields == {"email": "work-mail"}
    with pytest.raises(SourceHeader, match="2 columns could be meant by “WORK_MAIL”"):
        recognise(["Work Mail", "work-mail"], HERE, 1, {"WORK_MAIL": "email"})


@pytest.mark.parametrize(
    ("mapping", "message", "next_step"),
    [
        ({"Wrok mail": "email"}, "no column “Wrok mail”, which is mapped to email. Is “Work mail” meant?", "Columns: "),
        ({"shoe": ""}, "there is no column “shoe”, which is mapped.", "Columns: “email”, “Work mail”, “first name”."),
        ({"Work mail": "emial"}, "mapped to “emial”, which is no field", "Did you mean `email`?"),
        ({"Work mail": "email", "email": "email"}, "“Work mail”, “email” are both mapped to email", "Map one of them."),
        ({"Work mail": "email", "work-mail": "name"}, "“Work mail” is mapped twice", "Map it to one field."),
        ({"email": "", "Work mail": "name"}, "no column for e-mail addresses", "--map COLUMN=email"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str], message: str, next_step: str) -> None:
    with pytest.raises(SourceHeader) as caught:
        recognise(["email", "Work mail", "first name"], HERE, 3, mapping)
    assert message in caught.value.message
    assert caught.value.message.startswith("users.csv, line 3: ")
    assert next_step in caught.value.next


def test_what_the_file_says_of_its_own_address_is_not_said_of_another() -> None:
    names = ["email", "email_verified", "private mail"]
    assert "email_verified" in recognise(names, HERE).fields
    assert recognise(names, HERE, 1, {"private mail": "email"}).fields == {"email": "private mail"}
    sure = recognise(names, HERE, 1, {"private mail": "email", "email_verified": "email_verified"})
    assert sure.fields["email_verified"] == "email_verified"


def test_a_column_goes_into_the_metadata_under_its_own_name_with_what_is_there(sources: Sources) -> None:
    reading = Reading(mapping={"Plan ": "metadata", "company": "metadata"})
    found = sources.scan(
        "email,Plan,company,metadata\n"
        'a@x.example, gold ,ACME,"{""team"": ""red"", ""Plan"": ""gold""}"\n'
        "b@x.example,,  ,\n"
        "c@x.example,silver,,\n",
        reading=reading,
    )
    assert [row.user.get("metadata") for row in found.rows] == [
        {"team": "red", "Plan": "gold", "company": "ACME"},
        None,
        {"Plan": "silver"},
    ]
    assert (found.findings, found.result.organizations, found.result.unknown_columns) == ([], (), ())


def test_a_column_named_metadata_is_the_metadata_however_it_is_mapped() -> None:
    columns = recognise(["email", "user_metadata"], HERE, 1, {"user_metadata": "metadata"})
    assert (columns.fields["metadata"], columns.added) == ("user_metadata", ())


def test_what_the_metadata_cannot_hold_is_found_in_its_column(sources: Sources) -> None:
    found = sources.scan(
        "email,note,metadata\n"
        f"a@x.example,{'x' * 601},\n"
        f"b@x.example,{'x' * 600},\n"
        "c@x.example,żółw,\n"
        'd@x.example,one,"{""note"": ""two""}"\n'
        'e@x.example,one,"{broken"\n',
        reading=Reading(mapping={"note": "metadata"}),
    )
    assert found.findings == [
        (1, 2, "note", "metadata_limits"),
        (3, 4, "note", "metadata_doubtful"),
        (4, 5, "metadata", "metadata_invalid"),
        (5, 6, "metadata", "metadata_invalid"),
    ]
    messages = {problem.row: problem.message for problem in read_problems(found.result.folder)}
    assert "the value has 601 characters, at most 600 are allowed" in messages[1]
    assert "“note” is also a column, with another value" in messages[4]
    assert found.result.importable == 2


def test_too_many_columns_for_the_metadata_are_counted_where_they_have_something(sources: Sources) -> None:
    names = [f"k{n}" for n in range(51)]
    rows = [["a@x.example", *("v" * 51)], ["b@x.example", *("v" * 50), ""], ["c@x.example", *("v" * 10), *[""] * 41]]
    text = "\n".join(",".join(cells) for cells in [["email", *names], *rows]) + "\n"
    found = sources.scan(text, reading=Reading(mapping=dict.fromkeys(names, "metadata")))
    assert found.findings == [(1, 2, "", "metadata_limits"), (2, 3, "k0", "metadata_doubtful")]
    document = json.dumps({f"m{n}": "v" for n in range(50)}).replace('"', '""')
    text = f'email,metadata,k0\na@x.example,"{document}",v\n'
    both = sources.scan(text, reading=Reading(mapping={"k0": "metadata"}))
    assert (1, 2, "metadata", "metadata_limits") in both.findings


@pytest.mark.parametrize(
    ("header", "words"),
    [("x" * 41, "a key has at most 40 characters, its name has 41"), ("totp_secret", "holds secrets by its name")],
)
def test_a_column_that_could_never_be_metadata_is_refused_at_once(header: str, words: str) -> None:
    with pytest.raises(SourceHeader, match=words):
        recognise(["email", header], HERE, 1, {header: "metadata"})
    recognise(["email", "x" * 40], HERE, 1, {"x" * 40: "metadata"})


def test_rows_of_a_person_that_differ_in_such_a_column_are_said_to(sources: Sources) -> None:
    found = sources.scan(
        "email,plan\na@x.example,gold\na@x.example,silver\n", reading=Reading(mapping={"plan": "metadata"})
    )
    assert found.findings == [(2, 3, "plan", "profile_conflict")]
    assert "“gold” in row 1, “silver” here" in next(iter(read_problems(found.result.folder))).message


def test_secrets_that_are_not_used_are_kept_nowhere(sources: Sources) -> None:
    text = (
        "email,totp_secret,password_hash,Recovery Codes,salt\n"
        "a@x.example,JBSWY3DPEHPK3PXP,$2a$10$verysecret,one-two,pepper\n"
        "b@x.example,JBSWY3DPEHPK3PXP,$2a$10$verysecret\n"
    )
    found = sources.scan(text, reading=Reading(mapping={"password_hash": ""}))
    assert [row.secrets for row in found.rows] == [{}, {}]
    assert dict(found.rows[0].cells) == {
        "email": "a@x.example", "totp_secret": "•••", "password_hash": "•••", "Recovery Codes": "•••", "salt": "•••",
    }  # fmt: skip
    shown = preview(sources.write(text), Reading(mapping={"password_hash": ""}))
    kept = b"".join(path.read_bytes() for path in found.folder.iterdir())
    for secret in ("JBSWY3DP", "verysecret", "one-two", "pepper"):
        assert secret not in repr(shown) + repr(found.rows) + repr(list(read_problems(found.result.folder)))
        assert secret.encode() not in kept


def test_a_column_that_only_sounds_secret_can_be_used(sources: Sources) -> None:
    found = sources.scan("email,Salt\na@x.example,s-1\n", reading=Reading(mapping={"Salt": "external_id"}))
    assert dict(found.rows[0].user) == {"email": "a@x.example", "external_id": "s-1"}
    assert found.rows[0].cells["Salt"] == "s-1"


def test_coverage_says_what_becomes_of_each_column(sources: Sources) -> None:
    text = (
        "id,Email,Email Confirmed At,encrypted_password,Plan,Shoe,totp_secret\n"
        "1,a@x.example,2024-01-01,,gold,,\n2,b@x.example,,,,,s\n"
    )
    reading = Reading(mapping={"plan": "metadata"})
    result = sources.scan(text, reading=reading).result
    assert result.preset == "Supabase"
    assert [(use.header, use.use, use.fields, use.filled) for use in result.coverage] == [
        ("id", "field", ("external_id",), 2),
        ("Email", "field", ("email",), 2),
        ("Email Confirmed At", "derived", ("email_verified",), 1),
        ("encrypted_password", "field", ("password_hash", "password_hash_type"), 0),
        ("Plan", "metadata", (), 1),
        ("Shoe", "unused", (), 0),
        ("totp_secret", "unused", (), 1),
    ]
    assert [use.words for use in result.coverage[-3:]] == [
        "metadata, under its own name", "not used", "not used: it holds secrets, which are not kept",
    ]  # fmt: skip
    assert result.unknown_columns == ("Shoe", "totp_secret")
    shown = preview(sources.write(text), reading)
    assert shown.preset == "Supabase"
    assert [(use.header, use.words, use.filled) for use in shown.coverage] == [
        (use.header, use.words, None) for use in result.coverage
    ]


def test_every_target_can_be_told_from_the_others() -> None:
    assert len(set(TARGETS)) == len(TARGETS)
    assert set(FIELDS) < set(TARGETS)


def test_a_scan_that_knew_nothing_of_this_is_read_as_before(sources: Sources) -> None:
    found = sources.scan("email,first_name,note\na@x.example,Ann,x\n")
    file = found.folder / "scan.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    new = ("derived", "added", "preset", "active", "filled")
    file.write_text(json.dumps({k: v for k, v in document.items() if k not in {*new, "proof"}}), encoding="utf-8")
    result = read_scan(found.folder)
    assert (result.unknown_columns, result.preset) == (("note",), "")
    assert [(use.words, use.filled) for use in result.coverage] == [
        ("email", None), ("first_name", None), ("not used", None),
    ]  # fmt: skip
    assert dict(found.rows[0].user) == {"email": "a@x.example", "first_name": "Ann"}


@pytest.mark.parametrize("header", ["Arbeitsmail,Vorname", "Ann,ann@x.example", "email,Work mail,E-Mail"])
def test_a_preview_shows_what_a_mapping_can_mend(sources: Sources, header: str) -> None:
    path = sources.write(f"{header}\n" + ",".join(["ann@x.example"] * (header.count(",") + 1)) + "\n")
    shown = preview(path)
    assert shown.columns == tuple(header.split(","))
    assert "line 1" in shown.problem
    assert len(shown.sample) == 1
    first, *rest = shown.columns
    corrected = preview(path, Reading(mapping={first: "email", **dict.fromkeys(rest, "")}))
    assert (corrected.problem, corrected.fields, corrected.rows) == ("", {"email": first}, 1)
