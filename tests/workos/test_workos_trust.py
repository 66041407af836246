"""Whose certificates are trusted, over real TLS: the system's store, the variables, and files of no use."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import truststore

from tests.network import API, Authority, TlsFront
from tests.workos.fake_api import KEY
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import BadNetworkSettings, TlsFailed
from tui_importer.workos.network import trust
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workos.raw_server import RawServer

NOWHERE = "/nonexistent/certificates"


@pytest.fixture
def front(authority: Authority, plain_server: RawServer) -> Iterator[TlsFront]:
    """A server with a certificate of the private CA."""
    with TlsFront(plain_server.address, authority.server("localhost")) as running:
        yield running


def connection(front: TlsFront) -> Connection:
    return Connection(f"https://localhost:{front.port}", Secret(KEY), RateLimiter())


def ask(front: TlsFront) -> str:
    """Ask the server for something; returns whose certificates were trusted."""
    made = connection(front)
    with made.client() as client:
        assert client.get_organization("org_1").id == "org_1"
    return made.route.trusted


def system(monkeypatch: pytest.MonkeyPatch, file: Path | str = NOWHERE, folder: Path | str = NOWHERE) -> None:
    """Let the system's store be there."""
    paths = ssl.DefaultVerifyPaths("", "", "SSL_CERT_FILE", str(file), "SSL_CERT_DIR", str(folder))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(trust, "SYSTEM_FILES", ())


class TestSystemStore:
    def test_what_the_system_trusts_is_trusted(
        self, front: TlsFront, ca_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system(monkeypatch, file=ca_file)
        assert ask(front) == "the system's trust store"

    def test_a_folder_of_the_system_is_trusted(
        self, front: TlsFront, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system(monkeypatch, folder=authority.write_folder(tmp_path / "certs"))
        ask(front)

    def test_a_python_of_another_system_finds_the_store(
        self, front: TlsFront, ca_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system(monkeypatch)
        monkeypatch.setattr(trust, "SYSTEM_FILES", (NOWHERE, str(ca_file)))
        ask(front)

    @pytest.mark.parametrize("store", ["missing", "empty"])
    def test_without_a_store_the_usual_authorities_are_trusted(
        self, front: TlsFront, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
    ) -> None:
        (tmp_path / "empty.pem").touch()
        (tmp_path / "empty").mkdir()
        system(monkeypatch, tmp_path / f"{store}.pem", tmp_path / store)
        assert trust.TrustStore().context().cert_store_stats()["x509_ca"] > 50
        with pytest.raises(TlsFailed, match="not trusted"):
            ask(front)

    def test_a_private_authority_is_not_trusted_by_itself(self, front: TlsFront) -> None:
        with pytest.raises(TlsFailed, match="its CA is not in the system's trust store") as caught:
            ask(front)
        assert "add the company's CA to the system's trust store" in caught.value.next
        assert "SSL_CERT_FILE" in caught.value.next
        assert front.handshakes == 0

    def test_where_the_system_decides_each_client_asks_it_by_itself(
        self, front: TlsFront, ca_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(trust, "SYSTEM_DECIDES", True)
        store = trust.TrustStore()
        assert isinstance(store.context(), truststore.SSLContext)
        assert store.context() is not store.context()
        with pytest.raises(TlsFailed, match="its CA is not in the system's trust store"):
            ask(front)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
        assert ask(front) == f"the system's trust store or {ca_file} (REQUESTS_CA_BUNDLE)"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", NOWHERE)
        with pytest.raises(BadNetworkSettings, match="REQUESTS_CA_BUNDLE"):
            trust.TrustStore()
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
        assert ask(front) == f"{ca_file} (SSL_CERT_FILE)"


class TestVariables:
    def test_a_file_is_trusted_instead_of_the_system(
        self, front: TlsFront, ca_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
        assert ask(front) == f"{ca_file} (SSL_CERT_FILE)"

    @pytest.mark.parametrize("missing", ["", f"{NOWHERE}:"])
    def test_folders_are_trusted_some_of_which_may_be_missing(
        self, front: TlsFront, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        monkeypatch.setenv("SSL_CERT_DIR", missing + str(authority.write_folder(tmp_path / "certs")))
        ask(front)

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_what_other_programs_trust_is_trusted_besides(
        self, front: TlsFront, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        other = Authority().write(tmp_path / "other.pem")
        for path in (authority.write(tmp_path / "ca.pem"), authority.write_folder(tmp_path / "certs")):
            monkeypatch.setenv(variable, str(path))
            assert ask(front) == f"the system's trust store or {path} ({variable})"
            with monkeypatch.context() as besides:
                besides.setenv("SSL_CERT_FILE", str(other))
                assert ask(front) == f"{other} (SSL_CERT_FILE) or {path} ({variable})"

    def test_a_file_with_another_authority_is_named(
        self, front: TlsFront, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Authority().write(tmp_path / "other.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(other))
        with pytest.raises(TlsFailed, match=r"its CA is not in /.*/other.pem \(SSL_CERT_FILE\)") as caught:
            ask(front)
        assert "add the company's CA to what SSL_CERT_FILE names; or unset that" in caught.value.next

    def test_a_file_may_hold_the_servers_own_certificate_only(
        self, plain_server: RawServer, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        context, leaf = authority.server_and_leaf("localhost")
        path = tmp_path / "leaf.pem"
        path.write_bytes(leaf)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        with TlsFront(plain_server.address, context) as front:
            ask(front)

    @pytest.mark.parametrize("variable", [*trust.INSTEAD, *trust.BESIDES])
    def test_a_file_of_no_use_is_named_with_its_variable(
        self, front: TlsFront, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        empty, words = tmp_path / "empty", tmp_path / "words.pem"
        empty.mkdir()
        words.write_text("no certificate")
        for path, why in (
            (Path(NOWHERE), "does not exist"),
            (empty, "a folder without certificates"),
            (words, "holds no certificate in PEM form"),
            (words / "below", "cannot be read: Not a directory"),
        ):
            monkeypatch.setenv(variable, str(path))
            with pytest.raises(BadNetworkSettings) as caught:
                ask(front)
            assert caught.value.message.startswith(f"{variable} names {path}, ")
            assert why in caught.value.message
            assert caught.value.next
            assert caught.value.exit_code == 2

    def test_an_empty_variable_says_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in (*trust.INSTEAD, *trust.BESIDES):
            monkeypatch.setenv(variable, "")
        assert trust.TrustStore().words == "the system's trust store"


def test_threads_share_one_tls_context(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[trust.TrustStore] = []

    class Counted(trust.TrustStore):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(trust, "TrustStore", Counted)
    shared = Connection(f"https://{API}", Secret(KEY), RateLimiter())
    threads = [threading.Thread(target=lambda: shared.http_client().close()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (store,) = made
    assert store.context() is store.context()
    shared.with_key(Secret("sk_test_other")).http_client().close()
    assert len(made) == 1
