"""The frozen rows: payloads, secrets, random access, file modes, damage."""

from __future__ import annotations

import json
import random
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tui_importer.secret import Secret
from tui_importer.source._polars import pl
from tui_importer.source.errors import FrozenRowsError
from tui_importer.source.frozen.checksums import digest_of
from tui_importer.source.frozen.reader import FrozenRows, keep_secrets, read_problems
from tui_importer.source.frozen.summary import read_summary, replace_summary
from tui_importer.source.models import SourceRow
from tui_importer.source.options import Reading
from tui_importer.source.scan import read_scan

if TYPE_CHECKING:
    from tests.source.conftest import Sources

SECRETS = (
    "E-Mail,Given Name,password,Password Hash,hash-type,Note,external_id\n"
    "Ann@X.example , Ann ,  two blanks  ,,,  kept as it is ,e1\n"
    "b@x.example,,, $2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy ,BCRYPT,,\n"
    "c@x.example,,,,,,\n"
    "broken,,hidden,,,,\n"
)


def test_a_row_is_what_the_api_takes(sources: Sources) -> None:
    first, second, third, _ = sources.scan(SECRETS).rows
    assert first == SourceRow(
        row=1,
        line=2,
        email="ann@x.example",
        user={"email": "ann@x.example", "first_name": "Ann", "external_id": "e1"},
        organization_key=None,
        roles=(),
        cells={
            "E-Mail": "Ann@X.example ",
            "Given Name": " Ann ",
            "password": "•••",
            "Password Hash": None,
            "hash-type": None,
            "Note": "  kept as it is ",
            "external_id": "e1",
        },
        secrets={"password": Secret("  two blanks  ")},
    )
    assert second.user == {"email": "b@x.example", "password_hash_type": "bcrypt"}
    assert second.secrets == {"password_hash": Secret("$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")}
    assert second.cells["Password Hash"] == "••• (bcrypt)"
    assert third.secrets == {}
    assert third.cells["password"] is None


def test_a_mask_that_was_frozen_as_a_secret_is_a_problem_of_its_row_and_no_secret(sources: Sources) -> None:
    folder = sources.scan(SECRETS).folder
    secrets = folder / "secrets.parquet"
    masked = pl.read_parquet(secrets).with_columns(pl.lit("••• (bcrypt)").alias("password_hash"))
    masked.write_parquet(secrets)
    summary = read_summary(folder)
    replace_summary(folder, replace(summary, files={**summary.files, secrets.name: (digest_of(secrets),)}))
    second = FrozenRows(folder).row(2)
    assert second.secrets == {}
    assert second.problem is not None
    assert (second.problem.kind, second.problem.column) == ("value_masked", "Password Hash")


def test_nothing_is_readable_by_others(sources: Sources) -> None:
    folder = sources.scan(SECRETS).folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    parquet = ("rows", "secrets", "repeats", "problems", "organizations")
    assert names == dict.fromkeys([*(f"{name}.parquet" for name in parquet), "scan.json"], 0o600)


def test_a_source_without_secrets_has_no_file_for_them(sources: Sources) -> None:
    folder = sources.scan("email,password\na@x.example,\nb@x.example,  \n").folder
    assert not (folder / "secrets.parquet").exists()
    keep_secrets(folder, [1])
    assert FrozenRows(folder).row(1).secrets == {}


def test_secrets_are_forgotten(sources: Sources) -> None:
    scanned = sources.scan("email,password\n" + "".join(f"u{n}@x.example,pass{n}\n" for n in range(1, 5_001)))
    folder = scanned.folder
    rows = FrozenRows(folder)
    keep_secrets(folder, iter([4_000, 17, 999_999]))
    assert {row.row: row.secrets["password"].reveal() for row in rows.read(1, 5_000) if row.secrets} == {
        17: "pass17",
        4_000: "pass4000",
    }
    assert stat.S_IMODE((folder / "secrets.parquet").stat().st_mode) == 0o600
    keep_secrets(folder, [17])
    assert rows.row(4_000).secrets == {}
    assert FrozenRows(folder, secrets=False).row(17).secrets == {}
    keep_secrets(folder, [])
    assert not (folder / "secrets.parquet").exists()
    assert rows.row(17).secrets == {}
    assert rows.row(17).cells["password"] == "•••"
    assert not list(folder.glob("*.new"))


