"""The one registry of actions: it feeds key bindings, footer, help screen and command palette.

An action belongs to a place (a screen, the tables, everywhere) and applies under one condition. Screens tell which
conditions hold; an action whose condition does not hold has no key, no footer entry and no palette entry. Every
binding carries the action's id, by which a keymap can give it other keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from textual.actions import parse
from textual.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Iterator


class Place(StrEnum):
    """Where an action lives; the value is its heading on the help screen."""

    EVERYWHERE = "Everywhere"
    JOBS = "Jobs"
    NEW_JOB = "New job"
    JOB = "The job"
    DETAIL = "One error"
    TABLE = "Tables"
    DIALOG = "Dialogs"
    READER = "Long texts"
    HELP = "Help"
    CHOICE = "Choices"


class When(StrEnum):
    """When an action applies; the value completes the sentence "applies …" on the help screen."""

    ALWAYS = ""
    NO_DIALOG = "outside dialogs"
    NO_JOB_RUNS = "while no job runs here"
    JOB_UNDER_CURSOR = "with a job under the cursor"
    RESTING_JOB_UNDER_CURSOR = "with a job under the cursor that does not run here"
    JOB_RUNS = "while the job runs"
    JOB_IS_READY = "before the job was started"
    JOB_IS_PAUSED = "while the job is paused"
    FAILURE_UNDER_CURSOR = "on an error"
    PANELS_ARE_SHOWN = "while the panels are shown"
    IS_MAXIMISED = "while the table has all the room"
    HAS_ROWS = "with rows in the table"
    TABLE_FOLLOWS = "in tables that grow"
    HAS_PREVIOUS = "unless it is the first"
    HAS_NEXT = "unless it is the last"
    HAS_REQUEST_ID = "when the server gave a request id"
    FILE_EDITABLE = "before the plan is made"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing an operator can do.

    `keys` are comma-separated key names, `command` the Textual action that runs it. `rank` orders the footer when
    room is scarce (1 stays longest, 0 is never shown there); `footer_key` and `footer_label` replace key
    and label there.
    """

    id: str
    place: Place
    keys: str
    command: str
    label: str
    tooltip: str
    when: When = When.ALWAYS
    rank: int = 0
    footer_key: str = ""
    footer_label: str = ""
    palette: bool = True
    priority: bool = False

    @property
    def name(self) -> str:
        """The command without namespace and parameters."""
        return parse(self.command)[1]

    @property
    def parameters(self) -> tuple[object, ...]:
        """The command's parameters."""
        return parse(self.command)[2]

    def binding(self) -> Binding:
        """The key binding of this action."""
        return Binding(
            self.keys,
            self.command,
            self.label,
            show=self.rank > 0,
            key_display=self.footer_key or None,
            tooltip=self.tooltip,
            id=self.id,
            priority=self.priority,
        )


def _tab(position: int, tab: str, label: str) -> Action:
    return Action(
        f"job.tab_{tab}",
        Place.JOB,
        str(position),
        f"show_tab('{tab}')",
        label,
        f"Show the tab {label}",
        rank=5 if position == 1 else 0,
        footer_key="1-5" if position == 1 else "",
        footer_label="Tabs" if position == 1 else "",
    )


