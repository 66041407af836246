"""Check the operator's keymap: which of its keys can be used, and what is wrong with the others.

A key is refused when its action does not exist, when terminals take it, or when it clashes: two actions that can apply
at once in one place would have the same key. Refused entries are reported and left out; their actions keep their
own keys.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from textual.keys import Keys, _character_to_key

from tui_importer.config.suggestions import suggestion
from tui_importer.text import safe
from tui_importer.tui.actions.registry import ACTIONS, Place, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tui_importer.tui.actions.registry import Action

TAKEN: Final = {
    "ctrl+j": "many terminals send it for enter", "ctrl+m": "terminals send it for enter",
    "ctrl+left_square_bracket": "terminals send it for esc",
    "ctrl+i": "terminals send it for tab", "ctrl+h": "terminals send it for backspace",
    "ctrl+q": "terminals take it to go on with output", "ctrl+s": "terminals take it to stop output",
    "ctrl+enter": "most terminals do not send it", "f1": "terminals take it for their help",
    "f5": "terminals and browsers take it to reload",
}  # fmt: skip
"""Keys that an action may have beside another one only, and why."""

_MODIFIERS: Final = frozenset({"ctrl", "alt", "shift", "meta", "super", "hyper"})

_TOGETHER: Final = frozenset(
    frozenset(pair)
    for pair in (
        (Place.JOBS, Place.TABLE), (Place.JOB, Place.TABLE), (Place.SETTINGS, Place.TABLE),
        (Place.FINDINGS, Place.TABLE), (Place.COLUMNS, Place.TABLE),
        (Place.NEW_JOB, Place.TABLE), (Place.NEW_JOB, Place.CHOICE), (Place.NEW_JOB, Place.PATHS),
        (Place.DETAIL, Place.READER), (Place.HELP, Place.READER), (Place.WHOLE_ROW, Place.READER),
    )
)  # fmt: skip
"""Places that are on one screen: a screen and the widgets on it."""

_APART: Final = (
    frozenset({When.JOB_RUNS, When.JOB_IS_READY, When.JOB_IS_PAUSED}),
    frozenset({When.PANELS_ARE_SHOWN, When.IS_MAXIMISED}),
    frozenset({When.FAILURE_UNDER_CURSOR, When.GROUP_UNDER_CURSOR, When.ROW_UNDER_CURSOR}),
    frozenset({When.ERRORS_ARE_LISTED, When.ERRORS_ARE_GROUPED}),
    frozenset({When.GROUP_IS_OPEN, When.NO_GROUP_IS_OPEN, When.IS_MAXIMISED}),
    frozenset({When.REQUESTS_ARE_SHORT, When.REQUESTS_ARE_RAW}),
    frozenset({When.SETTING_UNDER_CURSOR, When.PROFILES_ARE_SHOWN}),
    frozenset({When.SETTING_IS_GIVEN, When.PROFILE_UNDER_CURSOR}),
    frozenset({When.TABLE_IS_MARKED, When.TABLE_IS_FILTERED}),
)
"""Conditions of which only one holds at a time."""


@cache
def _named_keys() -> frozenset[str]:
    return frozenset(key.value for key in Keys if key.value.isalnum())


@cache
def _characters() -> dict[str, str]:
    return {_character_to_key(chr(code)): chr(code) for code in range(0x21, 0x7F)}


class KeyProblem(NamedTuple):
    """Reason why the keys of `action` (an id) are not used."""

    action: str
    text: str


class Keymap(NamedTuple):
    """The operator's keys by action as they are used, and what is wrong with the rest."""

    keys: Mapping[str, str]
    problems: tuple[KeyProblem, ...] = ()


def normalised(keys: str) -> str:
    """Keys by their names, without blanks: `?, ctrl+n` is `question_mark,ctrl+n`."""
    return ",".join(_named(key.strip()) for key in keys.split(",") if key.strip())


def _named(key: str) -> str:
    head, plus, last = key.rpartition("+") if key != "+" else ("", "", key)
    if len(last) > 1 or plus:  # with a modifier, capitals are no other key
        last = last.lower()
    return f"{head.lower()}{plus}{_character_to_key(last) if len(last) == 1 else last}"


