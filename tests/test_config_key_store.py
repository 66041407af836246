"""API keys in the system's keyring: kept for one profile and address, refused where they would lie in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backends import chainer, fail, null

from tests.keyrings import (
    EndingKeyring,
    HangingKeyring,
    LockedKeyring,
    MemoryKeyring,
    PlaintextKeyring,
    TalkativeKeyring,
)
from tui_importer.config.keyring import SERVICE, Account, KeyStore, KeyStoreError, KeyStoreSlow, NoKeyStore
from tui_importer.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

KEY = Secret("sk_test_a1B2c3D4e5F6")
STAGING = Account("https://api.workos.com", "staging")


def use(backend: KeyringBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)


def test_a_key_is_found_again_for_its_profile_and_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = MemoryKeyring()
    use(memory, monkeypatch)
    store = KeyStore()
    assert store.read(STAGING) is None
    store.store(STAGING, KEY)
    assert store.read(STAGING) == KEY
    for other in (
        Account(STAGING.base_url),
        Account("https://evil.example", "staging"),
        Account(STAGING.base_url, "x"),
    ):
        assert store.read(other) is None
    assert list(memory.kept) == [(SERVICE, "staging https://api.workos.com")]
    assert store.forget(STAGING)
    assert not store.forget(STAGING)
    assert memory.kept == {}


class ForeignPlaintext(MemoryKeyring):
    priority = 9


ForeignPlaintext.__module__ = "keyrings.alt.file"


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, PlaintextKeyring, ForeignPlaintext])
def test_a_keyring_that_keeps_nothing_or_in_clear_is_none(
    backend: type[KeyringBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backend()
    use(made, monkeypatch)
    for call in (KeyStore().read, lambda account: KeyStore().store(account, KEY), KeyStore().forget):
        with pytest.raises(NoKeyStore) as caught:
            call(STAGING)
        assert "WORKOS_API_KEY" in caught.value.next
    assert getattr(made, "kept", {}) == {}


def test_of_several_keyrings_the_first_safe_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    clear, safe = ForeignPlaintext(), MemoryKeyring()

    class Chain(chainer.ChainerBackend):
        backends = [clear, safe]  # noqa: RUF012 - as the chain has it

    use(Chain(), monkeypatch)  # type: ignore[no-untyped-call]  # as backends are
    KeyStore().store(STAGING, KEY)
    assert clear.kept == {}
    assert len(safe.kept) == 1


def test_a_locked_keyring_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    use(LockedKeyring(), monkeypatch)
    with pytest.raises(KeyStoreError, match="is locked"):
        KeyStore().read(STAGING)


def test_a_keyring_that_repeats_the_key_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    use(TalkativeKeyring(), monkeypatch)
    for key in (KEY, Secret("an-odd-key-of-no-pattern")):
        with pytest.raises(KeyStoreError) as caught:
            KeyStore().store(STAGING, key)
        assert "cannot store" in str(caught.value)
        assert key.reveal() not in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_whatever_a_keyring_raises_ends_as_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    use(EndingKeyring(), monkeypatch)
    with pytest.raises(KeyStoreError, match="failed"):
        KeyStore().read(STAGING)


def test_a_keyring_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = HangingKeyring()
    use(backend, monkeypatch)
    monkeypatch.setattr("tui_importer.config.keyring.PATIENCE", 0.01)
    notes: list[str] = []
    with pytest.raises(KeyStoreSlow, match=r"did not answer within 0\.01 s"):
        KeyStore(waiting=lambda: notes.append("waiting")).read(STAGING)
    assert notes == ["waiting"]
    assert backend.asked.wait(60)
    backend.answer.set()


def test_without_the_library_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(KeyStoreError, match="keyring failed"):
        KeyStore().read(STAGING)
