"""TLS that fails, over real sockets: each cause has its own sentence and its own cure, and nothing was sent."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.network import Authority, Listener, TlsFront, closed_port
from tests.workos.fake_api import KEY
from tui_importer.sandbox.server import Sandbox
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import Attempt, NotSent, ServiceFailed, TlsFailed, WorkosError
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workos.raw_server import RawServer

PAST, FUTURE, FAR = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC), datetime(2091, 1, 1, tzinfo=UTC)


def failure(url: str, kind: type[WorkosError] = TlsFailed) -> WorkosError:
    """What a write to `url` fails with."""
    attempts: list[Attempt] = []
    connection = Connection(url, Secret(KEY), RateLimiter(), observe=attempts.append, answer_seconds=20.0)
    with connection.client() as client, pytest.raises(WorkosError) as caught:
        client.create_user({"email": "ada@example.com"})
    error = caught.value
    assert type(error) is kind, error
    assert attempts == [error.attempt]
    assert attempts[0].error == error.text
    return error


@pytest.fixture(autouse=True)
def trusted(ca_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))


def front_failure(server: RawServer, context: ssl.SSLContext, host: str = "localhost") -> tuple[str, WorkosError]:
    with TlsFront(server.address, context) as front:
        where = f"{host}:{front.port}"
        error = failure(f"https://{where}")
    assert not server.requests
    return where, error


def test_an_expired_certificate_points_to_the_clock(plain_server: RawServer, authority: Authority) -> None:
    where, error = front_failure(plain_server, authority.server("localhost", until=PAST))
    assert error.message == f"The certificate of {where} has expired."
    assert "Check this machine's clock, which says 20" in error.next


def test_a_certificate_of_the_future_points_to_the_clock(plain_server: RawServer, authority: Authority) -> None:
    where, error = front_failure(plain_server, authority.server("localhost", since=FUTURE, until=FAR))
    assert error.message == f"The certificate of {where} is not valid yet."
    assert "Check this machine's clock, which says 20" in error.next


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_of_another_host(plain_server: RawServer, authority: Authority, host: str) -> None:
    where, error = front_failure(plain_server, authority.server("elsewhere.example"), host)
    assert error.message == f"The certificate of {where} is for another host."
    assert "Check the base URL" in error.next


def test_a_self_signed_certificate_names_the_cure(plain_server: RawServer, tmp_path: Path) -> None:
    where, error = front_failure(plain_server, Authority.self_signed(tmp_path))
    assert error.message.startswith(f"The certificate of {where} is not trusted: it is self-signed")
    assert "SSL_CERT_FILE" in error.next


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_version_of_tls_that_is_too_old(plain_server: RawServer, authority: Authority) -> None:
    context = authority.server("localhost")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    where, error = front_failure(plain_server, context)
    assert error.message.startswith(f"{where} and this program have no version of TLS in common (")
    assert "TLS 1.2 or newer" in error.next


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_client_certificate(
    plain_server: RawServer, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = authority.demand(authority.server("localhost"))
    context.maximum_version = version
    where, error = front_failure(plain_server, context)
    assert "wants a client certificate" in error.message
    assert error.message.startswith(where)


def test_a_server_that_speaks_no_tls() -> None:
    with Sandbox() as sandbox:
        where = sandbox.url.removeprefix("http://")
        error = failure(f"https://{where}")
        assert sandbox.snapshot(objects=False).total == 0
    assert error.message == f"{where} does not speak TLS."
    assert "Check the port in the base URL" in error.next


def test_a_server_that_hangs_up_on_tls() -> None:
    with Listener(lambda peer: peer.close()) as listener:
        error = failure(f"https://127.0.0.1:{listener.port}")
    assert error.message == f"127.0.0.1:{listener.port} closed the connection while TLS was agreed on."
    assert "firewall" in error.next


def test_a_server_that_speaks_tls_only(plain_server: RawServer, authority: Authority) -> None:
    with TlsFront(plain_server.address, authority.server("localhost")) as front:
        error = failure(f"http://localhost:{front.port}", ServiceFailed)
    assert "If it speaks TLS, write https:// in the base URL" in error.next
    assert not plain_server.requests


def test_a_server_that_refuses_clear_text_by_an_alert() -> None:
    with Listener(lambda peer: peer.sendall(b"\x15\x03\x01\x00\x02\x02\x46" * bool(peer.recv(65_536)))) as listener:
        error = failure(f"http://127.0.0.1:{listener.port}", ServiceFailed)
    assert "If it speaks TLS, write https:// in the base URL" in error.next


def test_nobody_listens_is_no_matter_of_tls() -> None:
    port = closed_port()
    error = failure(f"https://localhost:{port}", NotSent)
    assert error.message == f"No connection to localhost:{port}: Connection refused."
    assert "HTTPS_PROXY" in error.next


def test_every_kind_is_a_refusal_to_connect_and_can_be_resumed() -> None:
    assert issubclass(TlsFailed, NotSent)
    assert TlsFailed.retryable
    assert TlsFailed.exit_code == 3
