"""API key of a command: from the environment, the keyring or a masked prompt; never the command line or a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tui_importer.cli.output import note
from tui_importer.cli.prompts import can_ask
from tui_importer.cli.signals import noticed
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tui_importer.config.keyring import KeyStore

KEY_VARIABLE = "WORKOS_API_KEY"


class KeyMissing(ImporterError):
    """Missing API key, without a terminal to ask on."""

    kind = "key_missing"


class KeyMalformed(ImporterError):
    """Text that cannot be an API key."""

    kind = "key_malformed"


def key_from_environment(environment: Mapping[str, str] = os.environ) -> Secret | None:
    """Read the key of WORKOS_API_KEY; None when it is unset or blank. Raises KeyMalformed."""
    text = environment.get(KEY_VARIABLE, "").strip()
    return _checked(text, f"The variable {KEY_VARIABLE}") if text else None


def obtain_key(
    base_url: str,
    environment: Mapping[str, str] = os.environ,
    *,
    profile: str = "",
    others: Iterable[str] = (),
    recognised: Callable[[Secret], bool] | None = None,
) -> Secret:
    """Obtain the key from the environment, else the keyring, else a prompt that shows nothing of it.

    The keyring's is the one stored for `profile`; with `recognised`, one of `others` or of no profile that it
    recognises is taken first. `base_url` is shown in the question: the operator sees where the key will be sent.
    Raises KeyMissing, KeyMalformed.
    """
    if (key := key_from_environment(environment)) is not None:
        return key
    if (key := _from_keyring(base_url, profile, others, recognised)) is not None:
        note(f"The key {key.hint} is from the system's keyring.")
        return key
    if not can_ask():
        raise KeyMissing("There is no API key.", f"Set the environment variable {KEY_VARIABLE} and try again.")
    import click

    with noticed():
        typed: str = click.prompt(f"WorkOS API key for {base_url}", hide_input=True, err=True)
    return _checked(typed.strip(), "The key")


def _from_keyring(
    base_url: str, profile: str, others: Iterable[str], recognised: Callable[[Secret], bool] | None
) -> Secret | None:
    """Read the stored key; None when there is none or, after a note that says why, when the keyring fails."""
    from tui_importer.config.keyring import KeyStore, KeyStoreError, NoKeyStore

    store = KeyStore(waiting=lambda: note("Waiting for the system's keyring…"))
    try:
        return stored_key(store, base_url, profile, others, recognised)
    except NoKeyStore:
        return None
    except KeyStoreError as error:
        note(str(error))
        return None


def stored_key(
    store: KeyStore,
    base_url: str,
    profile: str,
    others: Iterable[str] = (),
    recognised: Callable[[Secret], bool] | None = None,
) -> Secret | None:
    """Read the key in the keyring for `base_url`, as `obtain_key` chooses it. Raises KeyStoreError."""
    from tui_importer.config.keyring import Account

    own = store.read(Account(base_url, profile))
    if recognised is None or (own is not None and recognised(own)):
        return own
    for other in dict.fromkeys(["", *others]):
        key = store.read(Account(base_url, other)) if other != profile else None
        if key is not None and recognised(key):
            return key
    return own


def _checked(text: str, what: str) -> Secret:
    # A header takes visible ASCII only; anything else is a slip of copying.
    if not text.isascii() or not text.isprintable() or " " in text:
        raise KeyMalformed(
            f"{what} is not an API key: it has blanks or characters that no key has.",
            "Copy the key again from the WorkOS dashboard (API Keys); it begins with sk_.",
        )
    return Secret(text)
