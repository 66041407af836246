"""What is handed out: versions, links, files and Pythons agree wherever they are written down."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tui_importer import __version__

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def words(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def versions_tested() -> list[str]:
    """The Pythons of GitHub's matrix."""
    ((line,),) = [re.findall(r"^ +python: \[(.+)\]$", words(ROOT / ".github/workflows/ci.yml"), re.MULTILINE)]
    return re.findall(r'"([\d.]+)"', line)


def test_the_changelogs_newest_version_is_the_packages_and_each_has_its_link(project: dict[str, Any]) -> None:
    changelog = words(ROOT / "CHANGELOG.md")
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", changelog, re.MULTILINE)
    assert len(headings) == len(re.findall(r"^## ", changelog, re.MULTILINE)), "a heading without version or day"
    assert headings[0] == ("Unreleased", "")
    assert headings[1][0] == __version__
    assert all(day for _, day in headings[1:])
    links = dict(re.findall(r"^\[(.+?)\]: (\S+)$", changelog, re.MULTILINE))
    repository = project["urls"]["Homepage"]
    assert links.pop("Unreleased") == f"{repository}/compare/v{__version__}...HEAD"
    assert {name: f"{repository}/releases/tag/v{name}" for name, _ in headings[1:]} == links


def test_links_of_the_readme_work_where_it_is_shown_without_the_repository(project: dict[str, Any]) -> None:
    """PyPI shows the README: a link to a file leads nowhere there, and a picture is not shown."""
    links = LINK.findall(words(ROOT / "README.md"))
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    repository = project["urls"]["Homepage"]
    raw = repository.replace("github.com", "raw.githubusercontent.com") + "/main/"
    own = {link: link.removeprefix(raw).removeprefix(f"{repository}/blob/main/") for link in links}
    named = {link: file for link, file in own.items() if link != file}
    assert sum(link.startswith(raw) for link in named) >= 4, "the pictures"
    assert [link for link, file in named.items() if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_links_to_is_there(page: Path) -> None:
    headings = re.findall(r"^#+ (.+)$", words(page), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for link in LINK.findall(words(page)):
        file, _, anchor = link.partition("#")
        if not file:
            assert anchor in anchors, link
        elif "://" not in file and not file.startswith("mailto:"):
            assert (page.parent / file).exists(), link


def test_it_says_which_pythons_are_tested(project: dict[str, Any]) -> None:
    tested = versions_tested()
    classifier = "Programming Language :: Python :: 3."
    named = [name.rpartition(" ")[2] for name in project["classifiers"] if name.startswith(classifier)]
    assert named
    assert project["requires-python"] == f">={named[0]}" == f">={tested[0]}"
    assert tested[: len(named)] == named
    known = re.search(r"^known=\((.*)\)$", words(ROOT / ".ci" / "run"), re.MULTILINE)
    assert known is not None
    assert known[1].split() == tested


def test_the_part_for_other_pythons_leaves_out_only_what_exists() -> None:
    for line in words(ROOT / ".ci" / "other-pythons.txt").splitlines():
        assert list(ROOT.glob(line.rpartition("=")[2])), line


def make_python(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def test_pythons_are_found_on_path_and_in_pyenv_if_they_run(tmp_path: Path) -> None:
    pyenv = tmp_path / "pyenv"
    real = Path(sys.executable).resolve()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    make_python(tmp_path / "shims" / "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    make_python(pyenv / "versions/3.98.0/bin/python3.98", "exit 1")
    make_python(pyenv / "versions/3.97.0/bin/python3.97", "echo 3 97 /opt/python3.97")
    make_python(pyenv / "versions/3.9.1/bin/python3.9", "echo 3 9 /opt/python3.9")
    make_python(pyenv / "versions/ours/bin/python3", f'exec {real} "$@"')
    make_python(pyenv / "versions/tools/bin/python3-config", "touch ran")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "pythons.py"],
        env={"PATH": f"{tmp_path / 'missing'}:{tmp_path / 'shims'}", "PYENV_ROOT": str(pyenv), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{version} {real}", "3.97 /opt/python3.97"]
    assert done.stderr == ""
