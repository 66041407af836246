"""Findings about single rows: row, physical line, column, kind; what is shown of them, what is kept of the row."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tui_importer.source._polars import pl
from tui_importer.source.frozen.reader import read_problems
from tui_importer.source.problems import BY_NAME, KINDS

if TYPE_CHECKING:
    from tests.source.conftest import Sources

E = "a@x.example"
HASH = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"


@pytest.mark.parametrize(
    ("header", "row", "column", "kind"),
    [
        ("E-Mail", '""', "E-Mail", "email_missing"),
        ("email,name", ",Ann", "email", "email_missing"),
        ("email,name", " \u00a0,Ann", "email", "email_missing"),
        ("email", "no-address", "email", "email_malformed"),
        ("email", "a@b@x.example", "email", "email_malformed"),
        ("email", "a b@x.example", "email", "email_malformed"),
        ("email", "a@x", "email", "email_malformed"),
        ("email", "a@x..example", "email", "email_malformed"),
        ("email", ".a@x.example", "email", "email_malformed"),
        ("email", "Ann <a@x.example>", "email", "email_malformed"),
        ("email", "a@x.example;b@x.example", "email", "email_malformed"),
        ("email", "a\u200b@x.example", "email", "email_malformed"),
        ("email", "a" * 250 + "@x.example", "email", "email_malformed"),
        ("email,Email Verified", f"{E},maybe", "Email Verified", "email_verified_invalid"),
        ("email,email_verified", f"{E},2024-01-01", "email_verified", "email_verified_invalid"),
        ("email,external_id", f"{E},größe", "external_id", "external_id_invalid"),
        ("email,external_id", f"{E},{'x' * 129}", "external_id", "external_id_invalid"),
        ("email,external_id", f"{E},{'x' * 65}", "external_id", "external_id_long"),
        ("email,metadata", f"{E},not json", "metadata", "metadata_invalid"),
        ("email,metadata", f"{E},[]", "metadata", "metadata_invalid"),
        ("email,metadata", f"{E},1", "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"""x"""', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{{""a"":{{}}}}"', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{{""a"":[1]}}"', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{{""a"":NaN}}"', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{{""a"":""1"",""a"":""2""}}"', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{{""a"":""\\ud800""}}"', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{{""a"":""1""}}{{}}"', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{"[" * 60_000}"', "metadata", "metadata_invalid"),
        ("email,metadata", f'{E},"{{""{"k" * 41}"":""1""}}"', "metadata", "metadata_limits"),
        ("email,metadata", f'{E},"{{""k"":""{"v" * 601}""}}"', "metadata", "metadata_limits"),
        ("email,metadata", f'{E},"{{""k"":{"1" * 601}}}"', "metadata", "metadata_limits"),
        ("email,metadata", f'{E},"{{""k"":""ä""}}"', "metadata", "metadata_doubtful"),
        ("email,metadata", f'{E},"{{""k"":""\\u00e4""}}"', "metadata", "metadata_doubtful"),
        ("email,password", f"{E},•••", "password", "value_masked"),
        ("email,password", f"{E},********", "password", "value_masked"),
        ("email,password_hash", f"{E}, ••• (bcrypt) ", "password_hash", "value_masked"),
        ("email,password_hash,password_hash_type", f"{E},••• (argon2),argon2", "password_hash", "value_masked"),
        ("email,name", f"{E},•••", "name", "value_masked"),
        ("email,password_hash", f"{E},s3cret", "password_hash", "hash_without_type"),
        ("email,password_hash,hash type", f"{E},,bcrypt", "hash type", "type_without_hash"),
        ("email,hash type", f"{E},bcrypt", "hash type", "type_without_hash"),
        ("email,password_hash,password_hash_type", f"{E},x,md5", "password_hash_type", "hash_type_unknown"),
        (
            "email,password,password_hash,password_hash_type",
            f"{E},p,{HASH},bcrypt",
            "password_hash",
            "password_and_hash",
        ),
        ("email,org_id,org_external_id", f"{E},org_1,o1", "org_external_id", "organization_ambiguous"),
        ("email,org_external_id", f"{E},größe", "org_external_id", "org_external_id_invalid"),
        ("email,org_external_id", f"{E},{'x' * 129}", "org_external_id", "org_external_id_invalid"),
        ("email,Role", f"{E},[1]", "Role", "roles_invalid"),
        ("email,roles", f'{E},"[""admin"""', "roles", "roles_invalid"),
        ("email,name", E, "", "row_too_short"),
        ("email,name", f"{E},Ann,x", "", "row_too_long"),
        ("email,name", f"{E},Ann,", "", "row_too_long"),
    ],
)
def test_one_finding(sources: Sources, header: str, row: str, column: str, kind: str) -> None:
    width = header.count(",")
    good = f"b@x.example{',' * width}\n"
    scanned = sources.scan(f"{header}\n\n{good}{row}\nc@x.example{',' * width}\n")
    assert scanned.findings == [(2, 4, column, kind)]
    error = BY_NAME[kind].severity == "error"
    result = scanned.result
    assert (result.rows, result.importable, result.rows_with_problems) == (3, 2 if error else 3, 1)
    assert result.problem_counts == {kind: 1}
    (problem,) = read_problems(result.folder)
    assert scanned.rows[1].problem == (problem if error else None)
    assert (scanned.rows[1].line, scanned.rows[1].row) == (4, 2)
    assert problem.message.isprintable()
    assert "{" not in problem.message
    assert problem.message.endswith(".")


