"""Environment section of a new job: profile, address, API key, and the environment that these lead to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui_importer.config.keyring import Account, NoKeyStore
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.tui.screens.new_job import options
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.system.threads import in_daemon
from tui_importer.tui.widgets.fields import ChoiceField, Field
from tui_importer.tui.widgets.header_line import badge

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui_importer.config import Resolved
    from tui_importer.engine.plan.plan import Environment
    from tui_importer.tui.console_app import ConsoleApp

NO_PROFILE = "(none)"
API_KEY_VARIABLE = "WORKOS_API_KEY"
_API_KEY_HINTS = {"": "enter takes it", "keyring": "in the keyring"}


class EnvironmentSection(Vertical):
    """Fields that lead to an environment, and its check; a key goes nowhere before its address is known."""

    @dataclass
    class ProfileChosen(Message):
        """Another profile was chosen, "" for none."""

        profile: str

    @dataclass
    class Changed(Message):
        """Another address, or the environment was read back (or is not known any more)."""

    @dataclass
    class Entered(Message):
        """Enter was pressed in a field: on to what comes next."""

        field: str

    def __init__(self, resolved: Resolved, *, classes: str) -> None:
        super().__init__(id="where", classes=classes)
        self._resolved = resolved
        self.profile = resolved.profile
        self.environment: Environment | None = None
        self.wanted = False

    @property
    def console_app(self) -> ConsoleApp:
        """The app, with its type."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """The profile only where there are some."""
        profiles = self.console_app.preferences.profiles
        if profiles:
            chosen = self.profile or NO_PROFILE
            yield ChoiceField("Profile", (NO_PROFILE, *profiles), chosen, id="profile")
        yield Field("base_url", "Base URL", self._origin, value=self._resolved.settings.base_url)
        yield Field("key", "API key", "", password=True)
        yield Static(_labelled("read when the file is readable"), id="environment")

    def on_mount(self) -> None:
        """Say which key is in use."""
        self._show_api_key()

    @property
    def _origin(self) -> str:
        origins = {"environment": "WORKOS_BASE_URL", "profile": "from the profile", "config file": "from the config"}
        return origins.get(self._resolved.origins["base_url"], "")

    @property
    def base_url(self) -> str:
        """The address as typed."""
        return self.query_one("#base_url", Input).value

    @property
    def api_key_can_be_stored(self) -> bool:
        """Whether a typed key is in use that the keyring could keep."""
        return self.console_app.api_key_source == "typed" and self.console_app.preferences.keys is not None

    def show_problem(self, problem: str) -> None:
        """What is wrong with the address."""
        self.query_one("#field-base_url", Field).show_problem(problem)

    # -- what was given -----------------------------------------------------------------------------------------

    @on(ChoiceField.Chosen)
    def profile_chosen(self, message: ChoiceField.Chosen) -> None:
        """Another profile has its own key: one that was typed for the last one is forgotten."""
        message.stop()
        position = self.query_one("#profile", ChoiceField).position
        self.profile = "" if position == 0 else self.console_app.preferences.profiles[position - 1]
        if self.console_app.api_key_source == "typed":
            self._take_api_key(None, "")
        self.post_message(self.ProfileChosen(self.profile))

    def refill(self, resolved: Resolved, base_url: str) -> None:
        """Show the address under other settings, and read its environment back."""
        self._resolved = resolved
        field = self.query_one("#field-base_url", Field)
        field.show_hint(self._origin)
        with self.prevent(Input.Changed):
            field.input.value = base_url
        self.forget()
        self.check_connection()

    @on(Input.Changed, "#base_url")
    def address_changed(self, message: Input.Changed) -> None:
        """Another address is another environment."""
        message.stop()
        self.forget()
        self._say("enter reads it back")

    @on(Input.Changed, "#key")
    def key_changed(self, message: Input.Changed) -> None:
        """It counts when it is entered."""
        message.stop()

    @on(Input.Submitted)
    def submitted(self, message: Input.Submitted) -> None:
        """Take a key and forget it on the screen; check where key and address lead."""
        message.stop()
        field = message.input.id or ""
        if field == "key" and message.value.strip():
            self._take_api_key(Secret(message.value.strip()), "typed")
            message.input.clear()
        if field == "base_url" or message.value.strip():
            self.check_connection()
        self.post_message(self.Entered(field))

    def _take_api_key(self, key: Secret | None, origin: str) -> None:
        app = self.console_app
        app.backend.key = key
        app.api_key_source = origin  # type: ignore[assignment]  # one of its words
        self._show_api_key()

    def _show_api_key(self) -> None:
        key = self.console_app.backend.key
        field = self.query_one("#field-key", Field)
        field.input.placeholder = key.hint if key else "sk_…"
        origin = self.console_app.api_key_source
        named = origin == "environment" and self.console_app.preferences.knows_variable(API_KEY_VARIABLE)
        field.show_hint(API_KEY_VARIABLE if named else _API_KEY_HINTS.get(origin, "in use"))
        self.screen.refresh_bindings()

    # -- where it leads -----------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Nothing is known of the environment any more."""
        self.environment = None
        self.workers.cancel_group(self, "environment")
        self.post_message(self.Changed())

    def check_connection(self) -> None:
        """Read the environment back, when a file is readable and the address is one."""
        if self.wanted and options.base_url_problem(self.base_url) is None:
            self._check(Account(options.address(self.base_url), self.profile))

    @work(exclusive=True, group="environment")
    async def _check(self, account: Account) -> None:
        app = self.console_app
        trouble = await self._api_key_from_keyring(account) if app.api_key_source in {"", "keyring"} else ""
        if app.backend.key is None:
            self._say(trouble or "enter the API key: it decides where this writes to", bad=bool(trouble))
            return
        self._say("reading it back…")
        try:
            self.environment = await asyncio.to_thread(app.backend.environment, account.base_url)
        except ImporterError as error:
            self.environment = None
            self._say(f"✖ {error_text(error)}", bad=True)
        else:
            self._show_environment(self.environment)
        self.post_message(self.Changed())

    async def _api_key_from_keyring(self, account: Account) -> str:
        """Take the key stored for `account`; one stored for another is not used here. Returns what went wrong."""
        store = self.console_app.preferences.keys
        key, trouble = None, ""
        if store is not None:
            self._say("asking the system's keyring…")
            try:
                key = await in_daemon(partial(store.read, account))
            except NoKeyStore:
                pass  # the usual thing on a server: the key is asked for
            except ImporterError as error:
                trouble = f"✖ {error_text(error)}"
        self._take_api_key(key, "keyring" if key else "")
        return trouble

    @work(exclusive=True, group="store")
    async def store_api_key(self) -> None:
        """Store the typed key for this profile and address."""
        app = self.console_app
        key, store = app.backend.key, app.preferences.keys
        if key is None or store is None or options.base_url_problem(self.base_url) is not None:
            return
        account = Account(options.address(self.base_url), self.profile)
        try:
            await in_daemon(partial(store.store, account, key))
        except ImporterError as error:
            notify_safe(app, error_text(error), title="The key was not stored", severity="error")
            return
        self._take_api_key(key, "keyring")
        where = f"the profile {account.profile}" if account.profile else "no profile"
        notify_safe(app, f"{key.hint} is in the system's keyring, for {where} at {account.base_url}.")

    def _show_environment(self, environment: Environment) -> None:
        """The badge, and some organizations by name, by which an operator knows the place."""
        names = [safe(name, 40) for name in environment.organizations[:4]]
        more = ", …" if len(environment.organizations) > len(names) else ""
        known = f"{', '.join(names)}{more}" if names else "no organization in it yet"
        label = Content.styled(f"{'Environment':<12}", STYLES["muted"])
        proxy = f"\n{'Proxy':<13}{safe(environment.proxy, 80)}" if environment.proxy else ""
        shown = Content.assemble(label, badge(environment.name), "\n", (" " * 13 + known + proxy, STYLES["muted"]))
        self.query_one("#environment", Static).update(shown)
        self.query_one("#environment").remove_class("-words")

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.query_one("#environment", Static).update(_labelled(words, STYLES["bad" if bad else "muted"]))
        self.query_one("#environment").add_class("-words")


def _labelled(words: str, style: str = STYLES["muted"]) -> Content:
    return Content.assemble((f"{'Environment':<13}", STYLES["muted"]), (safe(words), style))
