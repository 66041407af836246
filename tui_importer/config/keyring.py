"""API keys in the system's keyring: the macOS Keychain, the Secret Service, KWallet.

A keyring may be missing, locked, or wait for a person who is not there, and whatever is behind it raises what it
likes. So every call runs in a thread of its own with a deadline, and ends as a key or as one of our own errors.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from tui_importer.crash_report import redact
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyring.backend import KeyringBackend

SERVICE: Final = "tui-importer"
PATIENCE: Final = 30.0
"""Seconds that a keyring is given: it may ask its owner for a password meanwhile."""

MOMENT: Final = 2.0
"""Seconds after which it is worth a note that the keyring is waited for."""

_REFUSED: Final = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
"""Backends that keep nothing, or keep it in clear or behind a prompt of their own on this terminal."""

ResultT = TypeVar("ResultT")


class KeyStoreError(ImporterError):
    """Failure of the keyring."""

    kind = "keyring"


class NoKeyStore(KeyStoreError):
    """System without a keyring that keeps a key safely."""

    def __init__(self) -> None:
        super().__init__(
            "This system has no keyring that keeps a key safely.", "Give the key in WORKOS_API_KEY, or when asked."
        )


class KeyStoreSlow(KeyStoreError):
    """Keyring that did not answer in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The system's keyring did not answer within {seconds:g} s.",
            "Unlock it and try again, or give the key in WORKOS_API_KEY.",
        )


class Account(NamedTuple):
    """Purpose of a stored key: one address, and the profile it is used under ("" for none).

    The address is part of it, so that a key is never sent anywhere else than it was stored for.
    """

    base_url: str
    profile: str = ""

    @property
    def name(self) -> str:
        """The entry's user name in the keyring."""
        return f"{self.profile} {self.base_url}" if self.profile else self.base_url


class KeyStore:
    """Store of keys; each call blocks for at most PATIENCE seconds.

    `waiting` is called once when a call takes longer than a moment: the keyring may be asking its owner.
    """

    def __init__(self, *, waiting: Callable[[], None] = lambda: None) -> None:
        self._waiting = waiting

    def read(self, account: Account) -> Secret | None:
        """Read the key of `account`, None when there is none. Raises NoKeyStore, KeyStoreSlow, KeyStoreError."""
        found = self._within(lambda: _backend().get_password(SERVICE, account.name))
        return Secret(found) if found else None

    def store(self, account: Account, key: Secret) -> None:
        """Store the key for `account` instead of any before. Raises as `read`."""
        self._within(lambda: _backend().set_password(SERVICE, account.name, key.reveal()), key)

    def forget(self, account: Account) -> bool:
        """Remove the key of `account`; False when there was none. Raises as `read`."""

        def remove() -> bool:
            backend = _backend()
            if not backend.get_password(SERVICE, account.name):
                return False
            backend.delete_password(SERVICE, account.name)
            return True

        return self._within(remove)

    def _within(self, call: Callable[[], ResultT], key: Secret | None = None) -> ResultT:
        future: Future[ResultT] = Future()

        def run() -> None:
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - it is turned into our own where the result is awaited
                future.set_exception(error)

        # A daemon: one that never ends must not keep the process from ending.
        threading.Thread(target=run, name="keyring", daemon=True).start()
        error = self._awaited(future)
        if error is None:
            return future.result()
        if isinstance(error, ImporterError):
            raise error
        raise _refusal(error, key) from None

    def _awaited(self, future: Future[ResultT]) -> BaseException | None:
        moment = min(MOMENT, PATIENCE)
        try:
            return future.exception(moment)
        except TimeoutError:
            self._waiting()
        try:
            return future.exception(PATIENCE - moment)
        except TimeoutError:
            raise KeyStoreSlow(PATIENCE) from None


def _refusal(error: BaseException, key: Secret | None) -> KeyStoreError:
    """Put what a keyring raised in our own words; by name, because importing its errors may be what failed."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "NoKeyringError" in kinds:
        return NoKeyStore()
    next_step = "Give the key in WORKOS_API_KEY, or when asked."
    if "KeyringLocked" in kinds:
        return KeyStoreError("The system's keyring is locked.", f"Unlock it and try again. {next_step}")
    said = str(error) or type(error).__name__
    if key:
        said = said.replace(key.reveal(), key.hint)
    words = redact(safe(said, 200)).rstrip(".")
    return KeyStoreError(f"The system's keyring failed: {words}.", next_step)


def _backend() -> KeyringBackend:
    """Find the best keyring that is fit to keep a key. Raises NoKeyStore."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    offered = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    for backend in offered:
        if not type(backend).__module__.startswith(_REFUSED) and backend.priority >= 1:
            return backend
    raise NoKeyStore