@pytest.mark.parametrize("value", ["true", "TRUE", "Yes", "1", "t", "y", " true "])
def test_verified(sources: Sources, value: str) -> None:
    (row,) = sources.scan(f"email,email_verified\n{E},{value}\n").rows
    assert row.user == {"email": E, "email_verified": True}


@pytest.mark.parametrize("value", ["false", "False", "NO", "0", "f", "n"])
def test_not_verified(sources: Sources, value: str) -> None:
    (row,) = sources.scan(f"email,email_verified\n{E},{value}\n").rows
    assert row.user == {"email": E, "email_verified": False}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ('{"a": "1"}', {"a": "1"}),
        ('{"a": 1, "b": 1.50, "c": 1e5}', {"a": "1", "b": "1.50", "c": "1e5"}),
        ('{"a": true, "b": false}', {"a": "true", "b": "false"}),
        ('{"a": null, "b": ""}', {"b": ""}),
        ("{}", None),
        ('{"a": null}', None),
        ('{"a": "line\\nbreak \\u00e9 \\"q\\""}', {"a": 'line\nbreak é "q"'}),
        ('{"a": "tab\there"}', {"a": "tab\there"}),
        (' {\n "a" : "1" ,\n "b":"2"\n} ', {"a": "1", "b": "2"}),
        (json.dumps({str(n): "v" for n in range(50)}), {str(n): "v" for n in range(50)}),
        (f'{{"{"k" * 40}": "{"v" * 600}"}}', {"k" * 40: "v" * 600}),
    ],
)  # fmt: skip
def test_metadata(sources: Sources, metadata: str, expected: dict[str, str] | None) -> None:
    scanned = sources.scan('email,metadata\n{},"{}"\n'.format(E, metadata.replace('"', '""')))
    (row,) = scanned.rows
    assert row.problem is None
    assert row.user.get("metadata") == expected


def test_more_keys_than_allowed(sources: Sources) -> None:
    def cell(keys: int) -> str:
        return json.dumps({str(n): "v" for n in range(keys)}).replace('"', '""')

    rows = "".join(f'u{keys}@x.example,"{cell(keys)}"\n' for keys in (10, 11, 50, 51))
    scanned = sources.scan(f"email,metadata\n{rows}")
    assert scanned.findings == [
        (2, 3, "metadata", "metadata_doubtful"),
        (3, 4, "metadata", "metadata_doubtful"),
        (4, 5, "metadata", "metadata_limits"),
    ]
    (*_, last) = read_problems(scanned.result.folder)
    assert "51 keys" in last.message


@pytest.mark.parametrize(
    ("header", "cells", "roles"),
    [
        ("role_slug", "admin", ("admin",)),
        ("roles", '" admin, member ,,admin"', ("admin", "member")),
        ("role_slugs", '"[""member"", ""admin"", """"]"', ("member", "admin")),
        ("role_slugs", "[]", ()),
        ("role_slug", "  ", ()),
        ("role_slug,role_slugs", '"admin","member,admin"', ("admin", "member")),
    ],
)
def test_roles(sources: Sources, header: str, cells: str, roles: tuple[str, ...]) -> None:
    scanned = sources.scan(f"email,{header}\n{E},{cells}\n")
    assert scanned.rows[0].roles == roles
    assert scanned.result.roles == tuple(sorted(roles))
    assert scanned.result.role_rows == (1 if len(roles) > 1 else 0)


def test_several_findings_in_one_row(sources: Sources) -> None:
    scanned = sources.scan(
        "email,email_verified,external_id,metadata,org_id,org_external_id\n"
        "x,maybe,ä,[],org_1,ö\n"
        "b@x.example,,,,,\n"
    )  # fmt: skip
    assert scanned.findings == [
        (1, 2, "email", "email_malformed"),
        (1, 2, "email_verified", "email_verified_invalid"),
        (1, 2, "external_id", "external_id_invalid"),
        (1, 2, "metadata", "metadata_invalid"),
        (1, 2, "org_external_id", "organization_ambiguous"),
        (1, 2, "org_external_id", "org_external_id_invalid"),
    ]
    assert scanned.result.rows_with_problems == 1
    first, second = scanned.rows
    assert first.problem is not None
    assert first.problem.kind == "email_malformed"
    assert (first.user, first.roles, first.secrets) == ({"email": "x"}, (), {})
    assert second.problem is None


