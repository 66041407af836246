"""Keyrings for tests: one in memory, one in a file for processes, and some that do not do what they should."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import NoReturn

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordSetError

from tui_importer.config.keyring import Account, KeyStore
from tui_importer.secret import Secret


class MemoryKeyring(KeyringBackend):
    """Keeps keys as long as the test runs."""

    priority: float = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as backends are
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class FileKeyring(MemoryKeyring):
    """Keeps keys in a file beside the home, for tests that start processes: PYTHON_KEYRING_BACKEND names this class."""

    @staticmethod
    def path() -> Path:
        return Path(os.environ["TUI_IMPORTER_HOME"]).with_suffix(".keyring")

    def get_password(self, service: str, username: str) -> str | None:
        kept: dict[str, str] = json.loads(self.path().read_text(encoding="utf-8"))
        return kept.get(f"{service}/{username}")


class LockedKeyring(MemoryKeyring):
    """Its owner does not unlock it."""

    def get_password(self, service: str, username: str) -> NoReturn:
        raise KeyringLocked("Failed to unlock the collection!")


class TalkativeKeyring(MemoryKeyring):
    """Refuses a key and repeats it."""

    def set_password(self, service: str, username: str, password: str) -> NoReturn:
        raise PasswordSetError(f"cannot store {password}\x1b[31m")


class EndingKeyring(MemoryKeyring):
    """Raises what is no ordinary exception, as native libraries do."""

    def get_password(self, service: str, username: str) -> NoReturn:
        raise SystemExit(3)


class PlaintextKeyring(MemoryKeyring):
    """Keeps keys in clear: its makers do not recommend it."""

    priority = 0.5


class HangingKeyring(MemoryKeyring):
    """Answers when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer = threading.Event(), threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.set()
        self.answer.wait(60)
        return super().get_password(service, username)


class MemoryStore(KeyStore):
    """A key store without a keyring, for tests of screens."""

    def __init__(self, **kept: str) -> None:
        super().__init__()
        self.kept = {Account("https://api.workos.com", profile): Secret(key) for profile, key in kept.items()}

    def read(self, account: Account) -> Secret | None:
        return self.kept.get(account)

    def store(self, account: Account, key: Secret) -> None:
        self.kept[account] = key

    def forget(self, account: Account) -> bool:
        return self.kept.pop(account, None) is not None
