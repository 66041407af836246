"""What the console's source must not contain: markup from data, bare toasts, heavy imports before the first paint."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tui_importer.tui

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(tui_importer.tui.__path__[0])
MODULES = sorted(FOLDER.rglob("*.py"))

MARKUP_READERS = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Option", "OptionList", "SelectionList", "Select", "Tree",
    "Collapsible", "TabPane", "Placeholder", "notify", "update", "add_row", "add_column", "add_option",
}  # fmt: skip
"""Calls that would read a plain string as markup (measured with this version of Textual)."""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield name, node


def violations(source: str, *, is_door: bool = False) -> list[str]:
    """What a module does that lets text from outside be read as markup."""
    found = []
    for name, node in calls(ast.parse(source)):
        where = f"{name} in line {node.lineno}"
        if name == "notify" and not is_door:
            found.append(f"{where}: use notify_safe")
        if name == "from_markup":
            found.append(f"{where}: build content from parts")
        if name in MARKUP_READERS and any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in node.args):
            found.append(f"{where}: an f-string would be read as markup")
        if name in MARKUP_READERS and node.args and isinstance(node.args[0], ast.Constant | ast.Name | ast.Attribute):
            value = node.args[0]
            if name != "update" and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.append(f"{where}: a plain string would be read as markup")
        found += [f"{where}: markup=True" for word in node.keywords if word.arg == "markup" and _is_true(word.value)]
    return found


def _is_true(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and node.value is False)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_text_from_outside_is_read_as_markup(module: Path) -> None:
    assert violations(module.read_text(), is_door=module == FOLDER / "style" / "text.py") == []


@pytest.mark.parametrize(
    "source",
    [
        "self.notify(str(error))",
        "app.notify('fixed')",
        "Static(f'{name}')",
        "label.update(f'[b]{name}[/b]')",
        "Button('a' + name)",
        "Content.from_markup(name)",
        "self.app.notify(text, markup=True)",
        "Label('[red]x')",
    ],
)
def test_the_rule_sees_what_it_forbids(source: str) -> None:
    assert violations(source)


WITH_FRAMES = ("errors_tab.py", "feeds.py", "polars_rows.py", "frames.py", "failure_groups.py", "retry_and_skip.py")
"""Modules that come with the first job, never with the first paint."""


def test_heavy_libraries_are_imported_only_where_frames_are_made() -> None:
    heavy: dict[str, set[str]] = {}
    for module in MODULES:
        tree = ast.parse(module.read_text())
        guarded = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if node in guarded:
                continue
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.split(".")[0] in {"polars", "httpx"}:
                    heavy.setdefault(module.name, set()).add(name)
    assert heavy == {name: {"polars"} for name in WITH_FRAMES}


def test_the_first_paint_needs_neither_polars_nor_httpx() -> None:
    code = """
import asyncio, sys
from tests.console.driving import console
from tests.console.fakes import FakeBackend
from tests.console.snapshots import summary

async def main():
    app = console(FakeBackend([summary()]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "acme" in "".join(strip.text for strip in app.screen._compositor.render_strips())
        await pilot.press("n")
        await pilot.pause()
        assert type(app.screen).__name__ == "NewJobScreen"
    print(sorted(name for name in ("polars", "httpx", "tui_importer.engine.job.job") if name in sys.modules))

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=FOLDER.parent.parent, timeout=120
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_styles_name_roles_and_never_colours() -> None:
    """A hex colour or a colour's name belongs into the theme only."""
    import re

    for sheet in FOLDER.rglob("*.tcss"):
        text = sheet.read_text()
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\s*\{)(?=[^{}]*;)", text), sheet.name
        assert not re.search(r"(color|background|border[-\w]*):[^;]*\b(red|green|blue|white|black|yellow)\b", text), (
            sheet.name
        )