def test_a_ragged_row_has_no_other_finding(sources: Sources) -> None:
    scanned = sources.scan("email,email_verified,name\nx,maybe\nx,maybe,n,surplus,\u202emore\nx,maybe,n\n")
    assert scanned.findings == [
        (1, 2, "", "row_too_short"),
        (2, 3, "", "row_too_long"),
        (3, 4, "email", "email_malformed"),
        (3, 4, "email_verified", "email_verified_invalid"),
    ]
    short, long, *_ = read_problems(scanned.result.folder)
    assert "2 values for 3 columns" in short.message
    assert "5 values for 3 columns" in long.message
    assert "surplus”, “�more" in long.message
    assert scanned.rows[0].cells == {"email": "x", "email_verified": "maybe", "name": None}
    assert scanned.rows[1].cells == {"email": "x", "email_verified": "maybe", "name": "n,surplus,\u202emore"}


def test_what_is_beyond_the_last_column_is_kept_in_it_unless_a_secret_may_be_there(sources: Sources) -> None:
    scanned = sources.scan('email\tname\na@x.example\tAnn\tone\t\t"two\tthree"\nb@x.example\tBob\n')
    assert scanned.rows[0].cells == {"email": "a@x.example", "name": "Ann\tone\t\ttwo\tthree"}
    assert scanned.rows[1].cells == {"email": "b@x.example", "name": "Bob"}
    scanned = sources.scan("email,password,name\na@x.example,pass,word,Ann,more\n")
    assert scanned.rows[0].cells == {"email": "a@x.example", "password": "•••", "name": "•••"}
    assert not scanned.rows[0].secrets


def test_rows_swallowed_by_two_stray_quotes(sources: Sources) -> None:
    content = (
        "email,name,note\r\n"
        'a@x.example,"Ann,x\r\n'
        "b@x.example,Bob,x\r\n"
        'c@x.example,Cy",x\r\n'
        'd@x.example,Dee,"two\r\nlines, d@x.example,y"\r\n'
        'e@x.example,Eve,"x\r\n'
        'f@x.example,Fay,x"\r\n'
    )
    scanned = sources.scan(content)
    assert scanned.findings == [(1, 2, "name", "rows_swallowed"), (3, 7, "note", "rows_swallowed")]
    hidden, _ = read_problems(scanned.result.folder)
    assert "hide 2 lines" in hidden.message
    assert scanned.result.importable == 1


def test_rows_swallowed_before_the_address(sources: Sources) -> None:
    scanned = sources.scan('name,email\n"Ann,a@x.example\nBob",b@x.example\nCy,c@x.example\n')
    assert scanned.findings == [(1, 2, "name", "rows_swallowed")]


@pytest.mark.parametrize(
    "text",
    [
        "JOSÉ’S BAR", "CAFÉ\u00a0PARIS", "NESTLÉ®", "POKÉ™", "CAFÉ–BAR", "RENÉ…", "ZOË’S", "Ó\u00a0Briain", "SÃO PAULO",
        "MAÇÃ\u00a0VERDE", "UMEÅ\u00a0KOMMUN", "İÇÖ", "Đặng Thị", "“CAFÉ”", "SOCIÉTÉ\u00a0GÉNÉRALE", "Μαρία", "Иван",
    ],
)  # fmt: skip
def test_text_that_somebody_wrote_is_not_called_misread(sources: Sources, text: str) -> None:
    assert sources.scan(f"email,name\na@x.example,{text}\n").findings == []


@pytest.mark.parametrize(
    "text",
    ["Jörg", "Zoë – “x", "français", "Łódź", "Škoda Plzeň", "Привет мир", "Μαρία Α", "日本", "€ 5", "Gdańsk’s 👍"],
)
def test_text_that_was_read_wrongly_is_called_so_whatever_its_script(sources: Sources, text: str) -> None:
    wrong = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())
    if re.search("[\u0080-\u009f]", wrong):
        wrong = text.encode().decode("latin-1")
    found = sources.scan(f"email,name\na@x.example,{wrong}\n").findings
    assert (1, 2, "name", "text_misread") in found


def test_no_finding_shows_a_secret_or_drives_a_terminal(sources: Sources) -> None:
    secret = "Tr0ub4dor"
    scanned = sources.scan(
        "email,password,password_hash,password_hash_type,note\n"
        f"a@x.example,{secret},{secret},\x1b[31mmd5,\n"
        f"\x1b]2;x\x07,{secret},,,\n"
        f"a@x.example,x,{secret},more\n"
        f"a@x.example,first,{secret},more,and,{secret}\n"
        f"b@x.example,,{secret},,\n"
    )
    shown = " ".join(problem.message for problem in read_problems(scanned.result.folder))
    assert secret not in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert secret not in repr([row.cells for row in scanned.rows])
    assert secret not in repr(scanned.rows)
    assert secret not in (scanned.folder / "scan.json").read_text()
    for file in scanned.folder.glob("*.parquet"):
        assert (secret in repr(pl.read_parquet(file).rows())) == (file.name == "secrets.parquet"), file.name


def test_every_kind_has_a_sentence() -> None:
    assert len(BY_NAME) == len(KINDS)
    for kind in KINDS:
        assert kind.sentence[0].isupper() or kind.sentence.startswith(("“{detail}”", "{detail}")), kind
        assert kind.sentence.endswith(".")
        assert kind.severity in {"error", "warning"}
