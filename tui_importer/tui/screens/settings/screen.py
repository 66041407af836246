"""Settings screen: defaults, profiles, keys. Every change is checked and written to the config file at once."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.widgets import ContentSwitcher

from tui_importer.config import GENERAL_RULES, RUN_RULES
from tui_importer.config.edit import parsed, with_keys, with_profile, with_setting, without_profile
from tui_importer.config.keyring import Account
from tui_importer.config.validators import Choice as Words
from tui_importer.config.validators import Switch
from tui_importer.errors import ImporterError
from tui_importer.text import plural
from tui_importer.tui.actions.keymap import normalised, problem_of, shown_keys
from tui_importer.tui.actions.registry import ACTIONS, Place, When, bindings_of
from tui_importer.tui.screens.base import ConsoleScreen, styles
from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog
from tui_importer.tui.screens.dialogs.value import PickDialog, Question, ValueDialog
from tui_importer.tui.screens.settings import columns as tables
from tui_importer.tui.screens.settings.config_changes import ConfigChanges
from tui_importer.tui.screens.settings.stored_keys import manage_api_key, where
from tui_importer.tui.style import theme
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.system.threads import in_daemon
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.header_line import HeaderData
from tui_importer.tui.widgets.tab_strip import Tab, TabsData, TabStrip

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui_importer.config import SettingValue
    from tui_importer.tui.preferences import Preferences
    from tui_importer.tui.table.rows import Row

TABS: Final = ("general", "profiles", "keys")

_PROFILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class SettingsScreen(ConsoleScreen[None]):
    """Three tabs of tables; in the second one a profile can be opened, then its settings are shown there."""

    BINDINGS = bindings_of(Place.SETTINGS)
    CSS_PATH = styles("settings")
    AUTO_FOCUS = "#general"
    place: ClassVar[Place] = Place.SETTINGS

    def __init__(self) -> None:
        super().__init__()
        self.tab = "general"
        self.profile = ""
        self._remembered = 0
        self._changes = ConfigChanges(self, self.refresh_settings)

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
        """Only the header shows it."""
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

    # -- settings and keys --------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected)
    def row_clicked(self) -> None:
        """A click on the row under the cursor is as good as enter."""
        if self.tab == "profiles" and not self.profile:
            self.action_open_profile()
        else:
            self.action_change()

    def action_change(self) -> None:
        """Switch, pick or type, as the setting needs it."""
        name = self.current
        if name is None:
            return
        if self.tab == "keys":
            self._change_keys(name)
            return
        rule = (RUN_RULES | GENERAL_RULES)[name]
        now = getattr(self.preferences.resolved(self.profile).settings, name)
        if isinstance(rule, Switch):
            self._set(name, not now)
        elif isinstance(rule, Words) and len(rule.words) == 2:
            self._set(name, next(word for word in rule.words if word != now))
        elif isinstance(rule, Words):
            self._pick(name, rule.words, now)
        elif name == "default_profile":
            self._pick(name, ("", *self.preferences.profiles), now)
        else:
            self._type(name, now, rule.allowed)

    def _set(self, name: str, value: SettingValue) -> None:
        shown = tables.shown_value(name, value)
        self._changes.write(
            partial(with_setting, name=name, value=value, profile=self.profile), f"{name} is {shown} now."
        )

    def _pick(self, name: str, options: tuple[str, ...], now: str) -> None:
        def preview(option: str) -> None:
            if name == "theme":
                self.app.theme = theme.name_of(option)

        def picked(option: str | None) -> None:
            if option is not None and option != now:
                self._set(name, option)

        self.app.push_screen(PickDialog(name, options, now, preview), picked)

    def _type(self, name: str, now: object, allowed: str) -> None:
        def check(text: str) -> str:
            try:
                parsed(name, text)
            except ValueError as error:
                return f"Allowed is {error}."
            return ""

        def typed(text: str | None) -> None:
            if text is not None:
                self._set(name, parsed(name, text))

        words = [f"{tables.MEANINGS[name]}.", f"Allowed is {allowed}."]
        if self.preferences.resolved(self.profile).origins[name] == "environment":
            words.append("WORKOS_BASE_URL is set: while it is, it holds instead.")
        value = "off" if now is None else f"{now:g}" if isinstance(now, float) else str(now)
        self.app.push_screen(ValueDialog(Question(name, tuple(words), "Value"), value, check), typed)

    def _change_keys(self, name: str) -> None:
        action = next((action for action in ACTIONS if action.id == name), None)
        if action is None:
            problem = next((found.text for found in self.console_app.keymap.problems if found.action == name), "")
            notify_safe(self.app, f"{problem} Delete takes it out of the file.", title=name, severity="warning")
            return
        others = {id_: text for id_, text in self.console_app.keymap.keys.items() if id_ != name}

        def typed(text: str | None) -> None:
            if text is not None:
                shown = shown_keys(normalised(text))
                self._changes.write(
                    partial(with_keys, action=name, keys=normalised(text)), f"{action.label} is {shown} now."
                )

        words = (f"{action.tooltip}.", "Key names, separated by commas: n, N, ?, ctrl+n, f2, pageup.")
        question = Question(f"{action.place.value}: {action.label}", words, "Keys")
        value = self.preferences.config.keymap.get(name, action.keys)
        self.app.push_screen(ValueDialog(question, value, lambda text: problem_of(action, text, others)), typed)

    def action_reset(self) -> None:
        """Take the setting, or the keys, out of the config file."""
        name = self.current or ""
        if self.tab == "keys":
            self._changes.write(partial(with_keys, action=name, keys=None), f"{name} has its own keys again.")
        else:
            edit = partial(with_setting, name=name, value=None, profile=self.profile)
            self._changes.write(edit, f"{name} is not set any more.")

    # -- profiles -----------------------------------------------------------------------------------------------

    def action_open_profile(self) -> None:
        """Show the profile's settings; those without a profile have a tab of their own."""
        name = self.current
        if not name:
            self.action_show_tab("general")
            return
        self._open(name)

    def _open(self, profile: str) -> None:
        self.tab, self.profile = "profiles", profile
        self.refresh_settings()

    def action_new_profile(self) -> None:
        """Ask for a name, then show the new profile's settings."""

        def check(text: str) -> str:
            name = text.strip()
            if name in self.preferences.profiles:
                return "There is a profile of this name already."
            return "" if _PROFILE.fullmatch(name) else "Letters, digits, . _ -, at most 40, not beginning with a sign."

        def typed(name: str | None) -> None:
            if name is not None:
                edit, then = partial(with_profile, profile=name), partial(self._open, name)
                self._changes.write(edit, f"{name} is a profile now.", then=then)

        text = ("It holds the settings of one environment; choose it with --profile, or for a new job.",)
        self.app.push_screen(ValueDialog(Question("New profile", text, "Name"), "", check), typed)

    def action_default_profile(self) -> None:
        """Use the profile under the cursor when none is named."""
        name = self.current or ""
        edit = partial(with_setting, name="default_profile", value=name or None)
        self._changes.write(edit, f"{name or 'No profile'} is the default now.")

    def action_remove_profile(self) -> None:
        """Ask; the keyring's key is forgotten only when that is wanted."""
        name = self.current or ""
        account = self._account(name)

        def decided(wish: str | None) -> None:
            if wish in {"remove", "forget"}:
                then = partial(self._forget_api_key, account) if wish == "forget" else None
                self._changes.write(partial(without_profile, profile=name), f"{name} is removed.", then=then)

        choices = [Choice("No", "keep the profile", "keep"), Choice("Remove", "only its settings", "remove", "bad")]
        if self.preferences.keys is not None:
            choices.append(Choice("Remove all", "its settings, and its API key in the keyring", "forget", "bad"))
        given = len(self.preferences.config.profiles[name])
        text = [f"{plural(given, 'setting is', 'settings are')} taken out of the config file. Jobs are not touched."]
        self.app.push_screen(ChoiceDialog(f"Remove the profile {safe(name, 40)}?", text, choices, tone="bad"), decided)

    def _account(self, profile: str) -> Account:
        return Account(self.preferences.resolved(profile).settings.base_url, profile)

    @work(exclusive=True, group="key")
    async def action_api_key(self) -> None:
        """Store or forget the key of the profile under the cursor, or of no profile."""
        store, name = self.preferences.keys, self.current
        if store is not None and name is not None:
            self.show_header(HeaderData("settings", "asking the system's keyring…"))
            await manage_api_key(self.console_app, store, self._account(name))
            self.show_tables()

    @work(group="key")
    async def _forget_api_key(self, account: Account) -> None:
        store = self.preferences.keys
        try:
            if store is not None and await in_daemon(partial(store.forget, account)):
                notify_safe(self.app, f"The system's keyring has no key for {where(account)} any more.")
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="The key is not forgotten", severity="error")

    def action_forget_files(self) -> None:
        """Forget the recent files."""
        try:
            self.preferences.recent.clear()
        except ImporterError as error:
            notify_safe(self.app, error_text(error), severity="error")
        else:
            notify_safe(self.app, "The recent files are forgotten.")
        self.refresh_settings()
