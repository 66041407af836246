"""The console's tests: nothing blinks, nothing moves by itself, and the same CSS is parsed once."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from textual import constants
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.css.model import RuleSet

_parsed: dict[object, list[RuleSet]] = {}
_parse = Stylesheet._parse_rules
_process = App._process_messages


def _remembering(self: Stylesheet, *given: object, **named: object) -> list[RuleSet]:
    """Parse as Textual does, once in a test run: it parses all sheets anew for every app and every screen."""
    key = (given, tuple(sorted(named.items())), tuple(self._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse(self, *given, **named)  # type: ignore[arg-type]  # passed on as they came
    return _parsed[key]


async def _process_as_run_does(self: App[object], *given: object, **named: object) -> None:
    """Process messages with tasks that start at once, as `App.run` does from Python 3.12 on and `run_test` does not."""
    if sys.version_info >= (3, 12):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await _process(self, *given, **named)  # type: ignore[arg-type]  # passed on as they came


@pytest.fixture(autouse=True)
def started_as_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot's app meets its tasks in the order in which an operator's app does."""
    monkeypatch.setattr(App, "_process_messages", _process_as_run_does)


@pytest.fixture(autouse=True)
def still_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No blinking cursor, no animation, no theme from the machine."""
    monkeypatch.setattr(Stylesheet, "_parse_rules", _remembering)
    monkeypatch.setattr(Input.cursor_blink, "_default", False)
    monkeypatch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")  # the variable was read when Textual was imported
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
