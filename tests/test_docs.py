"""README, SECURITY, CONTRIBUTING and docs/: made parts are fresh, and what the pages name is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from tui_importer.cli.command_table import COMMANDS
from tui_importer.sandbox.settings import FAULT_KINDS, WRONG_ANSWERS

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "tui_importer"
PAGES: Final = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
}
ARCHITECTURE: Final = PAGES["docs/architecture.md"]


def section(page: str, heading: str) -> str:
    """What is below a heading, to the next one of its level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGES[page], re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def rows_of(text: str) -> list[list[str]]:
    """The cells of all tables, without heads."""
    lines = re.findall(r"^\|(?! ---)(.*)\|$(?!\n\| ---)", text, re.MULTILINE)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]


# -- what is made from the program ------------------------------------------------------------------------------------


def make(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "docs" / "make.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120)


def test_what_is_made_from_the_program_is_fresh() -> None:
    done = make("--check")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_a_stale_part_is_named_and_written_again(tmp_path: Path) -> None:
    for name in ("settings.md", "json-and-exit-codes.md"):
        shutil.copy(ROOT / "docs" / name, tmp_path)
    stale = tmp_path / "settings.md"
    right = stale.read_text(encoding="utf-8")
    stale.write_text(right.replace("| `80` |", "| `81` |"), encoding="utf-8")
    assert "| `81` |" in stale.read_text(encoding="utf-8")
    done = make("--check", tmp_path)
    assert done.returncode == 1
    assert done.stdout == "settings.md is stale: run python docs/make.py\n"
    assert make(tmp_path).returncode == 0
    assert stale.read_text(encoding="utf-8") == right
    assert make("--check", tmp_path).returncode == 0


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_shows_its_help(command: str) -> None:
    assert f"<!-- made: {f'help {command}'.strip()} -->\n\n```text\nUsage: tui-importer" in PAGES["docs/commands.md"]


# -- what pages name --------------------------------------------------------------------------------------------------

TEST: Final = re.compile(r"`([\w/]+\.py)::(?:\w+::)?(\w+)`")


def is_there(file: str, name: str) -> bool:
    path = ROOT / "tests" / file
    return path.is_file() and re.search(
        rf"^ *(async )?def {name}\(", path.read_text(encoding="utf-8"), re.MULTILINE
    ) is not None  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    assert [f"{file}::{name}" for file, name in TEST.findall(PAGES[page]) if not is_there(file, name)] == []


def test_every_protection_and_every_rule_has_a_test() -> None:
    protections = rows_of(section("SECURITY.md", "What protects, and which test shows it"))
    rules = rows_of(section("docs/architecture.md", "The rules"))
    assert len(protections) > 25
    assert len(rules) > 20
    assert [row[0] for row in protections + rules if not TEST.search(row[1])] == []


FILE: Final = re.compile(r"`((?:[\w.-]+/)+[\w.-]+|\w[\w.-]*\.(?:toml|md|txt))`")


def named_files(page: str) -> list[str]:
    """Paths in the words of a page; examples of other programs and systems, and patterns, are none."""
    return [
        path
        for path in FILE.findall(PAGES[page])
        if path.endswith((".py", ".toml", ".md", ".txt")) and not re.search(r"[*~]", path)
    ]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_files_that_a_page_names_exist(page: str) -> None:
    named = named_files(page)
    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).is_file() and not (PACKAGE / path).is_file()] == []


def test_twenty_changes_have_their_place() -> None:
    examples = rows_of(section("docs/architecture.md", "Where does my change go?"))
    assert len(examples) >= 20
    assert [row[0] for row in examples if not re.search(r"`[\w/]+\.(py|toml)`", row[1])] == []