def test_any_rows_at_any_time(sources: Sources) -> None:
    count = 6_500
    content = "email,org_name\n" + "".join(
        f"u{n % 6_000}@x.example,Org {n % 7}\n" if n % 1_000 else "broken,\n" for n in range(1, count + 1)
    )
    rows = FrozenRows(sources.scan(content).folder)
    assert (rows.rows, rows.columns) == (count, ("email", "org_name"))
    everything = rows.read(1, count)
    assert [row.row for row in everything] == list(range(1, count + 1))

    def same(bounds: tuple[int, int]) -> bool:
        first, last = bounds
        return rows.read(first, last) == everything[first - 1 : last]

    bounds = [(1, 1), (1_999, 2_001), (2_000, 2_000), (5_990, 6_020), (6_500, 6_500), (1, 6_500), (3_000, 2_999)]
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(same, bounds * 3))
    assert rows.read(0, 2) == everything[:2]
    assert rows.read(6_499, 9_999) == everything[6_498:]
    assert rows.row(1_000).problem is not None
    assert rows.row(6_001).first_row == 1
    for number in (0, count + 1):
        with pytest.raises(IndexError):
            rows.row(number)


def test_a_scan_is_read_again(sources: Sources) -> None:
    scanned = sources.scan(SECRETS + "d@x.example,,,,,,e1\n")
    assert read_scan(scanned.folder) == scanned.result
    assert list(read_problems(scanned.folder)) == list(read_problems(scanned.result.folder))
    assert scanned.result.fields == {
        "email": "E-Mail",
        "first_name": "Given Name",
        "password": "password",
        "password_hash": "Password Hash",
        "password_hash_type": "hash-type",
        "external_id": "external_id",
    }
    assert scanned.result.unknown_columns == ("Note",)


def test_a_source_may_go_after_the_scan(sources: Sources, tmp_path: Path) -> None:
    scanned = sources.scan(SECRETS)
    (tmp_path / "users.csv").unlink()
    assert [row.email for row in scanned.rows] == ["ann@x.example", "b@x.example", "c@x.example", "broken"]


def test_many_problems_are_streamed(sources: Sources) -> None:
    scanned = sources.scan("email\n" + "broken\n" * 25_000)
    assert [problem.row for problem in read_problems(scanned.result.folder)] == list(range(1, 25_001))


