"""A wait for an answer that another thread ends."""

from __future__ import annotations

import threading

import pytest

from tests.cli.conftest import wait_until
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault, SandboxSettings
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import ServiceFailed
from tui_importer.workos.rate_limiter import RateLimiter

SOON = 30.0


def test_requests_under_way_are_lost_and_the_clients_go_on_with_new_connections() -> None:
    with Sandbox(SandboxSettings(faults={"no_answer": Fault(1, times=3)})) as sandbox:
        connection = Connection(sandbox.url, Secret(sandbox.key), RateLimiter())
        ended: list[str] = []

        def ask() -> None:
            with connection.client() as client:
                with pytest.raises(ServiceFailed) as lost:
                    client.list_roles()
                assert lost.value.attempt is not None
                assert lost.value.attempt.status is None
                ended.append(client.list_roles()[0].slug)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: sandbox.snapshot(objects=False).in_flight == 3)
        connection.abandon()
        for thread in threads:
            thread.join(SOON)
        assert ended == ["member"] * 3


def test_there_may_be_nothing_to_abandon() -> None:
    with Sandbox() as sandbox:
        connection = Connection(sandbox.url, Secret(sandbox.key), RateLimiter())
        connection.abandon()
        with connection.client() as client:
            connection.abandon()
            assert client.list_roles()
            connection.abandon()
            assert client.list_roles(), "an idle connection that is lost is replaced"
        connection.abandon()
