"""Store an API key in the system's keyring, or forget it: both only when the operator says so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from tui_importer.errors import ImporterError
from tui_importer.tui.screens.dialogs.api_key import ApiKeyDialog
from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog
from tui_importer.tui.style.text import error_text, notify_safe
from tui_importer.tui.system.threads import in_daemon

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.config.keyring import Account, KeyStore
    from tui_importer.secret import Secret
    from tui_importer.tui.console_app import ConsoleApp

Wish = Literal["leave", "store", "forget"]

_TITLE: Final = "The system's keyring"


async def manage_api_key(app: ConsoleApp, store: KeyStore, account: Account) -> None:
    """Say whether a key is stored for `account`, and store or forget one as the operator wants."""
    try:
        key = await in_daemon(partial(store.read, account))
    except ImporterError as error:
        notify_safe(app, error_text(error), title=_TITLE, severity="error")
        return

    def typed(key: Secret | None) -> None:
        if key is not None:
            done = f"{key.hint} is in the system's keyring, for {where(account)}."
            app.run_worker(_changed(app, partial(store.store, account, key), done))

    def decided(wish: Wish | None) -> None:
        if wish == "store":
            app.push_screen(ApiKeyDialog(where(account), f"It is stored for {where(account)}."), typed)
        elif wish == "forget":
            done = f"The system's keyring has no key for {where(account)} any more."
            app.run_worker(_changed(app, partial(store.forget, account), done))

    app.push_screen(_dialog(app, account, key), decided)


async def _changed(app: ConsoleApp, change: Callable[[], object], done: str) -> None:
    try:
        await in_daemon(change)
    except ImporterError as error:
        notify_safe(app, error_text(error), title=_TITLE, severity="error")
        return
    notify_safe(app, done)
    if app.api_key_source == "keyring":  # it may be this one
        app.backend.key, app.api_key_source = None, ""


def where(account: Account) -> str:
    """What a key is for, in words."""
    return f"{f'the profile {account.profile}' if account.profile else 'no profile'} at {account.base_url}"


def _dialog(app: ConsoleApp, account: Account, key: Secret | None) -> ChoiceDialog[Wish]:
    text = [f"For {where(account)}:", f"the key {key.hint} is stored." if key else "no key is stored."]
    if app.api_key_source == "environment":
        text.append("While WORKOS_API_KEY is set, its key is used instead.")
    choices: list[Choice[Wish]] = [
        Choice("Leave it", "change nothing", "leave"),
        Choice("Another key…" if key else "Store a key…", "in the system's keyring, never in a file", "store"),
    ]
    if key:
        choices.append(Choice("Forget it", "remove it from the keyring; WorkOS keeps it", "forget", "bad"))
    return ChoiceDialog("API key", text, choices)
