"""A request has an end, however it is answered: bytes that come now and then are no answer."""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.workos.fake_api import KEY, ORGANIZATION
from tests.workos.raw_server import Play, RawServer, reply
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault, SandboxSettings
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import ServiceFailed
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

ANSWER = 0.2
SOON = 20.0


def interim_answers(server: RawServer, peer: socket.socket) -> None:
    """1xx without an end, none of them later than a client's patience for one."""
    while not server.closing.wait(0.02):
        peer.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")


def interim_flood(server: RawServer, peer: socket.socket) -> None:
    """The same as fast as they go."""
    while not server.closing.is_set():
        peer.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" * 1_000)


def slow_head(server: RawServer, peer: socket.socket) -> None:
    """A head that comes byte by byte."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Padding: " + b"a" * 100_000:
        if server.closing.wait(0.02):
            return
        peer.sendall(bytes([byte]))


def ends_soon(work: Callable[[], None]) -> float:
    """Do something that might never end; the seconds it took."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            failed.append(error)

    began = time.monotonic()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SOON)
    assert not thread.is_alive(), "it never ends"
    if failed:
        raise failed[0]
    return time.monotonic() - began


@pytest.mark.parametrize("play", [interim_answers, interim_flood, slow_head], ids=lambda play: play.__name__)
def test_a_head_that_never_ends_is_an_answer_that_was_lost(play: Play) -> None:
    with RawServer(play, reply(201, ORGANIZATION)) as server:
        connection = Connection(server.url, Secret(KEY), RateLimiter(), answer_seconds=ANSWER)

        def ask() -> None:
            with connection.client() as client:
                with pytest.raises(ServiceFailed, match="took too long") as lost:
                    client.create_organization("Acme", "acme")
                assert (lost.value.status, lost.value.attempt is not None) == (None, True)
                assert client.create_organization("Acme", "acme").id == "org_1", "another connection is made"

        assert ends_soon(ask) < 30 * ANSWER


def test_the_sandbox_plays_a_slow_head() -> None:
    settings = SandboxSettings(faults={"slow_head": Fault(1, times=1)}, slow_seconds=0.05)
    with Sandbox(settings) as sandbox:
        connection = Connection(sandbox.url, Secret(sandbox.key), RateLimiter(), answer_seconds=ANSWER)

        def ask() -> None:
            with connection.client() as client:
                with pytest.raises(ServiceFailed, match="took too long"):
                    client.create_user({"email": "ada@example.com"})
                assert client.list_users(email="ada@example.com"), "it had its effect"

        ends_soon(ask)


def test_one_thread_looks_after_all_clients_and_goes_with_them() -> None:
    others = set(threading.enumerate())

    def watching() -> int:
        return sum(thread.name == "answers" and thread not in others for thread in threading.enumerate())

    connection = Connection("http://127.0.0.1:1", Secret(KEY), RateLimiter(), answer_seconds=ANSWER)
    clients = [connection.client() for _ in range(20)]
    assert watching() == 1
    for client in clients:
        client.close()
    del client
    clients.clear()
    gc.collect()
    wait_until(lambda: watching() == 0)
    with connection.client():
        assert watching() == 1, "another client is looked after again"
