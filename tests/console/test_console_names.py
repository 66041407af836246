"""No attribute of ours overwrites a private one of Textual: it would hang or break the console far from its cause."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

from textual.message_pump import MessagePump

import tui_importer.tui

if TYPE_CHECKING:
    from collections.abc import Iterator


@functools.cache
def assigned(cls: type) -> frozenset[str]:
    """Names that a class's own code assigns on `self`, or defines in its body."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(cls)))  # type: ignore[arg-type]
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            found |= {item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
            for part in ast.walk(node):
                if (
                    isinstance(part, ast.Attribute)
                    and isinstance(part.ctx, ast.Store)
                    and isinstance(part.value, ast.Name)
                    and part.value.id == "self"
                ):
                    found.add(part.attr)
    return frozenset(found)


def console_classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(tui_importer.tui.__path__, "tui_importer.tui."):
        for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if cls.__module__ == module.name and issubclass(cls, MessagePump):
                yield cls


def test_no_private_name_of_textual_is_overwritten() -> None:
    deliberate = {
        ("ImporterApp", "_fatal_error"),  # Textual's shows local variables
        ("ImporterApp", "_handle_exception"),  # what finds its screen gone while the operator leaves is no defect
        ("PathInput", "_on_paste"),  # the handler itself, extended
    }
    clashes: set[tuple[str, str]] = set()
    seen = 0
    for cls in console_classes():
        seen += 1
        private = {name for name in assigned(cls) if name.startswith("_") and not name.startswith("__")}
        for base in cls.__mro__[1:]:
            if base.__module__.startswith("textual."):
                clashes |= {(cls.__name__, name) for name in private & (assigned(base) | set(vars(base)))}
    assert seen > 20
    assert clashes - deliberate == set()
