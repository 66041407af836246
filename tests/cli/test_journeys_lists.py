"""`jobs`, `errors` and `purge`, and text that would like to drive the terminal."""

from __future__ import annotations

import csv
import json
import stat
from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING

from tests.cli.conftest import FAST, Terminal
from tests.support import COLUMNS, person, reopen_job, write_source
from tui_importer.report import failures as failures_report

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

JOB_KEYS = [
    "job", "source", "environment", "state", "reason", "problem", "rows", "created", "existing", "failed", "skipped",
    "pending", "started", "updated",
]  # fmt: skip
ADDED = ["_row", "_line", "_step", "_kind", "_status", "_error", "_request_id"]


def test_jobs_are_listed_newest_first_in_text_and_json(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    assert cli("jobs", "--json", code=0).stdout == "[]\n"
    assert "tui-importer run" in cli("jobs", code=0).stdout
    first = write_source(tmp_path / "a.csv", [person(n, role_slug="pilot" if n == 1 else "") for n in range(4)])
    second = write_source(tmp_path / "b.csv", [person(1, org_external_id="nameless"), person(5)])
    cli("run", first, *FAST, "--job", "first-of-all", code=0)
    cli("run", second, *FAST, "--job", "b", code=3)
    listed = cli("jobs", "--json", code=0)
    assert listed.stdout.count("\n") == 1
    newest, oldest = json.loads(listed.stdout)
    assert [list(newest), list(oldest)] == [JOB_KEYS, JOB_KEYS]
    assert oldest | {"started": "", "updated": ""} == {
        "job": "first-of-all", "source": str(first), "environment": "SANDBOX", "state": "finished", "reason": "",
        "problem": "",
        "rows": 4, "created": 4, "existing": 0, "failed": 0, "skipped": 0, "pending": 0, "started": "", "updated": "",
    }  # fmt: skip
    assert (newest["job"], newest["state"], newest["rows"], newest["pending"]) == ("b", "paused", 2, 2)
    assert "organizations failed" in newest["reason"]
    for name in ("started", "updated"):
        moment = datetime.fromisoformat(newest[name])
        assert newest[name].endswith("Z")
        assert moment.utcoffset() is not None
    assert oldest["started"] <= oldest["updated"] <= newest["started"] <= newest["updated"]
    lines = cli("jobs", code=0).stdout.splitlines()
    assert lines[0].startswith("b             ")
    assert "paused (too many organizations failed" in lines[0]
    assert "4/4 rows, 0 failed  finished" in lines[1]


def test_every_outcome_has_a_number_of_its_own_in_the_list(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, 0) for n in range(4)]
    rows += [*rows[:3], *(person(n, 0, role_slug="pilot") for n in range(4, 7)), *(person(n) for n in range(7, 12))]
    flags = ("--canary", "10", "--max-failed", "off", "--job", "j")
    cli("run", write_source(tmp_path / "a.csv", rows), *FAST, *flags, code=3)
    with reopen_job(cli.home, sandbox, "j") as job:
        assert job.skip([10], "left the company") == 1
    (listed,) = json.loads(cli("jobs", "--json", code=0).stdout)
    numbers = {name: listed[name] for name in ("rows", "created", "existing", "failed", "skipped", "pending")}
    assert numbers == {"rows": 15, "created": 4, "existing": 3, "failed": 2, "skipped": 1, "pending": 5}


