"""Write the parts of the pages in this folder that are made from the program: `python docs/make.py`.

A part stands between `<!-- made: NAME -->` and `<!-- end -->`. With `--check` nothing is written: pages that are
stale are named, and the exit code is 1. `tests/test_docs.py` does that.
"""  # noqa: INP001 - a command, not a package

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

import tui_importer  # noqa: E402 - after the path
from tui_importer.config.settings import GENERAL_RULES, RUN_RULES  # noqa: E402
from tui_importer.engine.job.explanations import OWN  # noqa: E402
from tui_importer.errors import ExitCode, ImporterError  # noqa: E402
from tui_importer.source.columns.aliases import FIELD_OF  # noqa: E402
from tui_importer.source.columns.presets import PRESETS  # noqa: E402
from tui_importer.source.models import FIELDS  # noqa: E402
from tui_importer.source.options import REPAIRS  # noqa: E402
from tui_importer.source.problems import BY_NAME, KINDS  # noqa: E402
from tui_importer.tui.actions.registry import ACTIONS, Place  # noqa: E402
from tui_importer.workos import explanations  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

PART = re.compile(r"(<!-- made: ([^>]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
DISPLAY = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PAGER")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown; what would end a cell is written so that it does not."""
    lines = [list(heads)]
    lines.append(["---"] * len(lines[0]))
    lines += [[" ".join(cell.split()).replace("|", r"\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def code(text: str) -> str:
    """The text as code, "" for nothing."""
    return f"`{text}`" if text else ""


# -- the command line -------------------------------------------------------------------------------------------------


def help_of(command: str) -> str:
    """What `--help` of a command prints, or of the program."""
    environment = {name: value for name, value in os.environ.items() if name not in DISPLAY}
    arguments = [*command.split(), "--help"]
    done = subprocess.run(  # noqa: S603 - this program
        [sys.executable, "-m", "tui_importer", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return f"```text\n{done.stdout.rstrip()}\n```\n"


def exit_codes(_: str) -> str:
    """What a command ends with."""
    return table(["exit code", "meaning"], ([str(int(exit_code)), exit_code.meaning] for exit_code in ExitCode))


def refusals(_: str) -> str:
    """The kinds of `error.kind`, from the exceptions that there are."""
    for module in pkgutil.walk_packages(tui_importer.__path__, "tui_importer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    rows: dict[str, str] = {}
    for error in below(ImporterError):
        if not error.__module__.startswith("tui_importer.tui."):  # the console shows its own on its screens
            first = " ".join((error.__doc__ or "").split("\n\n")[0].split())
            rows.setdefault(error.kind, re.split(r"(?<=\.) ", first)[0])
    return table(["`error.kind`", "what it says"], ([code(kind), words] for kind, words in sorted(rows.items())))


def below(kind: type[ImporterError]) -> Iterator[type[ImporterError]]:
    """The exceptions derived from `kind`, in the order of the code."""
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


# -- settings and keys ------------------------------------------------------------------------------------------------


def settings(_: str) -> str:
    """Every setting: the words are those of `config.example.toml`, what is allowed is the rule's."""
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    defaults = tomllib.loads(example)
    words = {
        name: " ".join(line.removeprefix("#").strip() for line in comment.splitlines())
        for comment, name in re.findall(r"((?:^#.*\n)+)^(\w+) = ", example, re.MULTILINE)
    }
    flags = set(re.findall(r"--([a-z0-9-]+)", help_of("run")))
    rows = []
    for name, rule in (RUN_RULES | GENERAL_RULES).items():
        shown = json.dumps(defaults[name])  # texts, numbers, true and false look as in TOML
        flag = name.replace("_", "-")
        allowed = rule.allowed if len(rule.allowed) < 200 else "the console's settings list them"
        rows.append([code(name), code(shown), allowed, code(f"--{flag}" if flag in flags else ""), words[name]])
    return table(["setting", "default", "allowed", "flag of `run`", "what it does"], rows)


def keys(_: str) -> str:
    """Every action of the console with its id, by place."""
    parts = []
    for place in Place:
        rows = (
            [code(action.id), code(action.keys), action.label, action.tooltip, action.when]
            for action in ACTIONS
            if action.place is place
        )
        parts.append(f"### {place}\n\n" + table(["id", "keys", "action", "what it does", "applies"], rows))
    return "\n".join(parts)


# -- files ------------------------------------------------------------------------------------------------------------


def fields(_: str) -> str:
    """The fields and the names under which their columns are recognised, in the compared form."""
    rows = [
        [code(field), ", ".join(code(name) for name, known in FIELD_OF.items() if known == field and name != field)]
        for field in FIELDS
    ]
    return table(["field", "also recognised"], rows)


def presets(_: str) -> str:
    """The exports that are recognised by their headers."""
    rows = []
    for preset in PRESETS:
        meanings = [f"{code(header)} → {code(field) or 'left out'}" for header, field in preset.fields.items()]
        meanings += [f"{code(rule.field)}: {rule.how}" for rule in preset.rules]
        if preset.active:
            meanings.append(f"only rows whose {code(preset.active)} is “active”")
        rows.append([preset.name, ", ".join(code(name) for name in sorted(preset.needs)), "; ".join(meanings)])
    return table(["export", "recognised by these headers", "beyond the usual names"], rows)


def repairs(_: str) -> str:
    """What is repaired in values, and what is not unless asked for."""
    rows = ([code(it.name), it.words, "yes" if it.usual else f"with `--repair {it.name}`"] for it in REPAIRS)
    return table(["repair", "what it does", "applied"], rows)


def problems(severity: str) -> str:
    """The kinds of findings of one severity."""
    rows = (
        [code(kind.name), kind.sentence.replace("{detail}", "…"), kind.suggestion]
        for kind in KINDS
        if kind.severity == severity
    )
    return table(["kind", "what the scan says", "what to do"], rows)


# -- failures ---------------------------------------------------------------------------------------------------------


def failures(which: str) -> str:
    """What failures mean: those of ours, those of a request, the API's codes, the bare statuses."""
    own = {kind: words for kind, words in OWN.items() if kind not in BY_NAME or kind in BOTH}
    found: Mapping[str, tuple[str, Mapping[Any, explanations.Explanation]]] = {
        "own": ("kind", own),
        "request": ("kind", explanations.KINDS),
        "codes": ("code", explanations.CODES),
        "statuses": ("status", explanations.STATUSES),
    }
    head, words_by_name = found[which]
    rows = ([code(str(name)), words.meaning, words.advice] for name, words in words_by_name.items())
    return table([head, "what it means", "what to do"], rows)


BOTH: Final = {"organization_ambiguous", "external_id_conflict"}
"""Kinds of the scan that the engine gives, too."""

MAKERS: Final[Mapping[str, Callable[[str], str]]] = {
    "help": help_of,
    "exit-codes": exit_codes,
    "refusals": refusals,
    "settings": settings,
    "keys": keys,
    "fields": fields,
    "presets": presets,
    "repairs": repairs,
    "problems": problems,
    "failures": failures,
}
"""What makes a part, by the first word of its name; the rest of the name is its argument."""


def made(page: str) -> str:
    """The page with every part made again. Raises KeyError for a part that nothing makes."""

    def part(found: re.Match[str]) -> str:
        name, _, argument = found[2].strip().partition(" ")
        return f"{found[1]}\n{MAKERS[name](argument)}\n{found[4]}"

    return PART.sub(part, page)


def main() -> int:
    """Write or check all pages of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; name the stale pages and end with 1")
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    given = parser.parse_args()
    stale = 0
    for path in sorted(given.folder.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        fresh = made(page)
        if fresh == page:
            continue
        stale += 1
        print(f"{path.name} {'is stale: run python docs/make.py' if given.check else 'was written'}")  # noqa: T201
        if not given.check:
            path.write_text(fresh, encoding="utf-8")
    return int(given.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
