"""Faults of a real network: what they become, and that the client goes on after each of them."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.workos.fake_api import KEY, ORGANIZATION, USER
from tests.workos.raw_server import Play, RawServer, close, drip, flood, reply, reset, send, silence, then
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import Attempt, KeyRejected, NotSent, RateLimited, ServiceFailed, WorkosError
from tui_importer.workos.rate_limiter import RateLimiter

GOOD = reply(201, USER)
HEAD = b'{"object": "user", "id": "user_1"'


def connect(url: str, attempts: list[Attempt] | None = None, answer_seconds: float = 20.0) -> Connection:
    observe = None if attempts is None else attempts.append
    return Connection(url, Secret(KEY), RateLimiter(writes_per_10s=0), observe=observe, answer_seconds=answer_seconds)


LOST: dict[str, tuple[Play, float]] = {
    "closed without an answer": (close, 20.0),
    "reset without an answer": (reset, 20.0),
    "no answer": (silence, 0.3),
    "half a status line": (then(lambda _, peer: peer.sendall(b"HTTP/1."), close), 20.0),
    "half a header": (then(lambda _, peer: peer.sendall(b"HTTP/1.1 201 Created\r\nContent-"), close), 20.0),
    "no HTTP at all": (then(lambda _, peer: peer.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"), close), 20.0),
}
CUT: dict[str, tuple[Play, float]] = {
    "half a body": (then(send(201, HEAD, "Content-Length: 200"), close), 20.0),
    "half a body, then reset": (then(send(201, HEAD, "Content-Length: 200"), reset), 20.0),
    "half a body, then nothing": (then(send(201, HEAD, "Content-Length: 200"), silence), 0.3),
    "half a chunk": (then(send(201, b"20\r\n" + HEAD, "Transfer-Encoding: chunked"), close), 20.0),
    "a body that trickles": (then(send(201, HEAD, "Content-Length: 1000000"), drip), 0.3),
    "a body without an end": (then(send(201, HEAD), flood), 20.0),
    "a body cut where it does not show": (then(send(201, HEAD), close), 20.0),
    "a body that is not gzip": (then(send(201, HEAD, "Content-Encoding: gzip"), close), 20.0),
    "an empty body": (reply(201, None), 20.0),
    "no body": (send(204, b""), 20.0),
    "a page": (send(200, b"<html></html>", "Content-Length: 13"), 20.0),
    "a failure cut short": (then(send(400, b'{"message"', "Content-Length: 200"), close), 20.0),
}


@pytest.mark.parametrize("name", [*LOST, *CUT])
def test_what_may_have_been_applied_is_ambiguous_and_the_client_goes_on(name: str) -> None:
    play, patience = LOST[name] if name in LOST else CUT[name]
    attempts: list[Attempt] = []
    with RawServer(play, GOOD) as server, connect(server.url, attempts, patience).client() as client:
        with pytest.raises(ServiceFailed) as caught:
            client.create_user({"email": "ada@example.com"})
        assert len(server.requests) == 1
        assert client.create_user({"email": "ada@example.com"}).id == "user_1"
    failed, good = attempts
    assert failed is caught.value.attempt
    assert failed.status is None if name in LOST else failed.status in {200, 201, 204, 400}
    assert failed.error
    assert good.status == 201


def test_a_429_or_401_cut_short_is_one_all_the_same() -> None:
    for status, kind in ((429, RateLimited), (401, KeyRejected)):
        play = then(send(status, b"{", "Content-Length: 200"), close)
        with RawServer(play) as server, connect(server.url).client() as client, pytest.raises(kind):
            client.get_organization("org_1")


def test_a_refused_connection_was_never_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    attempts: list[Attempt] = []
    with connect(f"http://127.0.0.1:{port}", attempts).client() as client:
        with pytest.raises(NotSent, match=f"127.0.0.1:{port}") as caught:
            client.create_user({"email": "ada@example.com"})
        assert not client.is_sandbox()
    assert attempts == [caught.value.attempt]


def test_tls_to_a_server_without_it_was_never_sent() -> None:
    with RawServer(GOOD) as server:
        url = server.url.replace("http://", "https://")
        with connect(url, answer_seconds=5.0).client() as client, pytest.raises(NotSent):
            client.get_organization("org_1")
        assert not server.requests


def test_one_connection_serves_many_requests() -> None:
    with RawServer(reply(200, ORGANIZATION)) as server, connect(server.url).client() as client:
        for _ in range(20):
            client.get_organization("org_1")
        assert server.connections == 1


def test_a_connection_that_the_server_closed_in_between_is_replaced() -> None:
    answer = reply(200, ORGANIZATION, "Connection: close")
    with RawServer(answer) as server, connect(server.url).client() as client:
        for _ in range(3):
            client.get_organization("org_1")
        assert server.connections == 3


def test_redirects_are_not_followed_and_the_key_stays_here() -> None:
    with RawServer(reply(200, ORGANIZATION)) as other:
        redirect = reply(302, {}, f"Location: {other.url}/organizations/org_1")
        with RawServer(redirect) as server, connect(server.url).client() as client, pytest.raises(ServiceFailed):
            client.get_organization("org_1")
        assert server.requests
        assert not other.requests


def test_the_request_as_it_stands_on_the_wire() -> None:
    asked = "a/b?c#d%e é+"
    with (
        RawServer(reply(200, ORGANIZATION | {"external_id": asked})) as server,
        connect(server.url).client() as client,
    ):
        client.get_organization_by_external_id(asked)
        client.is_sandbox()
    first, second = server.requests
    assert first.startswith(b"GET /organizations/external_id/a%2Fb%3Fc%23d%25e%20%C3%A9%2B HTTP/1.1\r\n")
    assert f"\r\nauthorization: bearer {KEY}\r\n".encode() in first.lower()
    assert b"\r\nuser-agent: tui-importer/" in first.lower()
    assert b"authorization" not in second.lower()


def test_threads_with_clients_of_their_own_over_faults_neither_hang_nor_leak() -> None:
    plays = [GOOD, close, reply(503, {"message": "x"}), GOOD, reset, then(send(201, HEAD, "Content-Length: 99"), close)]
    attempts: list[Attempt] = []
    with RawServer(*(plays * 40), GOOD) as server:
        connection = connect(server.url, attempts)

        def work() -> None:
            with connection.client() as client:
                for _ in range(30):
                    try:
                        client.create_user({"email": "ada@example.com"})
                    except WorkosError:
                        continue

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(attempts) == 240
    assert sum(attempt.status == 201 and not attempt.error for attempt in attempts) >= 240 / 3 - 8
