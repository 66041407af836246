"""The server as an HTTP/1.1 server: connections, framing, limits of size."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api

HEAD = b"Host: sandbox\r\nAuthorization: Bearer sk_test_sandbox\r\n"


def connect(api: Api) -> socket.socket:
    parts = urlsplit(api.sandbox.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def talk(api: Api, data: bytes) -> bytes:
    """Send, and read until the server closes."""
    with connect(api) as connection:
        connection.sendall(data)
        return read_all(connection)


def post(body: dict[str, Any], *headers: bytes, path: bytes = b"/user_management/users") -> bytes:
    raw = json.dumps(body).encode()
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST " + path + b" HTTP/1.1\r\n" + HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(raw) + raw


def test_every_answer_has_a_request_id_and_a_date(start: Callable[..., Api]) -> None:
    api = start()
    answers = [api.get("/organizations"), api.get("/nowhere"), api.post("/organizations")]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 3
    assert all("Date" in answer.headers for answer in answers)
    api.sandbox.update(send_date=False)
    assert "Date" not in api.get("/organizations").headers


def test_one_connection_serves_many_requests(api: Api) -> None:
    for number in range(20):
        api.user(f"u{number}@example.com")
    state = api.sandbox.state
    assert (state.total_connections, state.connections, state.max_in_flight) == (1, 1, 1)


def test_pipelined_requests_are_answered_in_order(start: Callable[..., Api]) -> None:
    api = start(latency=0.02)
    requests = b"".join(post({"email": f"u{number}@example.com"}) for number in range(5))
    received = talk(api, requests + post({"email": "last@example.com"}, b"Connection: close"))
    assert received.count(b"HTTP/1.1 201") == 6
    assert [user["email"] for user in api.sandbox.state.users] == [
        *(f"u{number}@example.com" for number in range(5)),
        "last@example.com",
    ]
    assert api.sandbox.state.max_in_flight == 1


def test_a_request_may_arrive_in_pieces(api: Api) -> None:
    with connect(api) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post({"email": "ada@example.com"}, b"Connection: close"):
            connection.sendall(bytes([byte]))
        assert read_all(connection).startswith(b"HTTP/1.1 201")


def test_a_chunked_body_is_read(api: Api) -> None:
    answer = api.client.post("/organizations", content=iter([b'{"name":', b' "Acme"}']))
    assert answer.status_code == 201


def test_http_1_0_is_answered_and_closed(api: Api) -> None:
    assert talk(api, b"GET /organizations HTTP/1.0\r\n" + HEAD + b"\r\n").startswith(b"HTTP/1.1 200")


def test_head_has_no_body(api: Api) -> None:
    received = talk(api, b"HEAD /organizations HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 404")
    assert received.endswith(b"\r\n\r\n")


def test_expect_100_continue(api: Api) -> None:
    body = b'{"name": "Acme"}'
    with connect(api) as connection:
        length = b"Content-Length: %d\r\n" % len(body)
        connection.sendall(b"POST /organizations HTTP/1.1\r\n" + HEAD + length + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /" + b"x" * 100_000, 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
def test_malformed_requests_are_refused_and_the_connection_closed(api: Api, data: bytes, status: int) -> None:
    received = talk(api, data)
    assert received.startswith(b"HTTP/1.1 %d" % status)
    assert b"Malformed request" in received
    assert api.get("/organizations").status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_one_mebibyte_is_413(api: Api, *, chunked: bool) -> None:
    content = b'{"name": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    framing = b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: %d\r\n\r\n" % len(content)
    if chunked:
        content = b"%x\r\n" % len(content) + content + b"\r\n0\r\n\r\n"
    received = talk(api, b"POST /organizations HTTP/1.1\r\n" + HEAD + framing + content)
    assert received.startswith(b"HTTP/1.1 413")
    assert api.sandbox.state.counts["organizations"] == 0


def test_a_body_of_just_under_one_mebibyte_is_read(api: Api) -> None:
    assert api.organization("x" * (1024 * 1024 - 20))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nowhere"),
        ("PATCH", "/organizations/org_x"),
        ("POST", "/authorization/roles"),
        ("GET", "/organizations/external_id"),
        ("GET", "/organizations/a/b"),
        ("GET", "/__sandboxes"),
    ],
)
def test_what_is_not_there_is_404(api: Api, method: str, path: str) -> None:
    assert api.client.request(method, path).status_code == 404


def test_requests_that_end_early_leave_nothing_behind(api: Api, eventually: Callable[..., None]) -> None:
    for data in (b"", b"GET /organi", post({"email": "ada@example.com"})[:-5]):
        with connect(api) as connection:
            connection.sendall(data)
    eventually(lambda: api.sandbox.state.connections == 0)
    assert api.sandbox.state.in_flight == 0
    assert api.sandbox.state.counts["users"] == 0


def test_a_client_that_leaves_does_not_undo_its_request(
    start: Callable[..., Api], eventually: Callable[..., None]
) -> None:
    api = start(latency=0.4)
    with connect(api) as connection:
        connection.sendall(post({"email": "ada@example.com"}))
    eventually(lambda: api.sandbox.state.counts["users"] == 1)
    eventually(lambda: api.sandbox.state.in_flight == 0)


def test_requests_in_flight_are_counted(start: Callable[..., Api], eventually: Callable[..., None]) -> None:
    api = start(faults={"no_answer": 1.0})
    connections = [connect(api) for _ in range(30)]
    for number, connection in enumerate(connections):
        connection.sendall(post({"email": f"u{number}@example.com"}))
    eventually(lambda: api.sandbox.state.in_flight == 30)
    for connection in connections:
        connection.close()
    eventually(lambda: api.sandbox.state.in_flight == 0)
    state = api.sandbox.state
    assert (state.max_in_flight, state.max_connections, state.counts["users"]) == (30, 30, 30)


def test_many_clients_at_once(start: Callable[..., Api]) -> None:
    api = start(writes_per_10s=0)
    connections = [connect(api) for _ in range(20)]
    for turn in range(20):
        for number, connection in enumerate(connections):
            connection.sendall(post({"email": f"u{turn}-{number}@example.com"}))
        for connection in connections:
            assert connection.recv(65536).startswith(b"HTTP/1.1 201")
    for connection in connections:
        connection.close()
    assert api.sandbox.state.counts["users"] == 400


def test_the_servers_clock_can_be_ahead(start: Callable[..., Api]) -> None:
    api = start(clock_skew=86_400 * 365)
    plain = start()
    ahead, now = api.organization()["created_at"], plain.organization()["created_at"]
    assert int(ahead[:4]) == int(now[:4]) + 1
    assert ahead[:4] in api.get("/organizations").headers["Date"]


def test_the_own_pages_need_no_key(api: Api) -> None:
    answer = api.anonymous("/__sandbox")
    assert answer.status_code == 200
    assert answer.json()["sandbox"] is True
    assert answer.json()["version"]