def test_every_folder_of_the_program_is_in_the_picture() -> None:
    picture = re.search(r"```text\n(.*?)```", section("docs/architecture.md", "The picture"), re.DOTALL)
    assert picture is not None
    words = set(re.findall(r"[\w/]+", picture[1]))
    folders = {path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")} - {Path()}
    stages = {folder.as_posix() for folder in folders if len(folder.parts) > 1 and f"{folder.name}/" not in words}
    packages = {folder.name for folder in folders if len(folder.parts) == 1}
    assert stages == set()
    assert packages <= {word.removeprefix("tui_importer/") for word in words}


def anchors(page: str) -> set[str]:
    text = re.sub(r"^```.*?^```", "", PAGES[page], flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_headings_that_exist(page: str) -> None:
    for link in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", PAGES[page]):
        file, _, anchor = link.partition("#")
        if "://" not in file:
            target = (ROOT / page).parent / file if file else ROOT / page
            assert anchor in anchors(target.resolve().relative_to(ROOT).as_posix()), link


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_commands_and_flags_in_sentences_exist(page: str) -> None:
    helps = PAGES["docs/commands.md"]
    known = set(re.findall(r"(--[a-z][\w-]+)", helps)) | OF_OTHER_PROGRAMS
    text = re.sub(r"^ *```.*?^ *```", "", PAGES[page], flags=re.MULTILINE | re.DOTALL)
    for words in re.findall(r"`([^`\n]+)`", text):
        assert [flag for flag in re.findall(r"(?<![\w-])--[a-z][\w-]*", words) if flag not in known] == [], words
        if named := re.match(r"tui-importer ([a-z]+)", words):
            assert named[1] in COMMANDS, words


OF_OTHER_PROGRAMS: Final = {
    "--long", "--python", "--platform", "--python-version", "--update-pictures", "--plain", "--jobs-only", "--rows",
    "--times", "--engine", "--check", "--strict", "--upgrade",
}  # fmt: skip
"""Flags of pip, mypy, pytest, `.ci/run`, the benchmarks and docs/make.py."""


def test_the_reasons_of_a_stop_are_in_the_programs_words() -> None:
    source = " ".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    reasons = [
        words.strip(" …")
        for row in rows_of(section("docs/guide.md", "It stopped"))
        for reason in re.findall(r"`([^`]+)`", row[0])
        for words in reason.split(" … ")
    ]
    assert len(reasons) >= 10
    assert [words for words in reasons if words not in source] == []


def test_every_fault_of_the_sandbox_is_explained() -> None:
    table = {kind for row in rows_of(PAGES["docs/sandbox.md"]) for kind in re.findall(r"`(\w+)`", row[0])}
    assert table == {*FAULT_KINDS, *WRONG_ANSWERS}


# -- what is promised -------------------------------------------------------------------------------------------------

HOLDS: Final[dict[str, tuple[str, ...]]] = {
    "Every row ends as exactly one of": (
        "journal/test_journal.py::test_totals_are_the_rows_outcomes_whatever_happens_to_them",
        "engine/test_import.py::test_rows_of_a_failed_organization_are_held_and_all_others_go_on",
    ),
    "The job runs on its own frozen rows": (
        "engine/test_source_changes.py::test_the_job_goes_on_with_its_own_rows_and_says_once_that_the_source_changed",
        "source/test_frozen.py::test_nothing_is_readable_by_others",
        "cli/test_journeys_secrets.py::test_secrets_of_failed_rows_alone_are_kept_and_masked_in_every_report",
        "cli/test_journeys_secrets.py::test_secrets_are_nowhere_and_gone_when_all_is_done",
    ),
    "Before every write the intent is durable, after the answer the outcome.": (
        "journal/test_journal_writing.py::test_a_writer_syncs_every_commit",
        "engine/test_recovery_model.py::test_whatever_happens_a_resume_ends_as_if_nothing_had",
        "engine/test_blame.py::test_an_organization_that_is_set_aside_after_a_lost_answer_is_not_made_twice",
    ),
    "The limit is shared with your production traffic": (
        "workos/test_workos_limiter_rates.py::test_writes_use_97_percent_of_what_is_permitted_and_never_more",
        "workos/test_workos_limiter_rates.py::test_writes_are_even_and_nothing_is_saved_up_while_nobody_calls",
        "workos/test_workos_limiter_rates.py::test_the_default_permits_four_fifths",
        "engine/test_limits.py::test_a_429_is_obeyed_in_every_form_and_fails_no_row",
    ),
    "It stops itself": (
        (
            "engine/test_import.py::"
            "test_too_many_failed_organizations_pause_the_job_while_it_runs_and_resume_tries_them_first"
        ),
        "engine/test_import.py::test_the_breaker_pauses_a_job_in_which_most_rows_fail_and_shows_why",
        "engine/test_trouble.py::test_a_revoked_key_stops_the_job_at_once_and_only_another_that_is_valid_goes_on",
        "engine/test_rules.py::test_after_the_patience_the_job_pauses_for_the_service",
    ),
    "A deactivated membership is never re-activated": (
        "engine/test_deactivated.py::test_deactivated_people_stay_so_whatever_answer_is_lost",
        "engine/test_import.py::test_on_existing_update_writes_the_fields_and_counts_the_users",
    ),
}
"""What it holds to, by the words in bold, and the tests that would fail if it did not."""


def test_what_it_holds_to_is_the_same_in_readme_and_docs_and_each_has_tests() -> None:
    for page in ("README.md", "docs/what-happens-if.md"):
        bold = re.findall(r"^- \*\*(.+?)\*\*", section(page, "What it holds to"), re.MULTILINE)
        assert [words.removesuffix(".") for words in bold] == [words.removesuffix(".") for words in HOLDS], page


@pytest.mark.parametrize("promise", HOLDS)
def test_the_tests_of_what_it_holds_to_exist(promise: str) -> None:
    assert [test for test in HOLDS[promise] if not is_there(*test.split("::"))] == []


# -- tools ------------------------------------------------------------------------------------------------------------


def test_the_lock_has_every_dependency_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines()
    locked = {pinned.name: pinned for pinned in map(Requirement, lines)}
    assert len(locked) == len(lines), "one version of each package, whatever the Python and the system"
    for needed in map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["dev"]]):
        assert needed.name in locked, "run just lock"
        (pin,) = locked[needed.name].specifier
        assert (pin.operator, locked[needed.name].marker) == ("==", None)
        assert needed.specifier.contains(pin.version), f"{needed.name}: run just lock"


def test_the_verbs_that_pages_name_exist() -> None:
    recipes = re.findall(r"^([a-z]+)[^:\n]*:\s*$", (ROOT / "justfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"test", "check", "demo", "pictures", "bench"} <= set(recipes)
    named = {verb for text in PAGES.values() for verb in re.findall(r"`just ([a-z]+)", text)}
    assert named
    assert named <= set(recipes)


def test_hooks_and_workflows_run_what_ci_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^ +entry: \.venv/bin/(.+)$", hooks, re.MULTILINE)
    assert [entry.split()[0] for entry in entries] == ["ruff", "ruff", "mypy", "lint-imports"]
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    jobs = re.split(r"^  \w+:\n    name: ", workflow, flags=re.MULTILINE)[1:]
    assert len(jobs) == 2
    for job in jobs:
        assert re.search(r"^ +- run: \.ci/run\b", job, re.MULTILINE)
        assert "format('{0}/requirements/dev.txt', github.workspace)" in job
