"""What the settings screen shows: three tabs of tables, and how a change of theirs is written to the config file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.widgets import ContentSwitcher

from tui_importer.config import backup_of
from tui_importer.errors import ImporterError
from tui_importer.tui.actions.registry import Place, When
from tui_importer.tui.screens.base import ConsoleScreen, styles
from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog
from tui_importer.tui.screens.settings import columns as tables
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.header_line import HeaderData
from tui_importer.tui.widgets.tab_strip import Tab, TabsData, TabStrip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult

    from tui_importer.config import Config
    from tui_importer.tui.preferences import Preferences
    from tui_importer.tui.table.rows import Row

TABS: Final = ("general", "profiles", "keys")


class SettingsView(ConsoleScreen[None]):
    """Three tabs of tables; in the second one a profile can be opened, then its settings are shown there."""

    CSS_PATH = styles("settings")
    AUTO_FOCUS = "#general"
    place: ClassVar[Place] = Place.SETTINGS

    def __init__(self) -> None:
        super().__init__()
        self.tab = "general"
        self.profile = ""
        self._remembered = 0

    @property
    def preferences(self) -> Preferences:
        """The settings that are shown and changed."""
        return self.console_app.preferences

    def body(self) -> ComposeResult:
        """Tabs and their tables."""
        settings, profiles, keys = tables.setting_columns(), tables.profile_columns(), tables.key_columns()
        yield TabStrip(id="tabs")
        with ContentSwitcher(initial="pane-general", id="tables"):
            yield TablePane(VirtualTable(settings, id_name="setting", id="general"), id="pane-general")
            yield TablePane(VirtualTable(profiles, id_name="profile", id="profiles"), id="pane-profiles")
            yield TablePane(VirtualTable(settings, id_name="setting", id="profile"), id="pane-profile")
            yield TablePane(VirtualTable(keys, id_name="action", id="keymap"), id="pane-keys")

    def on_mount(self) -> None:
        """Show what holds."""
        self.refresh_settings()

    @property
    def table(self) -> VirtualTable:
        """The table shown."""
        ids = {"general": "general", "profiles": "profile" if self.profile else "profiles", "keys": "keymap"}
        return self.query_one(f"#{ids[self.tab]}", VirtualTable)

    @property
    def current(self) -> str | None:
        """The setting, profile or action under the cursor."""
        table = self.table
        row = table.current
        return None if row is None else str(row[table.model.traits.id_name])

    def refresh_settings(self) -> None:
        """Show all settings as they are now."""
        preferences = self.preferences
        config = preferences.config
        if self.profile not in config.profiles:
            self.profile = ""
        names = (tables.NO_PROFILE, *preferences.profiles)
        resolved = {name: preferences.resolved(name) for name in names}
        self._fill("general", tables.SETTING_NAMES, tables.setting_rows(resolved[""], general=True))
        self._fill("profiles", tables.PROFILE_NAMES, tables.profile_rows(config, resolved))
        self._fill("profile", tables.SETTING_NAMES, tables.setting_rows(resolved[self.profile], general=False))
        self._fill("keymap", tables.KEY_NAMES, tables.key_rows(config, self.console_app.keymap))
        self._remembered = len(preferences.recent.paths())
        self.show_tables()

    def _fill(self, table: str, names: tuple[str, ...], rows: list[Row]) -> None:
        self.query_one(f"#{table}", VirtualTable).set_rows(SequenceRows(names, rows, lambda row: row))

    def show_tables(self) -> None:
        """Show the tabs, and the table of the active one."""
        problems = len(self.console_app.keymap.problems)
        tabs = (
            Tab("general", "Settings"),
            Tab("profiles", f"Profiles › {safe(self.profile, 40)}" if self.profile else "Profiles",
                len(self.preferences.profiles)),
            Tab("keys", "Keys", problems or None, "bad"),
        )  # fmt: skip
        shown = self.table
        pane = {"profile": "pane-profile"}.get(str(shown.id), f"pane-{self.tab}")
        self.query_one("#tables", ContentSwitcher).current = pane
        self.query_one(TabStrip).show(TabsData(tabs, self.tab))
        path = safe(self.preferences.config.path, 200)
        self.show_header(HeaderData("settings", path, masked=self.console_app.privacy.on))
        shown.focus()
        self.refresh_bindings()

    def privacy_changed(self) -> None:
        """Only the header tells."""
        self.show_tables()

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        listed = self.tab == "profiles" and not self.profile
        here = {
            When.PROFILES_ARE_SHOWN: listed,
            When.PROFILE_UNDER_CURSOR: listed and bool(self.current),
            When.KEYRING_IS_USED: listed and self.preferences.keys is not None,
            When.SETTING_UNDER_CURSOR: not listed and self.current is not None,
            When.SETTING_IS_GIVEN: not listed and self.current in self._given,
            When.FILES_ARE_REMEMBERED: self.tab == "general" and self._remembered > 0,
        }
        return here[when] if when in here else super().holds(when)

    @property
    def _given(self) -> set[str]:
        config = self.preferences.config
        if self.tab == "keys":
            return set(config.keymap)
        return set(config.profiles[self.profile] if self.tab == "profiles" and self.profile else config.given)

    @on(VirtualTable.RowHighlighted)
    def cursor_moved(self) -> None:
        """Another setting, other keys."""
        self.refresh_bindings()

    # -- tabs ---------------------------------------------------------------------------------------------------

    def action_show_tab(self, tab: str) -> None:
        """Show a tab; the profiles as a list again."""
        self.tab, self.profile = tab, ""
        self.show_tables()

    def action_next_tab(self, by: int) -> None:
        """Show the tab `by` places to the right."""
        self.action_show_tab(TABS[(TABS.index(self.tab) + by) % len(TABS)])

    @on(TabStrip.TabClicked)
    def tab_clicked(self, message: TabStrip.TabClicked) -> None:
        """A click on a tab's title."""
        self.action_show_tab(message.tab)

    def action_back(self) -> None:
        """Peel one layer: the opened profile, then the screen."""
        if self.profile:
            self.action_show_tab("profiles")
        else:
            self.app.pop_screen()

    # -- the file -----------------------------------------------------------------------------------------------

    @work(group="write")
    async def write(
        self, edit: Callable[[Config], Config], words: str, *, then: Callable[[], object] | None = None
    ) -> None:
        """Change the config file, after asking where that loses something; say `words`, then call `then`."""
        path = self.preferences.config.path

        def decided(agreed: bool | None) -> None:  # noqa: FBT001 - the signature of a screen's callback
            if agreed:
                self._change(edit, words, then)
            else:
                self.console_app.apply_preferences()

        if await asyncio.to_thread(self.preferences.loses_comments):
            self.app.push_screen(rewrite_dialog(path), decided)
        else:
            self._change(edit, words, then)

    @work(group="write")
    async def _change(self, edit: Callable[[Config], Config], words: str, then: Callable[[], object] | None) -> None:
        app = self.console_app
        try:
            await asyncio.to_thread(self.preferences.change, edit)
        except ImporterError as error:
            notify_safe(app, error_text(error), title="Nothing was changed", severity="error")
        else:
            notify_safe(app, words)
        app.apply_preferences()
        self.refresh_settings()
        if then is not None:
            then()


def rewrite_dialog(path: Path) -> ChoiceDialog[bool]:
    """Said before a handwritten file is written anew: its comments are not kept in it."""
    text = [
        f"{safe(path, 200)}",
        "was written by hand: its comments and its order are not kept.",
        f"The file as it is now is kept beside it, as {safe(backup_of(path).name)}.",
    ]
    choices = [Choice("No", "change nothing", False), Choice("Write", "the change, and all other settings", True)]
    return ChoiceDialog("Write the config file anew?", text, choices)