def checked(given: Mapping[str, str]) -> Keymap:
    """Sort the operator's keymap into what can be used and what cannot."""
    known = {action.id: action for action in ACTIONS}
    usable: dict[str, str] = {}
    problems: list[KeyProblem] = []
    for name, text in given.items():
        keys = normalised(text)
        problem = _unusable(keys) if name in known else f"no such action. {suggestion(name, known, what='Actions')}"
        if problem:
            problems.append(KeyProblem(safe(name, 80), problem))
        else:
            usable[name] = keys
    while found := _clashes(usable):
        for first, second, key in found:
            for one, other in ((first, second), (second, first)):
                if usable.pop(one.id, None) is not None:
                    problems.append(KeyProblem(one.id, clash_text(key, other)))
    return Keymap(usable, tuple(problems))


def problem_of(action: Action, text: str, keymap: Mapping[str, str]) -> str:
    """What would be wrong with other keys for `action`, beside the keymap in use; empty when nothing is."""
    keys = normalised(text)
    if problem := _unusable(keys):
        return problem
    for first, second, key in _clashes({**keymap, action.id: keys}):
        if action in {first, second}:
            return clash_text(key, second if first is action else first)
    return ""


def clash_text(key: str, other: Action) -> str:
    """How a clash is reported."""
    return f"{shown_key(key)} is also the key of `{other.id}` ({other.place.value}: {other.label})."


def expanded(keymap: Mapping[str, str]) -> dict[str, str]:
    """`keymap` with the actions that share a key with one in it: Textual takes a key away from all that have it."""
    result = dict(keymap)
    for action in ACTIONS:
        if action.id in keymap:
            for other in ACTIONS:
                if other.place is action.place and _keys(other.keys) & _keys(action.keys):
                    result.setdefault(other.id, other.keys)
    return result


def clashing(ids: Iterable[str], keymap: Mapping[str, str]) -> list[tuple[Action, Action, str]]:
    """The real clashes among those that Textual reports: it does not know which actions never apply at once."""
    reported = set(ids)
    return [found for found in _clashes(keymap) if {found[0].id, found[1].id} & reported]


def shown_keys(keys: str) -> str:
    """Keys as an operator reads them: `ctrl+p :`."""
    return " ".join(shown_key(key) for key in keys.split(","))


def key_of(action_id: str, keymap: Mapping[str, str]) -> str:
    """The first key of an action as an operator reads it."""
    keys = keymap.get(action_id) or next(action.keys for action in ACTIONS if action.id == action_id)
    return shown_key(keys.partition(",")[0])


def shown_key(key: str) -> str:
    """A key as an operator reads it."""
    return _SHOWN.get(key) or _characters().get(key) or key


_SHOWN: Final = {
    "escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "delete": "del", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "space": "space",
}  # fmt: skip


def _keys(text: str) -> set[str]:
    return set(text.split(","))


def _unusable(keys: str) -> str:
    if not keys:
        return "no key is given."
    for key in keys.split(","):
        if not _exists(key):
            return f"there is no key `{safe(key, 40)}`; keys are named like n, N, ctrl+n, question_mark, f2, pageup."
    if all(key in TAKEN for key in keys.split(",")):
        first = keys.partition(",")[0]
        return f"{first} alone cannot be relied on: {TAKEN[first]}. Give another key beside it."
    return ""


def _exists(key: str) -> bool:
    *modifiers, last = key.split("+")
    if not set(modifiers) <= _MODIFIERS or len(set(modifiers)) != len(modifiers):
        return False
    return last in _named_keys() or last in _characters() or (len(last) == 1 and last.isprintable())


def _clashes(keymap: Mapping[str, str]) -> list[tuple[Action, Action, str]]:
    """Pairs of actions with a key in common of which one has it from `keymap`, and that key."""
    now = {action.id: _keys(keymap.get(action.id, action.keys)) for action in ACTIONS}
    return [
        (first, second, key)
        for first, second in combinations(ACTIONS, 2)
        if (first.id in keymap or second.id in keymap) and _meet(first, second)
        # What they share by themselves is meant so: the nearer one wins.
        for key in sorted((now[first.id] & now[second.id]) - (_keys(first.keys) & _keys(second.keys)))
    ]


def _meet(first: Action, second: Action) -> bool:
    """Whether both can apply at one moment."""
    if any({first.when, second.when} <= group and first.when is not second.when for group in _APART):
        return False
    places = frozenset({first.place, second.place})
    if len(places) == 1 or places in _TOGETHER:
        return True
    if Place.EVERYWHERE not in places:
        return False
    general = first if first.place is Place.EVERYWHERE else second
    return Place.DIALOG not in places or general.when is When.ALWAYS


def problem_lines(problems: Sequence[KeyProblem]) -> list[str]:
    """One sentence for each problem."""
    return [f"keymap `{problem.action}`: {problem.text}" for problem in problems]
