"""Registry of actions, which feeds key bindings, footer, help screen and command palette.

An action belongs to a place (a screen, the tables, everywhere) and applies under one condition. Screens say which
conditions hold; an action whose condition does not hold has no key, no footer entry and no palette entry. Every
binding carries the action's id, by which a keymap can give it other keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from textual.actions import parse
from textual.binding import Binding

from tui_importer.tui.actions.conditions import Place, When

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ACTIONS", "Action", "Place", "When", "actions_of", "bindings_of", "cancel_binding", "find", "footer_label",
           "footer_rank", "picking_bindings"]  # fmt: skip


class Action(NamedTuple):
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
    Action("jobs.settings", Place.JOBS, "o", "settings", "Settings", "Profiles, defaults, theme, keys, API keys",
           rank=3),
    Action("settings.change", Place.SETTINGS, "enter", "change", "Change", "Change this setting in the config file",
           When.SETTING_UNDER_CURSOR, rank=2, footer_key="enter"),
    Action("settings.open", Place.SETTINGS, "enter", "open_profile", "Open", "The settings of this profile",
           When.PROFILES_ARE_SHOWN, rank=2, footer_key="enter"),
    Action("settings.reset", Place.SETTINGS, "delete", "reset", "Reset", "Take this setting out of the config file",
           When.SETTING_IS_GIVEN, rank=3, footer_key="del"),
    Action("settings.new_profile", Place.SETTINGS, "n", "new_profile", "New profile",
           "Settings under a name of their own", When.PROFILES_ARE_SHOWN, rank=3),
    Action("settings.default", Place.SETTINGS, "d", "default_profile", "Default", "Use this profile when none is named",
           When.PROFILES_ARE_SHOWN, rank=4),
    Action("settings.api_key", Place.SETTINGS, "K", "api_key", "API key",
           "Store or forget the key in the system's keyring", When.KEYRING_IS_USED, rank=3),
    Action("settings.remove", Place.SETTINGS, "delete", "remove_profile", "Remove", "Remove this profile",
           When.PROFILE_UNDER_CURSOR, rank=5, footer_key="del"),
    Action("settings.forget_files", Place.SETTINGS, "c", "forget_files", "Clear recent", "Forget the recent files",
           When.FILES_ARE_REMEMBERED, rank=5),
    Action("settings.tab_general", Place.SETTINGS, "1", "show_tab('general')", "Settings", "Show the tab Settings",
           rank=6, footer_key="1-3", footer_label="Tabs"),
    Action("settings.tab_profiles", Place.SETTINGS, "2", "show_tab('profiles')", "Profiles", "Show the tab Profiles"),
    Action("settings.tab_keys", Place.SETTINGS, "3", "show_tab('keys')", "Keys", "Show the tab Keys"),
    Action("settings.next_tab", Place.SETTINGS, "L", "next_tab(1)", "Next tab", "Show the tab to the right",
           palette=False),
    Action("settings.previous_tab", Place.SETTINGS, "H", "next_tab(-1)", "Previous tab",
           "Show the tab to the left", palette=False),
    Action("settings.back", Place.SETTINGS, "escape", "back", "Back", "Back to the profiles, then to the jobs", rank=2,
           footer_key="esc"),
    Action("new.browse", Place.NEW_JOB, "ctrl+o", "browse", "Browse", "Pick the file from a tree", When.FILE_EDITABLE,
           rank=2),
    Action("paths.next", Place.PATHS, "down", "select(1)", "Next path", "Select the path below",
           When.PATHS_ARE_OFFERED, rank=2, footer_key="↑↓", footer_label="Paths", palette=False),
    Action("paths.previous", Place.PATHS, "up", "select(-1)", "Previous path", "Select the path above",
           When.PATHS_ARE_OFFERED, palette=False),
    Action("picker.down", Place.PICKER, "j", "cursor_down", "Down", "One name down", palette=False),
    Action("picker.up", Place.PICKER, "k", "cursor_up", "Up", "One name up", palette=False),
    Action("picker.unfold", Place.PICKER, "right,l", "toggle_node", "Unfold", "Show what is in the folder, or hide it",
           palette=False),
    Action("picker.parent", Place.PICKER, "backspace,left,h", "parent_folder", "Folder above", "Show the folder above",
           palette=False),
    Action("new.environment", Place.NEW_JOB, "ctrl+r", "read_environment", "Read back",
           "Read the environment back once more", When.ENVIRONMENT_CAN_BE_READ, rank=4, footer_key="^r"),
    Action("new.store_key", Place.NEW_JOB, "ctrl+t", "store_key", "Store key",
           "Store the typed key in the system's keyring, for this profile and address", When.KEY_CAN_BE_STORED, rank=3,
           footer_key="^t"),
    Action("new.columns", Place.NEW_JOB, "ctrl+l", "columns", "Columns", "Choose what the columns become",
           When.COLUMNS_CAN_BE_CHOSEN, rank=3, footer_key="^l"),
    Action("new.findings", Place.NEW_JOB, "v", "findings", "Findings", "Every finding of the scan, with its line",
           When.FINDINGS_ARE_THERE, rank=2),
    Action("columns.choose", Place.COLUMNS, "enter", "choose", "Choose", "Pick what the column becomes", rank=1,
           footer_key="enter"),
    Action("columns.forget", Place.COLUMNS, "delete,backspace", "forget", "As recognised",
           "Take the column as it is recognised", When.COLUMN_IS_CHOSEN, rank=2, footer_key="del"),
    Action("columns.save", Place.COLUMNS, "w", "save", "Save as", "Keep what was chosen under a name",
           When.COLUMNS_WERE_CHOSEN, rank=3),
    Action("columns.use", Place.COLUMNS, "u", "use_saved", "Use saved", "Take what was saved under a name",
           When.MAPPINGS_ARE_SAVED, rank=3),
    Action("columns.back", Place.COLUMNS, "escape", "back", "Back", "Back to the new job, with what was chosen", rank=1,
           footer_key="esc"),
    Action("findings.back", Place.FINDINGS, "escape", "back", "Back", "Back to the plan", rank=1, footer_key="esc"),
    Action("new.back", Place.NEW_JOB, "escape", "back", "Jobs", "Back to the jobs; a planned job is kept", rank=3,
           footer_key="esc"),
    Action("job.findings", Place.JOB, "v", "findings", "Findings", "Every finding of the scan, with its line",
           When.FINDINGS_ARE_THERE, rank=8),
    Action("job.pause", Place.JOB, "p", "pause", "Pause", "Let the rows in flight end, then rest", When.JOB_RUNS,
           rank=1),
    Action("job.start", Place.JOB, "p", "start", "Start", "Begin to write, as planned", When.JOB_IS_READY, rank=1),
    Action("job.resume", Place.JOB, "p", "resume", "Go on", "Go on where the job stands", When.JOB_IS_PAUSED, rank=1),
    Action("job.share_up", Place.JOB, "plus", "change_share(1)", "Higher share",
           "Permit ten percent more of the rate limit", When.SHARE_CAN_RISE, rank=5, footer_key="+",
           footer_label="Rate"),
    Action("job.share_down", Place.JOB, "minus", "change_share(-1)", "Lower share",
           "Permit ten percent less of the rate limit", When.SHARE_CAN_FALL, rank=5, footer_key="-",
           footer_label="Rate"),
    Action("job.pace", Place.JOB, "equals_sign", "automatic_pace", "Automatic",
           "The settings' share of the rate limit, and as many workers as it needs", When.PACE_WAS_SET, rank=6,
           footer_key="=", footer_label="Auto"),
    Action("job.workers_less", Place.JOB, "left_square_bracket", "change_workers(-1)", "Fewer workers",
           "One worker less; it ends its row first", When.WORKERS_CAN_SHRINK, rank=6, footer_key="[",
           footer_label="Workers"),
    Action("job.workers_more", Place.JOB, "right_square_bracket", "change_workers(1)", "More workers",
           "One worker more", When.WORKERS_CAN_GROW, rank=6, footer_key="]", footer_label="Workers"),
    Action("job.key", Place.JOB, "K", "another_key", "Another API key",
           "Enter another key; it is tested on this job's objects before it is used", When.JOB_IS_UNFINISHED, rank=8,
           footer_label="Key"),
    Action("job.note", Place.JOB, "N", "note", "Note", "Write a line into the job's log", rank=9),
    Action("job.detail", Place.JOB, "enter", "open_detail", "Detail", "Everything known of this error",
           When.FAILURE_UNDER_CURSOR, rank=2, footer_key="enter"),
    Action("job.open_group", Place.JOB, "enter", "open_group", "Open", "The errors of this group",
           When.GROUP_UNDER_CURSOR, rank=2, footer_key="enter"),
    Action("job.whole_row", Place.JOB, "enter", "whole_row", "Whole row", "The row with nothing cut",
           When.ROW_UNDER_CURSOR, rank=5, footer_key="enter", footer_label="Row"),
    Action("job.leave_group", Place.JOB, "escape", "leave_group", "Groups", "Back to the groups", When.GROUP_IS_OPEN,
           rank=2, footer_key="esc"),
    Action("job.group", Place.JOB, "g", "group", "Group", "Group the errors by cause", When.ERRORS_ARE_LISTED, rank=3),
    Action("job.ungroup", Place.JOB, "g", "ungroup", "All errors", "Show all errors, one by one",
           When.ERRORS_ARE_GROUPED, rank=3),
    Action("job.retry", Place.JOB, "r", "retry", "Retry",
           "Try the marked errors again, or this one: only the missing step is redone", When.ERRORS_CAN_BE_TRIED,
           rank=3),
    Action("job.retry_all", Place.JOB, "ctrl+r", "retry_all", "Retry all", "Try every error again that can be",
           When.ANY_ERROR_CAN_BE_TRIED),
    Action("job.skip", Place.JOB, "i", "skip", "Skip", "Skip the marked errors, or this one, for a reason",
           When.ERRORS_CAN_BE_SKIPPED, rank=5),
    _tab(1, "chunks", "Chunks"),
    _tab(2, "workers", "Workers"),
    _tab(3, "errors", "Errors"),
    _tab(4, "organizations", "Organizations"),
    _tab(5, "log", "Log"),
    Action("job.next_tab", Place.JOB, "L", "next_tab(1)", "Next tab", "Show the tab to the right", palette=False),
    Action("job.previous_tab", Place.JOB, "H", "next_tab(-1)", "Previous tab", "Show the tab to the left",
           palette=False),
    Action("job.maximise", Place.JOB, "m", "maximise", "Maximise", "Give the table all the room",
           When.PANELS_ARE_SHOWN, rank=8),
    Action("job.restore", Place.JOB, "m,escape", "restore", "Restore", "Show the panels again", When.IS_MAXIMISED,
           rank=3, footer_key="m"),
    Action("job.back", Place.JOB, "escape", "back", "Jobs", "Back to the jobs; a running job goes on",
           When.NO_GROUP_IS_OPEN, rank=3, footer_key="esc"),
    Action("detail.previous", Place.DETAIL, "left_square_bracket", "step(-1)", "Previous", "The error before this one",
           When.HAS_PREVIOUS, rank=2, footer_key="["),
    Action("detail.next", Place.DETAIL, "right_square_bracket", "step(1)", "Next", "The error after this one",
           When.HAS_NEXT, rank=2, footer_key="]"),
    Action("detail.retry", Place.DETAIL, "r", "retry", "Retry", "Try this row again: only the missing step is redone",
           When.ERROR_CAN_BE_TRIED, rank=2),
    Action("detail.skip", Place.DETAIL, "i", "skip", "Skip", "Skip this row for a reason", When.ERROR_CAN_BE_SKIPPED,
           rank=3),
    Action("detail.raw", Place.DETAIL, "d", "raw(True)", "Raw", "Requests and answers in full", When.REQUESTS_ARE_SHORT,
           rank=3),
    Action("detail.short", Place.DETAIL, "d", "raw(False)", "Summary", "What the requests come to, with the row",
           When.REQUESTS_ARE_RAW, rank=3),
    Action("detail.copy", Place.DETAIL, "y", "copy_request_id", "Copy request id", "Copy the request id for support",
           When.HAS_REQUEST_ID, rank=4, footer_label="Copy id"),
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
    Action("table.first", Place.TABLE, "home", "first_row", "First", "To the first row", When.HAS_ROWS,
           palette=False),
    Action("table.last", Place.TABLE, "end,G", "last_row", "Last", "To the last row", When.HAS_ROWS, palette=False),
    Action("table.left", Place.TABLE, "left,h", "move_column(-1)", "Left", "One column to the left", When.HAS_ROWS,
           palette=False),
    Action("table.right", Place.TABLE, "right,l", "move_column(1)", "Right",
           "One column to the right; after the last come those without room", When.HAS_ROWS, palette=False),
    Action("table.news", Place.TABLE, "full_stop", "show_news", "Show new", "Show the rows that came meanwhile",
           When.TABLE_HAS_NEWS, rank=2, footer_key="."),
    Action("table.unmark", Place.TABLE, "escape", "unmark", "Unmark", "Remove all marks", When.TABLE_IS_MARKED, rank=2,
           footer_key="esc"),
    Action("table.clear", Place.TABLE, "escape", "clear_filter", "All rows", "Clear the filter, show all rows",
           When.TABLE_IS_FILTERED, rank=2, footer_key="esc"),
    Action("table.filter", Place.TABLE, "slash", "filter", "Filter", "Only rows with some words, while you type",
           When.TABLE_FILTERS, rank=4, footer_key="/"),
    Action("table.faults", Place.TABLE, "z", "toggle_faults", "Faults", "Only rows with faults, or all",
           When.TABLE_KNOWS_FAULTS, rank=6),
    Action("table.sort", Place.TABLE, "s", "sort", "Sort",
           "By the column under the cursor; again: the other way; again: as the rows came", When.HAS_ROWS, rank=6),
    Action("table.reverse", Place.TABLE, "S", "reverse", "Sort down",
           "By the column under the cursor, the largest first; again: the smallest first", When.HAS_ROWS),
    Action("table.follow", Place.TABLE, "f", "toggle_follow", "Follow", "Keep the newest row in sight, or stop that",
           When.TABLE_FOLLOWS, rank=7),
    Action("table.mark", Place.TABLE, "space", "toggle_mark", "Mark", "Mark or unmark the row, and go to the next",
           When.HAS_ROWS, rank=7),
    Action("table.mark_all", Place.TABLE, "a", "toggle_all", "All", "Mark all rows shown; again: none of them",
           When.HAS_ROWS, rank=9),
    Action("table.export", Place.TABLE, "x", "export", "Export", "Write the rows shown to a CSV file",
           When.TABLE_EXPORTS, rank=7),
    Action("table.copy", Place.TABLE, "y", "copy", "Copy", "Copy the cell under the cursor, or the marked rows",
           When.HAS_ROWS, rank=8),
    Action("filter.keep", Place.FILTER, "enter", "keep", "Keep", "Keep the filter, back to the table", rank=1,
           footer_key="enter", palette=False),
    Action("filter.clear", Place.FILTER, "escape", "drop", "All rows", "Clear the filter, back to the table", rank=1,
           footer_key="esc", palette=False),
    Action("filter.down", Place.FILTER, "down", "move(1)", "Down", "One row down in the table", palette=False),
    Action("filter.up", Place.FILTER, "up", "move(-1)", "Up", "One row up in the table", palette=False),
    Action("choice.next", Place.CHOICE, "right,space,l", "choose(1)", "Next choice", "Choose the next option",
           rank=2, footer_key="←→", footer_label="Choose", palette=False),
    Action("choice.previous", Place.CHOICE, "left,h", "choose(-1)", "Previous choice", "Choose the option before",
           palette=False),
    Action("choice.leave", Place.CHOICE, "enter", "leave", "Next field", "On to the next field", palette=False),
    Action("whole.back", Place.WHOLE_ROW, "escape,enter", "back", "Back", "Back to the table", palette=False),
    Action("dialog.down", Place.DIALOG, "down,j,tab", "choose_next(1)", "Next choice", "The choice below",
           palette=False),
    Action("dialog.up", Place.DIALOG, "up,k,shift+tab", "choose_next(-1)", "Previous choice", "The choice above",
           palette=False),
    Action("dialog.confirm", Place.DIALOG, "enter", "confirm", "Choose", "Do what is selected", rank=1, palette=False),
    Action("dialog.cancel", Place.DIALOG, "escape", "cancel", "Back", "Change nothing", rank=1, footer_key="esc",
           palette=False),
    Action("app.mask", Place.EVERYWHERE, "P", "app.mask", "Mask",
           "Mask e-mails and names on all screens, not in exports; or show them", rank=7),
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


def picking_bindings() -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The ways out of a dialog whose other keys belong to the table in it."""
    return [action.binding() for action in actions_of(Place.DIALOG) if action.name in {"confirm", "cancel"}]


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
