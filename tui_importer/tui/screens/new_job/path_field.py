"""Field for the source's path: typed, completed, pasted, dropped, or one of the recent files."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from tui_importer.tui.actions.registry import Place, bindings_of, find
from tui_importer.tui.screens.new_job.path_choices import Offer, PathChoices
from tui_importer.tui.screens.new_job.path_completion import PathSuggester, completions, understood_path
from tui_importer.tui.widgets.fields import Field, SafeInput

if TYPE_CHECKING:
    from pathlib import Path

    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer

    from tui_importer.config import RecentFiles

_FEW, _MANY = 4, 10
"""Paths offered on a short and on a tall screen."""


class PathInput(SafeInput):
    """A pasted path replaces what is there: that is what dropping a file means. Up and down select a path below."""

    BINDINGS = bindings_of(Place.PATHS)

    def _on_paste(self, event: events.Paste) -> None:
        """Make room; Textual calls the inherited handler, which inserts the text, by itself."""
        if event.text.strip().startswith(("/", "~", "'", '"', "file:")):
            self.clear()

    @property
    def _choices(self) -> PathChoices:
        return self.query_ancestor(PathField).query_one(PathChoices)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys that select a path apply while some are offered."""
        return self._choices.offering if find(Place.PATHS, action, parameters) else True

    def action_select(self, by: int) -> None:
        """Select another of the paths."""
        self._choices.select(by)


class PathField(Vertical):
    """A field with paths offered below it; it posts which path is meant, after typing has rested for `rest` seconds."""

    DEFAULT_CSS = """
    PathField { height: auto; }
    PathField > PathChoices { margin: 0 0 0 15; max-width: 90; }
    """

    @dataclass
    class Pointed(Message):
        """Another path is meant now, None for no path."""

        path: Path | None

    @dataclass
    class Entered(Message):
        """Enter was pressed: on to what comes next."""

    def __init__(self, recent: RecentFiles, rest: float, hint: str) -> None:
        super().__init__()
        self._recent, self._rest, self._hint = recent, rest, hint
        self._given: Path | None = None
        self._typing: Timer | None = None
        self.path: Path | None = None

    def compose(self) -> ComposeResult:
        """The field, and what is offered below."""
        yield Field(
            "path", "CSV file", self._hint, placeholder="type, paste or drop a path", make=PathInput,
            suggester=PathSuggester(),
        )  # fmt: skip
        yield PathChoices()

    def on_mount(self) -> None:
        """Offer the recent files."""
        self._offer()

    @property
    def _input(self) -> Input:
        return self.query_one("#path", Input)

    @property
    def has_selection(self) -> bool:
        """Whether a path is selected."""
        return self.query_one(PathChoices).selected is not None

    def clear_selection(self) -> None:
        """Select none."""
        self.query_one(PathChoices).select(-_MANY)

    def offer_nothing(self) -> None:
        """The path leads to a readable file: nothing is to be completed."""
        self.query_one(PathChoices).offer((), 0)
        self.screen.refresh_bindings()

    def give(self, path: Path) -> None:
        """Take a path as it is, though the field may not be able to hold its characters."""
        self._given = path
        self._put(str(path))
        self._read()

    def _put(self, text: str) -> None:
        self._input.value = text
        self._input.cursor_position = len(self._input.value)

    @on(Input.Changed, "#path")
    def changed(self, message: Input.Changed) -> None:
        """Wait until typing rests, then read."""
        message.stop()
        if self._typing is not None:
            self._typing.stop()
        if self._rest > 0:
            self._typing = self.set_timer(self._rest, self._rested)
        else:
            self._rested()

    def _rested(self) -> None:
        self._read()
        self._offer()

    @on(Input.Submitted, "#path")
    def submitted(self, message: Input.Submitted) -> None:
        """Take the selected path, else go on."""
        message.stop()
        offer = self.query_one(PathChoices).selected
        if offer is not None:
            self._take(offer)
        else:
            self._read()
            self.post_message(self.Entered())

    @on(PathChoices.Taken)
    def clicked(self, message: PathChoices.Taken) -> None:
        """A click is as good as enter."""
        message.stop()
        self._input.focus()
        self._take(message.offer)

    def _take(self, offer: Offer) -> None:
        if not offer.missing:
            self._put(offer.text)
            self._rested()

    def _read(self) -> None:
        typed = self._input.value
        given = self._given
        path = given if given is not None and typed == self._as_held(given) else understood_path(typed)
        if path != self.path:
            self.path = path
            self.post_message(self.Pointed(path))

    def _as_held(self, path: Path) -> str:
        return self._input.validate_value(str(path))  # type: ignore[attr-defined,no-any-return]  # a SafeInput

    @work(exclusive=True, group="offers")
    async def _offer(self) -> None:
        typed = self._input.value
        found = await asyncio.to_thread(self._found, typed)
        if typed == self._input.value:
            few = self.screen.has_class("-short") and bool(typed)
            self.query_one(PathChoices).offer(found, _FEW if few else _MANY)
            self.screen.refresh_bindings()

    def _found(self, typed: str) -> list[Offer]:
        if not typed.strip():
            return [
                Offer(str(path), "" if there else "missing", missing=not there)
                for path in self._recent.paths()
                for there in [path.is_file()]
            ]
        if (path := understood_path(typed)) is not None and path.is_file():
            return []
        return [Offer(found.text, "folder" if found.folder else "") for found in completions(typed)]