ACTIONS: Final[tuple[Action, ...]] = (
    Action("jobs.open", Place.JOBS, "enter", "open_job", "Open", "Open the job: watch it, go on with it, review it",
           When.JOB_UNDER_CURSOR, rank=2, footer_key="enter"),
    Action("jobs.new", Place.JOBS, "n", "new_job", "New job", "Import a CSV file", When.NO_JOB_RUNS, rank=2),
    Action("jobs.purge", Place.JOBS, "delete", "purge_job", "Purge", "Remove the job's folder; says what is lost first",
           When.RESTING_JOB_UNDER_CURSOR, rank=4, footer_key="del"),
    Action("new.browse", Place.NEW_JOB, "ctrl+o", "browse", "Browse", "Pick the file from a tree", When.FILE_EDITABLE,
           rank=2),
    Action("new.back", Place.NEW_JOB, "escape", "back", "Jobs", "Back to the jobs; a planned job is kept", rank=3,
           footer_key="esc"),
    Action("job.pause", Place.JOB, "p", "pause", "Pause", "Let the rows in flight end, then rest", When.JOB_RUNS,
           rank=1),
    Action("job.start", Place.JOB, "p", "start", "Start", "Begin to write, as planned", When.JOB_IS_READY, rank=1),
    Action("job.resume", Place.JOB, "p", "resume", "Go on", "Go on where the job stands", When.JOB_IS_PAUSED, rank=1),
    Action("job.detail", Place.JOB, "enter", "open_detail", "Detail", "Everything known of this error",
           When.FAILURE_UNDER_CURSOR, rank=2, footer_key="enter"),
    _tab(1, "chunks", "Chunks"),
    _tab(2, "workers", "Workers"),
    _tab(3, "errors", "Errors"),
    _tab(4, "organizations", "Organizations"),
    _tab(5, "log", "Log"),
    Action("job.next_tab", Place.JOB, "right,l", "next_tab(1)", "Next tab", "Show the tab to the right",
           palette=False),
    Action("job.previous_tab", Place.JOB, "left,h", "next_tab(-1)", "Previous tab", "Show the tab to the left",
           palette=False),
    Action("job.maximise", Place.JOB, "m", "maximise", "Maximise", "Give the table all the room",
           When.PANELS_ARE_SHOWN, rank=8),
    Action("job.restore", Place.JOB, "m", "restore", "Restore", "Show the panels again", When.IS_MAXIMISED, rank=3),
    Action("job.back", Place.JOB, "escape", "back", "Jobs", "Back to the jobs; a running job goes on", rank=3,
           footer_key="esc"),
    Action("detail.previous", Place.DETAIL, "left_square_bracket", "step(-1)", "Previous", "The error before this one",
           When.HAS_PREVIOUS, rank=2, footer_key="["),
    Action("detail.next", Place.DETAIL, "right_square_bracket", "step(1)", "Next", "The error after this one",
           When.HAS_NEXT, rank=2, footer_key="]"),
    Action("detail.copy", Place.DETAIL, "y", "copy_request_id", "Copy request id", "Copy the request id for support",
           When.HAS_REQUEST_ID, rank=2),
    Action("detail.back", Place.DETAIL, "escape", "back", "Back", "Back to the errors", rank=1, footer_key="esc"),
    Action("help.back", Place.HELP, "escape", "back", "Back", "Close the help", rank=1, footer_key="esc"),
    Action("reader.down", Place.READER, "j", "scroll_down", "Down", "Scroll down", palette=False),
    Action("reader.up", Place.READER, "k", "scroll_up", "Up", "Scroll up", palette=False),
    Action("table.up", Place.TABLE, "up,k", "cursor_up", "Up", "One row up", When.HAS_ROWS, palette=False),
    Action("table.down", Place.TABLE, "down,j", "cursor_down", "Down", "One row down", When.HAS_ROWS, palette=False),
    Action("table.page_up", Place.TABLE, "pageup,ctrl+b", "page_up", "Page up", "One page up", When.HAS_ROWS,
           palette=False),
    Action("table.page_down", Place.TABLE, "pagedown,ctrl+f", "page_down", "Page down", "One page down", When.HAS_ROWS,
           palette=False),
    Action("table.first", Place.TABLE, "home,g", "first_row", "First", "To the first row", When.HAS_ROWS,
           palette=False),
    Action("table.last", Place.TABLE, "end,G", "last_row", "Last", "To the last row", When.HAS_ROWS, palette=False),
    Action("table.follow", Place.TABLE, "f", "toggle_follow", "Follow", "Keep the newest row in sight, or stop that",
           When.TABLE_FOLLOWS, rank=6, palette=False),
    Action("choice.next", Place.CHOICE, "right,space,l", "choose(1)", "Next choice", "Choose the next option",
           palette=False),
    Action("choice.previous", Place.CHOICE, "left,h", "choose(-1)", "Previous choice", "Choose the option before",
           palette=False),
    Action("dialog.down", Place.DIALOG, "down,j,tab", "choose_next(1)", "Next choice", "The choice below",
           palette=False),
    Action("dialog.up", Place.DIALOG, "up,k,shift+tab", "choose_next(-1)", "Previous choice", "The choice above",
           palette=False),
    Action("dialog.confirm", Place.DIALOG, "enter", "confirm", "Choose", "Do what is marked", rank=1, palette=False),
    Action("dialog.cancel", Place.DIALOG, "escape", "cancel", "Back", "Change nothing", rank=1, footer_key="esc",
           palette=False),
    Action("app.mask", Place.EVERYWHERE, "P", "app.mask", "Mask", "Mask e-mails and names everywhere, or show them",
           rank=7),
    Action("app.theme", Place.EVERYWHERE, "T", "app.toggle_theme", "Theme", "Dark or light", rank=9),
    Action("app.next_pane", Place.EVERYWHERE, "tab", "app.focus_next", "Next pane", "Focus the next field or table",
           When.NO_DIALOG, palette=False),
    Action("app.previous_pane", Place.EVERYWHERE, "shift+tab", "app.focus_previous", "Previous pane",
           "Focus the field or table before", When.NO_DIALOG, palette=False),
    Action("app.help", Place.EVERYWHERE, "question_mark", "app.help", "Help", "All keys and what they do",
           When.NO_DIALOG, rank=1, footer_key="?"),
    Action("app.leave", Place.EVERYWHERE, "q", "app.leave", "Leave", "Leave the console; asks while a job runs",
           When.NO_DIALOG, rank=1),
    Action("app.interrupt", Place.EVERYWHERE, "ctrl+c", "app.interrupt", "Interrupt",
           "Pause the running job; again: stop it now; with nothing running: leave", priority=True),
    Action("app.palette", Place.EVERYWHERE, "ctrl+p,colon", "app.command_palette", "Palette", "Find any action by name",
           When.NO_DIALOG, rank=4, footer_key="^p", palette=False),
)  # fmt: skip
"""All actions, in the order of footer and help."""


def actions_of(place: Place) -> Iterator[Action]:
    """The actions of one place."""
    return (action for action in ACTIONS if action.place is place)


def bindings_of(place: Place) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The key bindings of one place, for a `BINDINGS` class variable."""
    return [action.binding() for action in actions_of(place)]


def cancel_binding() -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Only the way out of a dialog, for one whose other keys belong to what it contains."""
    return [action.binding() for action in actions_of(Place.DIALOG) if action.name == "cancel"]


_BY_COMMAND: Final = {(action.place, action.name, action.parameters): action for action in ACTIONS}


def find(place: Place, name: str, parameters: tuple[object, ...]) -> Action | None:
    """The action of a place by the name and parameters of its Textual action."""
    return _BY_COMMAND.get((place, name, parameters))


def footer_label(binding: Binding) -> str:
    """The label of a binding in the footer."""
    return next((a.footer_label for a in ACTIONS if a.id == binding.id and a.footer_label), binding.description)


def footer_rank(action_id: str | None) -> int:
    """How early an action appears in the footer: 1 first, 0 never."""
    return next((action.rank for action in ACTIONS if action.id == action_id), 0)
