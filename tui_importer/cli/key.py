"""Where the API key comes from: the environment, else a masked prompt; never the command line, never a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from tui_importer.cli.terminal import can_ask
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_VARIABLE = "WORKOS_API_KEY"


class KeyMissing(ImporterError):
    """No API key was given, and nobody can be asked."""

    kind = "key_missing"


class KeyMalformed(ImporterError):
    """What was given cannot be an API key."""

    kind = "key_malformed"


def key_from_environment(environment: Mapping[str, str] = os.environ) -> Secret | None:
    """The key of WORKOS_API_KEY, None when it is unset or blank. Raises KeyMalformed."""
    text = environment.get(KEY_VARIABLE, "").strip()
    return _checked(text, f"The variable {KEY_VARIABLE}") if text else None


def obtain_key(base_url: str, environment: Mapping[str, str] = os.environ) -> Secret:
    """The key from the environment, else from a prompt that shows nothing of it. Raises KeyMissing, KeyMalformed.

    `base_url` is shown in the question: the operator sees where the key will be sent.
    """
    if (key := key_from_environment(environment)) is not None:
        return key
    if not can_ask():
        raise KeyMissing("There is no API key.", f"Set the environment variable {KEY_VARIABLE} and try again.")
    typed: str = click.prompt(f"WorkOS API key for {base_url}", hide_input=True, err=True)
    return _checked(typed.strip(), "The key")


def _checked(text: str, what: str) -> Secret:
    # A header takes visible ASCII only; anything else is a slip of copying.
    if not text.isascii() or not text.isprintable() or " " in text:
        raise KeyMalformed(
            f"{what} is not an API key: it has blanks or characters that no key has.",
            "Copy the key again from the WorkOS dashboard (API Keys); it begins with sk_.",
        )
    return Secret(text)
