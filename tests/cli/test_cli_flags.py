"""Flags of a command and what its body gets: what was given, what was resolved, what a resume keeps."""

from __future__ import annotations

import importlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from tui_importer.cli import commands
from tui_importer.cli.command_table import COMMANDS
from tui_importer.cli.continued_import import options_over
from tui_importer.cli.prompts import NoTerminal
from tui_importer.cli.run_request import RunRequest
from tui_importer.config import ConfigError, Settings
from tui_importer.engine.options import FrozenOptions, RunOptions, frozen_options, run_options
from tui_importer.source.options import ENCODINGS, Reading
from tui_importer.tui.launch import StartAt


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that are named: a missing one is refused before anything else."""
    for name in ("users.csv", "x.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)


BODIES = {
    "run": "tui_importer.cli.new_import.run",
    "resume": "tui_importer.cli.continued_import.resume",
    "retry": "tui_importer.cli.continued_import.retry",
    "scan": "tui_importer.cli.source_scan.scan",
}
"""What a command hands its options to."""


def command(name: str) -> click.Command:
    found: click.Command = importlib.import_module(f"tui_importer.cli.commands.{name}").command
    return found


def called(name: str, *arguments: str) -> tuple[Any, ...]:
    """Values that the body gets for `arguments`; the command must return the body's exit code."""
    seen: list[tuple[Any, ...]] = []

    def body(*values: object, **named: object) -> int:
        seen.append((*values, named) if named else values)
        return 17

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BODIES[name], body)
        assert command(name).main(list(arguments), standalone_mode=False) == 17
    (values,) = seen
    return values


def asked(name: str, *arguments: str) -> RunRequest:
    """The options of a command that imports."""
    request = called(name, *arguments)[-1]
    assert isinstance(request, RunRequest)
    return request


def reading_of(name: str, *arguments: str) -> Reading:
    """How the source is to be read."""
    if name == "run":
        return asked(name, *arguments).reading
    reading = called(name, *arguments)[1]
    assert isinstance(reading, Reading)
    return reading


def test_the_defaults_of_settings_and_engine_agree() -> None:
    assert run_options(Settings()) == RunOptions()
    assert frozen_options(Settings()) == FrozenOptions()


def test_a_run_without_flags_is_all_defaults() -> None:
    source, request = called("run", "users.csv")
    assert source == Path("users.csv")
    assert request == RunRequest(settings=Settings(), given=frozenset())
    assert request.given_base_url is None


def test_every_flag_of_run_arrives(home: Path) -> None:
    (home / "config.toml").write_text("[profiles.p]\nsearch_wait = 3\n", encoding="utf-8")
    request = asked(
        "run", "users.csv", "--profile", "p", "--base-url", "http://127.0.0.1:4100/", "--job", "j",
        "--workers", "4", "--chunk-size", "50", "--share", "40", "--writes-per-10s", "100", "--dry-run",
        "--on-existing", "update", "--max-failed", "off", "--give-up-after", "0.5", "--limit", "7", "--yes",
        "--confirm-production", "j", "--json",
    )  # fmt: skip
    assert run_options(request.settings) == RunOptions(
        workers=4, share=40, writes_per_10s=100, max_failed=None, give_up_after=0.5, search_wait=3.0
    )
    frozen = frozen_options(request.settings, request.limit, request.reading)
    assert frozen == FrozenOptions("http://127.0.0.1:4100", "update", limit=7, chunk_size=50)
    assert request.given == {
        "base_url", "workers", "chunk_size", "share", "writes_per_10s", "on_existing", "max_failed", "give_up_after",
    }  # fmt: skip
    assert (request.job, request.profile, request.confirm_production) == ("j", "p", "j")
    assert request.dry_run
    assert request.yes
    assert request.json


def test_a_resume_keeps_what_is_not_given_again(home: Path) -> None:
    (home / "config.toml").write_text("share = 10\nworkers = 9\n", encoding="utf-8")
    job, request = called("resume", "users-2026", "--max-failed", "off", "--workers", "0")
    kept = RunOptions(workers=5, share=55, max_failed=3.0, search_wait=1.0)
    assert job == "users-2026"
    assert options_over(kept, request) == replace(kept, workers=None, max_failed=None)