def test_errors_are_a_csv_that_no_spreadsheet_runs_and_no_file_is_overwritten(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = '=HYPERLINK("http://x.example","click")'
    rows = [
        person(0, 0),
        person(1, 0, role_slug="pilot", first_name=evil, last_name="+1+cmd|' /C calc'!A0"),
        person(2, 0, email="@SUM(1)", first_name="-2+3", last_name="\tTab, \"quote\" and\nnew line"),
        person(3, 0, role_slug="@pilot", first_name="-12.5"),
        person(4, org_external_id="nameless"),
    ]  # fmt: skip
    source = write_source(tmp_path / "a.csv", rows)
    cli("run", source, *FAST, "--max-failed", "off", "--job", "j", code=1)
    ended = cli("errors", "j", code=0)
    assert ended.stderr == ""
    header, *failures = csv.reader(StringIO(ended.stdout))
    assert header == [*COLUMNS, *ADDED]
    found = {failure[header.index("_row")]: dict(zip(header, failure, strict=True)) for failure in failures}
    assert set(found) == {"", "2", "3", "4", "5"}, "the failed organization has no row"
    assert found["2"]["first_name"] == "'" + evil
    assert found["2"]["last_name"].startswith("'+1+cmd")
    assert (found["2"]["_step"], found["2"]["_kind"], found["2"]["_status"]) == ("membership", "invalid_role", "422")
    assert found["2"]["_request_id"]
    assert (found["3"]["email"], found["3"]["first_name"]) == ("'@SUM(1)", "'-2+3")
    assert '"quote" and\nnew line' in found["3"]["last_name"]
    assert (found["3"]["_step"], found["3"]["_line"]) == ("row", "4")
    assert (found["4"]["role_slug"], found["4"]["first_name"]) == ("'@pilot", "-12.5"), "a number is no formula"
    assert (found["5"]["_step"], found["5"]["_kind"]) == ("organization", "organization_failed")
    assert found[""]["_error"].startswith("nameless: ")
    assert not any(cell[:1] in {"=", "+", "@", "\t"} for failure in failures for cell in failure)

    for near, longest in ((1, 2_000), (250, 2)):
        monkeypatch.setattr(failures_report, "NEAR", near)
        monkeypatch.setattr(failures_report, "LONGEST", longest)
        stream = StringIO()
        assert failures_report.write_failures(cli.job_folder("j"), stream) == 5
        assert stream.getvalue() == ended.stdout, "in whatever pieces the rows are read"

    output = tmp_path / "failures.csv"
    ended = cli("errors", "j", "--output", output, code=0)
    assert (ended.stdout, ended.stderr) == ("", f"5 failures written to {output}\n")
    before = output.read_bytes()
    assert before.decode() == cli("errors", "j", code=0).stdout
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    refused = cli("errors", "j", "--output", output, code=2)
    assert "does not exist yet" in refused.stderr
    assert output.read_bytes() == before
    assert cli("errors", "nobody", code=2).stdout == ""


def test_purge_needs_a_yes_and_removes_everything_here_and_nothing_there(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    source = write_source(tmp_path / "a.csv", [person(n, 1) for n in range(3)])
    cli("run", source, *FAST, "--job", "j", code=0)
    refused = cli("purge", "j", code=2)
    assert "3 rows (0 of them pending)" in refused.stderr
    assert "--yes" in refused.stderr
    for answer in ("n\n", "\x04"):
        terminal = Terminal(cli, "purge", "j")
        terminal.wait_for("Nothing in WorkOS is changed. [y/N] ")
        terminal.type(answer)
        assert terminal.end() == 2
        assert "Nothing was removed" in terminal.seen
    assert cli.jobs == ["j"]
    terminal = Terminal(cli, "purge", "j")
    terminal.wait_for("[y/N] ")
    terminal.type("yes\n")
    assert terminal.end() == 0
    assert cli.jobs == []
    assert cli("purge", "j", "--yes", code=2).stdout == ""
    assert sandbox.snapshot(objects=False).counts == {"organizations": 1, "users": 3, "memberships": 3}
    assert source.exists()


ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj"


def test_hostile_text_never_reaches_the_terminal(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    """`Running.end` refuses every control character on either stream."""
    sandbox.seed_organization(f"Known{ESCAPES}", external_id="org-1")
    sandbox.seed_user("taken@example.com", external_id=f"legacy{ESCAPES}")
    rows = [
        person(0, 1, first_name=f"Ada{ESCAPES}", metadata=json.dumps({"note": ESCAPES})),
        person(1, 1, role_slug=f"role{ESCAPES}"),
        person(2, 1, email=f"user{ESCAPES}@example.com"),
        person(3, org_external_id=f"key{ESCAPES}", org_name=f"Name{ESCAPES}"),
        person(4, org_external_id=f"nameless{ESCAPES}"),
        person(5, 1, email_verified=f"maybe{ESCAPES}"),
    ]
    columns = (*COLUMNS, f"extra{ESCAPES}")
    source = write_source(tmp_path / f"users{ESCAPES}.csv", rows, columns)
    cli("scan", source, code=1)
    cli("run", source, "--dry-run", code=1)
    cli("run", source, *FAST, "--max-failed", "off", "--job", "j", code=1)
    cli("resume", "j", "--json", code=1)
    text = cli("errors", "j", code=0).stdout
    assert "role" in text
    assert "\u202e" not in text
    reaches_the_server = [person(1, 1, role_slug="nobodys-role", first_name="Ada\u202egpj")]
    cli(
        "run",
        write_source(tmp_path / f"b{ESCAPES}.csv", reaches_the_server, columns),
        *FAST,
        "--max-failed",
        "0",
        code=3,
    )
    assert "invalid_role" in cli("jobs", code=0).stdout
    cli("jobs", "--json", code=0)
    cli("run", tmp_path / f"nowhere{ESCAPES}.csv", *FAST, code=2)
    cli("resume", f"j{ESCAPES}", code=2)
    cli("errors", "j", "--output", tmp_path / "no" / f"f{ESCAPES}.csv", code=2)
