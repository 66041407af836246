"""The console's tests: nothing blinks, nothing moves by itself, and the same CSS is parsed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import constants
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.css.model import RuleSet

_parsed: dict[object, list[RuleSet]] = {}
_parse = Stylesheet._parse_rules


def _remembering(self: Stylesheet, *given: object, **named: object) -> list[RuleSet]:
    """Parse as Textual does, once in a test run: it parses all sheets anew for every app and every screen."""
    key = (given, tuple(sorted(named.items())), tuple(self._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse(self, *given, **named)  # type: ignore[arg-type]  # passed on as they came
    return _parsed[key]


@pytest.fixture(autouse=True)
def still_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No blinking cursor, no animation, no theme from the machine."""
    monkeypatch.setattr(Stylesheet, "_parse_rules", _remembering)
    monkeypatch.setattr(Input.cursor_blink, "_default", False)
    monkeypatch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")  # the variable was read when Textual was imported
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