def test_a_resume_without_a_name_leaves_the_choice() -> None:
    assert called("resume")[0] is None


def test_a_retry_names_its_job_and_may_name_a_kind() -> None:
    job, kind, request = called("retry", "j", "--kind", "invalid_role", "--share", "5", "--yes")
    assert (job, kind, request.given, request.settings.share, request.yes) == ("j", "invalid_role", {"share"}, 5, True)
    assert called("retry", "j")[:2] == ("j", None)


@pytest.mark.parametrize(
    "flag",
    [
        "--on-existing",
        "--limit",
        "--chunk-size",
        "--job",
        "--dry-run",
        "--map",
        "--delimiter",
        "--encoding",
        "--mapping",
    ],
)
def test_what_a_job_keeps_for_ever_cannot_be_given_on_resume(flag: str) -> None:
    with pytest.raises(click.NoSuchOption):
        asked("resume", flag, "1")


def test_a_base_url_counts_as_given_by_flag_variable_or_named_profile(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text(
        "default_profile = 'p'\nbase_url = 'https://file.example'\n[profiles.p]\nbase_url = 'https://p.example'\n",
        encoding="utf-8",
    )
    assert asked("resume").given_base_url is None
    assert asked("run", "x.csv").settings.base_url == "https://p.example"
    assert asked("run", "x.csv", "--profile", "p").given_base_url == "https://p.example"
    monkeypatch.setenv("WORKOS_BASE_URL", "http://localhost:1")
    assert asked("resume").given_base_url == "http://localhost:1"
    assert asked("resume", "--base-url", "http://localhost:2").given_base_url == "http://localhost:2"


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--workers", "x"], "from 0 to 128"),
        (["--workers", "1.5"], "a whole number"),
        (["--share", "0"], "from 1 to 100"),
        (["--max-failed", "no"], '"off"'),
        (["--give-up-after", "inf"], "a number"),
        (["--on-existing", "replace"], '"keep" or "update"'),
        (["--base-url", "http://api.workos.com"], "https://"),
        (["--limit", "0"], "x>=1"),
    ],
)
def test_a_wrong_flag_says_what_is_allowed(arguments: list[str], allowed: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        asked("run", "users.csv", *arguments)
    assert allowed in caught.value.format_message()


@pytest.mark.parametrize("name", ["run", "scan"])
def test_how_a_source_is_read_arrives(name: str, home: Path) -> None:
    (home / "config.toml").write_text(
        "[mappings.crm]\nmail = 'email'\nGiven.Name = 'First Name'\nold = '-'\nplan = 'name'\n", encoding="utf-8"
    )
    arguments = (
        "x.csv", "--delimiter", "TAB", "--encoding", "Windows_1252", "--mapping", "crm",
        "--map", "Plan=metadata", "--map", "Work mail=Email", "--map", "a=b=org-name", "--profile-from", "last",
        "--save-mapping", "crm-2",
    )  # fmt: skip
    assert reading_of(name, *arguments) == Reading(
        delimiter="\t",
        encoding="cp1252",
        mapping={
            "Given.Name": "first_name", "old": "", "Plan": "metadata", "Work mail": "email", "a=b": "org_name",
        },
        wins="last",
    )  # fmt: skip
    last = called(name, *arguments)[-1]
    assert (last.save_mapping if isinstance(last, RunRequest) else last["save_as"]) == "crm-2"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        (",", ","),
        ("comma", ","),
        (";", ";"),
        ("Semicolon", ";"),
        ("\t", "\t"),
        ("\\t", "\t"),
        ("|", "|"),
        ("pipe", "|"),
    ],
)
def test_a_separator_is_a_character_or_its_name(text: str, delimiter: str) -> None:
    assert reading_of("scan", "x.csv", "--delimiter", text).delimiter == delimiter


