"""Flags become requests: what was given, what was resolved, what a resume keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from tui_importer.cli import declarations
from tui_importer.cli.prompts import NoTerminal
from tui_importer.cli.requests import (
    DemoRequest,
    ErrorsRequest,
    JobsRequest,
    OpenRequest,
    PurgeRequest,
    RunRequest,
    ScanRequest,
)
from tui_importer.config import ConfigError, Settings
from tui_importer.engine.options import FrozenOptions, RunOptions, frozen_options, run_options
from tui_importer.source.options import ENCODINGS, Reading

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that are named: a missing one is refused before anything else."""
    for name in ("users.csv", "x.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)


def asked(factory: Callable[..., click.Command], *arguments: str) -> Any:  # noqa: ANN401 - each command has its own
    """The request that `arguments` make; the command must return its body's exit code."""
    seen: list[Any] = []

    def body(request: object) -> int:
        seen.append(request)
        return 17

    assert factory(body).main(list(arguments), standalone_mode=False) == 17
    return seen[0]


def test_the_defaults_of_settings_and_engine_agree() -> None:
    assert run_options(Settings()) == RunOptions()
    assert frozen_options(Settings()) == FrozenOptions()


def test_a_run_without_flags_is_all_defaults() -> None:
    request: RunRequest = asked(declarations.run, "users.csv")
    assert request == RunRequest(source=Path("users.csv"), job=None, settings=Settings(), given=frozenset())
    assert request.run_options == RunOptions()
    assert request.frozen_options == FrozenOptions()
    assert request.given_base_url is None


def test_every_flag_of_run_arrives(home: Path) -> None:
    (home / "config.toml").write_text("[profiles.p]\nsearch_wait = 3\n", encoding="utf-8")
    request: RunRequest = asked(
        declarations.run, "users.csv", "--profile", "p", "--base-url", "http://127.0.0.1:4100/", "--job", "j",
        "--workers", "4", "--chunk-size", "50", "--share", "40", "--writes-per-10s", "100", "--dry-run",
        "--on-existing", "update", "--max-failed", "off", "--give-up-after", "0.5", "--limit", "7", "--yes",
        "--confirm-production", "j", "--json",
    )  # fmt: skip
    assert request.run_options == RunOptions(
        workers=4, share=40, writes_per_10s=100, max_failed=None, give_up_after=0.5, search_wait=3.0
    )
    assert request.frozen_options == FrozenOptions("http://127.0.0.1:4100", "update", limit=7, chunk_size=50)
    assert request.given == {
        "base_url", "workers", "chunk_size", "share", "writes_per_10s", "on_existing", "max_failed", "give_up_after",
    }  # fmt: skip
    assert (request.job, request.profile, request.confirm_production) == ("j", "p", "j")
    assert request.dry_run
    assert request.yes
    assert request.json


def test_a_resume_keeps_what_is_not_given_again(home: Path) -> None:
    (home / "config.toml").write_text("share = 10\nworkers = 9\n", encoding="utf-8")
    request: RunRequest = asked(declarations.resume, "users-2026", "--max-failed", "off", "--workers", "0")
    kept = RunOptions(workers=5, share=55, max_failed=3.0, search_wait=1.0)
    assert request.job == "users-2026"
    assert request.source is None
    assert request.run_options_over(kept) == replace(kept, workers=None, max_failed=None)


def test_a_resume_without_a_name_leaves_the_choice() -> None:
    assert asked(declarations.resume).job is None


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
        asked(declarations.resume, flag, "1")


def test_a_base_url_counts_as_given_by_flag_variable_or_named_profile(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text(
        "default_profile = 'p'\nbase_url = 'https://file.example'\n[profiles.p]\nbase_url = 'https://p.example'\n",
        encoding="utf-8",
    )
    assert asked(declarations.resume).given_base_url is None
    assert asked(declarations.run, "x.csv").settings.base_url == "https://p.example"
    assert asked(declarations.run, "x.csv", "--profile", "p").given_base_url == "https://p.example"
    monkeypatch.setenv("WORKOS_BASE_URL", "http://localhost:1")
    assert asked(declarations.resume).given_base_url == "http://localhost:1"
    assert asked(declarations.resume, "--base-url", "http://localhost:2").given_base_url == "http://localhost:2"


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
        asked(declarations.run, "users.csv", *arguments)
    assert allowed in caught.value.format_message()


@pytest.mark.parametrize("factory", [declarations.run, declarations.scan])
def test_how_a_source_is_read_arrives(factory: Callable[..., click.Command], home: Path) -> None:
    (home / "config.toml").write_text(
        "[mappings.crm]\nmail = 'email'\nGiven.Name = 'First Name'\nold = '-'\nplan = 'name'\n", encoding="utf-8"
    )
    request = asked(
        factory, "x.csv", "--delimiter", "TAB", "--encoding", "Windows_1252", "--mapping", "crm",
        "--map", "Plan=metadata", "--map", "Work mail=Email", "--map", "a=b=org-name", "--profile-from", "last",
        "--save-mapping", "crm-2",
    )  # fmt: skip
    assert request.reading == Reading(
        delimiter="\t",
        encoding="cp1252",
        mapping={
            "Given.Name": "first_name", "old": "", "Plan": "metadata", "Work mail": "email", "a=b": "org_name",
        },
        wins="last",
    )  # fmt: skip
    assert request.save_mapping == "crm-2"
    if isinstance(request, RunRequest):
        assert request.frozen_options.reading == request.reading


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
    assert asked(declarations.scan, "x.csv", "--delimiter", text).reading.delimiter == delimiter


def test_every_encoding_has_its_usual_names() -> None:
    names = {
        "utf-8": ["UTF8", "utf-8-sig"], "utf-16-le": ["utf-16", "UTF-16LE"], "utf-16-be": ["utf_16_be"],
        "cp1252": ["windows-1252", "CP1252"], "latin-1": ["latin1", "iso-8859-1"],
    }  # fmt: skip
    assert names.keys() == ENCODINGS.keys()
    for encoding, others in names.items():
        for name in (encoding, *others):
            assert asked(declarations.scan, "x.csv", "--encoding", name).reading.encoding == encoding


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
    for factory in (declarations.run, declarations.scan):
        with pytest.raises(click.BadParameter) as caught:
            asked(factory, "users.csv", *arguments)
        assert words in caught.value.format_message()


def test_a_saved_mapping_must_be_there_and_name_fields(home: Path) -> None:
    with pytest.raises(ConfigError, match="no mapping `crm`"):
        asked(declarations.scan, "x.csv", "--mapping", "crm")
    (home / "config.toml").write_text("[mappings.crm]\nmail = 'emial'\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        asked(declarations.run, "x.csv", "--mapping", "crm")
    assert "`emial` in the mapping `crm` is no field" in caught.value.message
    assert caught.value.next == "Did you mean `email`?"
    with pytest.raises(ConfigError) as caught:
        asked(declarations.scan, "x.csv", "--mapping", "crn")
    assert caught.value.next == "Did you mean `crm`?"


def test_a_wrong_flag_repeats_no_secret() -> None:
    with pytest.raises(click.BadParameter) as caught:
        asked(declarations.run, "users.csv", "--base-url", "https://sk_live_a1B2c3D4@x")
    assert "a1B2c3D4" not in caught.value.format_message()


def test_a_broken_config_file_is_an_error_of_every_run(home: Path) -> None:
    (home / "config.toml").write_text("shares = 10\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        asked(declarations.run, "users.csv")


def test_the_other_commands() -> None:
    assert asked(declarations.jobs) == JobsRequest(json=False)
    assert asked(declarations.jobs, "--json") == JobsRequest(json=True)
    assert asked(declarations.scan, "x.csv", "--json") == ScanRequest(Path("x.csv"), json=True)
    assert asked(declarations.errors, "j") == ErrorsRequest("j", None)
    assert asked(declarations.errors, "j", "--output", "f.csv") == ErrorsRequest("j", Path("f.csv"))
    assert asked(declarations.purge, "j", "--yes") == PurgeRequest("j", yes=True)


@pytest.mark.parametrize(("factory", "arguments"), [(declarations.open_, ["x.csv"]), (declarations.demo, [])])
def test_the_console_is_refused_without_a_terminal(factory: Callable[..., click.Command], arguments: list[str]) -> None:
    with pytest.raises(NoTerminal):
        asked(factory, *arguments)


def test_with_a_terminal_the_console_gets_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "require_terminal", lambda: None)
    assert asked(declarations.open_, "x.csv") == OpenRequest("x.csv")
    assert asked(declarations.demo) == DemoRequest(keep=False)
    assert asked(declarations.demo, "--keep") == DemoRequest(keep=True)


def test_a_lazy_body_is_imported_when_it_runs() -> None:
    body = declarations.lazy("builtins:len")
    assert body("four") == 4
    missing = declarations.lazy("tui_importer.cli.nowhere:nothing")
    with pytest.raises(ModuleNotFoundError):
        missing(None)
