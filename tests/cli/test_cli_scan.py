"""`scan` as a process: the report, the document, the exit codes, nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CLEAN = "email,first_name,org_external_id,org_name,shoe size\nann@x.example,Ann,a,A,38\nbob@x.example,Bob,a,A,44\n"
FAULTY = CLEAN + "no-address,Cy,a,A,40\ndee@x.example,Dee,b,B,41\n"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """The folder in which the scan makes its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def scan(source: Path, temporary: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui_importer", "scan", source, *flags],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


def csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "users.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_document_of_a_clean_file(tmp_path: Path, temporary: Path) -> None:
    done = scan(csv(tmp_path, CLEAN), temporary, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "rows": 2,
        "columns": ["email", "first_name", "org_external_id", "org_name", "shoe size"],
        "unknown_columns": ["shoe size"],
        "organizations": 1,
        "users": 2,
        "memberships": 2,
        "preset": "",
        "dialect": "UTF-8, separated by a comma",
        "coverage": [
            {"column": name, "use": "field", "fields": [name], "how": "", "filled": 2}
            for name in ("email", "first_name", "org_external_id", "org_name")
        ]
        + [{"column": "shoe size", "use": "unused", "fields": [], "how": "", "filled": 2}],
        "problems": [],
        "rows_with_problems": 0,
    }
    assert list(temporary.iterdir()) == []


def test_the_document_names_each_problem_with_row_and_line(tmp_path: Path, temporary: Path) -> None:
    done = scan(csv(tmp_path, FAULTY), temporary, "--json")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert (document["rows"], document["rows_with_problems"]) == (4, 1)
    (problem,) = document["problems"]
    assert problem.keys() == {"row", "line", "column", "kind", "message", "next"}
    assert (problem["row"], problem["line"], problem["column"]) == (3, 4, "email")


def test_the_report_ends_with_the_summary(tmp_path: Path, temporary: Path) -> None:
    done = scan(csv(tmp_path, FAULTY), temporary)
    assert done.returncode == 1, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith("✗ row 3, line 4, email: ")
    summary = "\n".join(rest)
    for part in (
        "users.csv: 4 rows",
        "shoe size        4  · not used",
        "users          3",
        "1 of them cannot be imported",
    ):
        assert part in summary
    assert list(temporary.iterdir()) == []


def test_what_stands_in_the_file_cannot_drive_the_terminal(tmp_path: Path, temporary: Path) -> None:
    source = csv(tmp_path, "email,\x1b]2;PWNED\x07\n\x1b[31mred,1\n")
    for flags in ([], ["--json"]):
        done = scan(source, temporary, *flags)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\x07" not in done.stdout + done.stderr


def test_the_report_says_how_the_file_was_read_and_what_becomes_of_each_column(tmp_path: Path, temporary: Path) -> None:
    source = tmp_path / "auth0.csv"
    header = "Id;Email;Email Verified;Given Name;Family Name;Plan"
    source.write_bytes(f"{header}\nauth0|1;b@x.example;;Zoé;;\n".encode("cp1252"))
    done = scan(source, temporary, "--map", "plan=metadata", "--map", "family name=-", "--profile-from", "last")
    assert "read as        Windows-1252, separated by a semicolon\n  layout         Auth0\n" in done.stdout
    assert [line.split(maxsplit=2) for line in done.stdout.splitlines() if "→" in line or "·" in line][1:] == [
        ["Email", "1", "→ email"],
        ["Email", "Verified", "0  → email_verified"],
        ["Given", "Name", "1  → first_name"],
        ["Family", "Name", "0  · not used"],
        ["Plan", "0", "→ metadata, under its own name"],
    ]


def test_separator_and_encoding_are_taken_as_they_are_said(tmp_path: Path, temporary: Path) -> None:
    source = tmp_path / "users.csv"
    source.write_bytes(b"email|note;x\na@x.example|\xe9\n")
    document = json.loads(scan(source, temporary, "--delimiter", "pipe", "--encoding", "ISO-8859-1", "--json").stdout)
    assert document["dialect"] == "Latin-1, separated by a vertical bar"
    assert document["columns"] == ["email", "note;x"]


def test_a_mapping_is_saved_under_a_name_and_used_again(tmp_path: Path, temporary: Path, home: Path) -> None:
    source = csv(tmp_path, "Work mail,Plan=x,email\na@x.example,gold,b@x.example\n")
    done = scan(source, temporary, "--map", "Work mail=email", "--map", "Plan=x=metadata", "--save-mapping", "crm")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"The mapping crm is saved in {home / 'config.toml'}.\n"
    assert tomllib.loads((home / "config.toml").read_text(encoding="utf-8")) == {
        "mappings": {"crm": {"Work mail": "email", "Plan=x": "metadata"}}
    }
    document = json.loads(scan(source, temporary, "--mapping", "crm", "--json").stdout)
    assert [use["fields"] for use in document["coverage"]] == [["email"], [], []]
    over = scan(source, temporary, "--mapping", "crm", "--map", "email=email", "--map", "work-mail=name", "--json")
    assert [use["fields"] for use in json.loads(over.stdout)["coverage"]] == [["name"], [], ["email"]]


def test_a_mapping_that_does_not_fit_is_not_saved(tmp_path: Path, temporary: Path, home: Path) -> None:
    source = csv(tmp_path, CLEAN)
    for flags, words in (
        (["--map", "emial=email"], "no column “emial”, which is mapped to email. Is “email” meant?"),
        ([], "There is no mapping to save"),
    ):
        done = scan(source, temporary, *flags, "--save-mapping", "crm")
        assert done.returncode == 2, done.stdout
        assert words in done.stderr
    assert not (home / "config.toml").exists()


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, temporary: Path, flags: list[str]) -> None:
    for source in (tmp_path / "nowhere.csv", tmp_path, csv(tmp_path, ""), csv(tmp_path, "name\nAnn\n")):
        done = scan(source, temporary, *flags)
        assert done.returncode == 2, (source, done.stderr)
        assert done.stderr.startswith("tui-importer: ")
        assert "Traceback" not in done.stderr
        if flags:
            assert json.loads(done.stdout)["error"].keys() == {"kind", "message", "next"}
        else:
            assert done.stdout == ""
    assert list(temporary.iterdir()) == []


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path, temporary: Path) -> None:
    source = csv(tmp_path, "email\n" + "broken\n" * 20_000)
    with subprocess.Popen(
        [sys.executable, "-m", "tui_importer", "scan", source],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(240) == 141
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_scan_leaves_nothing_behind(
    tmp_path: Path, temporary: Path, home: Path, number: signal.Signals
) -> None:
    source = csv(tmp_path, "email\n" + "".join(f"user{row}@x.example\n" for row in range(200_000)))
    with subprocess.Popen(
        [sys.executable, "-m", "tui_importer", "scan", source],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        # The folder is made before polars is even imported, so the scan is still ahead then.
        while not list((home / "scratch").glob("*")):
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"ended early: {process.wait(0.01)}")
        process.send_signal(number)
        output, refusal = process.communicate(timeout=240)
        assert output == ""
        assert refusal.startswith("tui-importer: The scan was cancelled.\n")
        assert process.returncode == 130
    assert (list(home.iterdir()), list(temporary.iterdir())) == ([], [])


def test_repairs_are_chosen_by_name(tmp_path: Path, temporary: Path) -> None:
    source = csv(tmp_path, "email,email_verified,first_name\nAnn@x.example,yes,A\x0bnn\n")
    usual = scan(source, temporary)
    assert (usual.returncode, "control_character" in usual.stdout) == (1, True)
    mended = scan(source, temporary, "--repair", "control_characters")
    assert (mended.returncode, mended.stdout[:17]) == (0, "users.csv: 1 row,")
    refused = scan(source, temporary, "--repair", "control_characters", "--no-repair", "booleans")
    assert (refused.returncode, "email_verified" in refused.stdout) == (1, True)
    unknown = scan(source, temporary, "--repair", "everything")
    assert (unknown.returncode, "is not one of" in unknown.stderr) == (2, True)