def test_every_encoding_has_its_usual_names() -> None:
    names = {
        "utf-8": ["UTF8", "utf-8-sig"], "utf-16-le": ["utf-16", "UTF-16LE"], "utf-16-be": ["utf_16_be"],
        "cp1252": ["windows-1252", "CP1252"], "latin-1": ["latin1", "iso-8859-1"],
    }  # fmt: skip
    assert names.keys() == ENCODINGS.keys()
    for encoding, others in names.items():
        for name in (encoding, *others):
            assert reading_of("scan", "x.csv", "--encoding", name).encoding == encoding


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--delimiter", "colon"], "allowed is ',', ';', tab or '|'"),
        (["--encoding", "window-1252"], "Did you mean `windows-1252`?"),
        (["--encoding", "ebcdic"], "allowed is utf-8, utf-16"),
        (["--map", "mail"], "is not SOURCE=FIELD"),
        (["--map", "=email"], "is not SOURCE=FIELD"),
        (["--map", "mail=emial"], "Did you mean `email`?"),
        (["--map", "mail=shoe size"], "Allowed: email, first_name"),
        (["--map", "a=email", "--map", "b=email"], "two columns are mapped to email"),
        (["--map", "a=email", "--map", "a=name"], "'a' is mapped twice"),
        (["--save-mapping", "a b"], "is no name"),
        (["--profile-from", "middle"], "'first', 'last'"),
    ],
)
def test_a_wrong_choice_for_a_source_says_what_is_allowed(arguments: list[str], words: str) -> None:
    for name in ("run", "scan"):
        with pytest.raises(click.BadParameter) as caught:
            called(name, "users.csv", *arguments)
        assert words in caught.value.format_message()


def test_a_saved_mapping_must_be_there_and_name_fields(home: Path) -> None:
    with pytest.raises(ConfigError, match="no mapping `crm`"):
        called("scan", "x.csv", "--mapping", "crm")
    (home / "config.toml").write_text("[mappings.crm]\nmail = 'emial'\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        asked("run", "x.csv", "--mapping", "crm")
    assert "`emial` in the mapping `crm` is no field" in caught.value.message
    assert caught.value.next == "Did you mean `email`?"
    with pytest.raises(ConfigError) as caught:
        called("scan", "x.csv", "--mapping", "crn")
    assert caught.value.next == "Did you mean `crm`?"


def test_a_wrong_flag_repeats_no_secret() -> None:
    with pytest.raises(click.BadParameter) as caught:
        asked("run", "users.csv", "--base-url", "https://sk_live_a1B2c3D4@x")
    assert "a1B2c3D4" not in caught.value.format_message()


def test_a_broken_config_file_is_an_error_of_every_run(home: Path) -> None:
    (home / "config.toml").write_text("shares = 10\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        asked("run", "users.csv")


def test_a_scan_has_the_form_of_its_report() -> None:
    assert called("scan", "x.csv", "--json")[-1] == {"as_json": True, "save_as": ""}
    assert called("scan", "x.csv")[-1] == {"as_json": False, "save_as": ""}


def test_every_command_of_the_table_is_a_module_of_that_name() -> None:
    folder = Path(commands.__path__[0])
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(COMMANDS)
    assert [command(name).name for name in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize(("name", "arguments"), [("open", ["x.csv"]), ("demo", [])])
def test_the_console_is_refused_without_a_terminal(name: str, arguments: list[str]) -> None:
    with pytest.raises(NoTerminal):
        command(name).main(arguments, standalone_mode=False)


def test_with_a_terminal_open_starts_the_console_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[StartAt] = []

    def start(place: StartAt) -> int:
        seen.append(place)
        return 17

    monkeypatch.setattr("tui_importer.cli.commands.open.require_terminal", lambda: None)
    monkeypatch.setattr("tui_importer.cli.console.start", start)
    assert command("open").main(["x.csv"], standalone_mode=False) == 17
    assert seen == [StartAt.new_job(tmp_path / "x.csv")]


@pytest.mark.parametrize("arguments", [[], ["--keep"]])
def test_the_demo_has_a_folder_of_its_own_which_stays_on_request(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def show(_backend: object, _preferences: object, place: StartAt, **_named: object) -> int:
        assert place.source is not None
        assert place.source.read_bytes().startswith(b"email,")
        seen.append(place.source.parent)
        return 17

    monkeypatch.setattr("tui_importer.cli.commands.demo.require_terminal", lambda: None)
    monkeypatch.setattr("tui_importer.cli.console.show", show)
    assert command("demo").main(arguments, standalone_mode=False) == 17
    (folder,) = seen
    assert folder.exists() == bool(arguments)
    shutil.rmtree(folder, ignore_errors=True)