def test_an_incomplete_or_damaged_folder(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(FrozenRowsError, match="not frozen"):
        FrozenRows(tmp_path / "nowhere")
    with pytest.raises(FrozenRowsError, match="not frozen"):
        read_scan(tmp_path)
    folder = sources.scan(SECRETS).folder
    kept = (folder / "rows.parquet").read_bytes()
    (folder / "rows.parquet").write_bytes(b"no parquet")
    with pytest.raises(FrozenRowsError, match=r"rows\.parquet"):
        FrozenRows(folder)
    (folder / "rows.parquet").write_bytes(kept)
    (folder / "organizations.parquet").unlink()
    with pytest.raises(FrozenRowsError, match=r"organizations\.parquet"):
        read_scan(folder)
    (folder / "problems.parquet").unlink()
    with pytest.raises(FrozenRowsError, match=r"problems\.parquet"):
        FrozenRows(folder)
    with pytest.raises(FrozenRowsError, match=r"problems\.parquet"):
        list(read_problems(folder))
    summary = json.loads((folder / "scan.json").read_text())
    for damaged in ("", "[]", "{", json.dumps({**summary, "version": 99}), json.dumps({"version": 1})):
        (folder / "scan.json").write_text(damaged)
        with pytest.raises(FrozenRowsError, match=r"scan\.json"):
            FrozenRows(folder)


def test_one_flipped_bit_anywhere_is_noticed(sources: Sources, tmp_path: Path) -> None:
    """polars itself would read another letter, here and there, and say nothing."""
    folder = sources.scan(SECRETS + "d@x.example,Dora,,,,,\n" * 20).folder
    rng = random.Random(5)
    for path in sorted(folder.iterdir()):
        kept = path.read_bytes()
        for _ in range(8):
            damaged = bytearray(kept)
            damaged[rng.randrange(len(kept))] ^= 1 << rng.randrange(8)
            path.write_bytes(damaged)
            with pytest.raises(FrozenRowsError, match=re.escape(path.name)) as refused:
                read_all(folder)
            assert refused.value.next
        path.write_bytes(kept)
    read_all(folder)


def read_all(folder: Path) -> None:
    FrozenRows(folder).read(1, 100)
    read_scan(folder)


def test_a_file_that_is_touched_while_it_is_open_is_read_no_further(sources: Sources) -> None:
    scanned = sources.scan(SECRETS)
    rows = FrozenRows(scanned.folder)
    path = scanned.folder / "rows.parquet"
    for change in (lambda: path.write_bytes(path.read_bytes()[:100]), path.unlink):
        change()
        with pytest.raises(FrozenRowsError, match=r"rows\.parquet: the frozen rows were changed or removed"):
            rows.read(1, 2)


@pytest.mark.parametrize("step", [0, 1], ids=["before the summary knows the new file", "after"])
def test_a_crash_while_secrets_are_forgotten_leaves_a_folder_that_reads(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    folder = sources.scan("email,password\na@x.example,one\nb@x.example,two\n").folder
    replace = Path.replace
    left = iter(range(step))

    def die(path: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            keep_secrets(folder, [2])
    assert FrozenRows(folder).row(1).secrets["password"].reveal() == "one"
    keep_secrets(folder, [2])
    rows = FrozenRows(folder)
    assert (rows.row(1).secrets, rows.row(2).secrets["password"].reveal()) == ({}, "two")
    assert not list(folder.glob("*.new"))


def test_rows_are_twins_over_keys_that_are_one_organization(sources: Sources) -> None:
    content = "email,org_external_id,org_name\n" + "".join(
        f"{email}@x.example,{key},{name}\n"
        for email, key, name in (
            ("a", "e1", ""),  # 1
            ("b", "", "Acme"),  # 2
            ("a", "", "Acme"),  # 3
            ("b", "e2", ""),  # 4
            ("a", "e2", ""),  # 5
            ("b", "e1", ""),  # 6
            ("a", "e1", ""),  # 7
            ("c", "e1", ""),  # 8
            ("a", "", ""),  # 9
            ("a", "", ""),  # 10
        )
    )
    rows = FrozenRows(sources.scan(content).folder)
    before = {row.row: (row.first_row, row.twin_row) for row in rows.read(1, 10) if row.first_row}
    assert before == {3: (1, None), 4: (2, None), 5: (1, None), 6: (2, None), 7: (1, 1), 9: (1, None), 10: (1, 9)}
    rows.unite({"name:Acme": "external_id:e1"})
    united = {row.row: (row.first_row, row.twin_row) for row in rows.read(1, 10) if row.first_row}
    assert united == before | {3: (1, 1), 6: (2, 2), 7: (1, 3)}
    assert rows.row(3).organization_key == "name:Acme", "nothing else changes"


def test_the_profile_may_be_that_of_the_last_row(sources: Sources) -> None:
    content = (
        "email,first_name,last_name,password,org_name,role_slug\n"
        "a@x.example,Ann,Old,secret-1,One,member\n"
        "b@x.example,Bob,,,One,\n"
        "A@x.example,Anna,,secret-2,Two,admin\n"
        "broken,Anne,,secret-3,Two,admin\n"
        "c@x.example,Cy,,,,\n"
        "a@x.example,,New,secret-4,Three,\n"
    )
    rows = {row.row: row for row in sources.scan(content, reading=Reading(wins="last")).rows}
    assert rows[1].user == {"email": "a@x.example", "last_name": "New"}
    assert {name: secret.reveal() for name, secret in rows[1].secrets.items()} == {"password": "secret-4"}
    assert (rows[1].roles, rows[1].organization_key) == (("member",), "name:One"), "its membership is its own"
    assert rows[1].cells["first_name"] == "Ann", "what the operator sees is the row as it is in the file"
    assert [rows[n].user.get("first_name") for n in (2, 5)] == ["Bob", "Cy"]
    scanned = sources.scan(content, reading=Reading(wins="last"))
    keep_secrets(scanned.folder, [1])
    assert scanned.rows[0].secrets["password"].reveal() == "secret-4", "a failed row can still be tried again"
    first = {row.row: row for row in sources.scan(content).rows}
    assert first[1].user == {"email": "a@x.example", "first_name": "Ann", "last_name": "Old"}
    assert first[1].secrets["password"].reveal() == "secret-1"
