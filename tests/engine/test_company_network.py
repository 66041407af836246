"""A job behind a company's proxy and certificates: what goes wrong with them holds it up and names itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import wait_until
from tests.engine.test_trouble import OPTIONS, log_of, run_into_trouble
from tests.network import API, Authority, HttpProxy, Manners, TlsFront, forget_the_machine
from tests.support import UNLIMITED, assert_exact, open_job, person, settled_summary, write_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox
    from tui_importer.sandbox.settings import SandboxSettings

ROWS = [person(n, n % 3) for n in range(60)]


@dataclass(frozen=True)
class Behind:
    """The sandbox by another address."""

    url: str
    key: str


@pytest.fixture
def sandbox_settings() -> SandboxSettings:
    return replace(UNLIMITED, latency=0.005)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def front(
    sandbox: Sandbox, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TlsFront]:
    forget_the_machine(monkeypatch)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path / "ca.pem")))
    target = urlsplit(sandbox.url)
    with TlsFront((str(target.hostname), target.port or 0), authority.server("localhost", API)) as running:
        yield running


def test_a_certificate_that_expires_meanwhile_is_named_and_a_new_one_lets_the_job_go_on(
    tmp_path: Path, sandbox: Sandbox, authority: Authority, front: TlsFront
) -> None:
    good = front.context
    server = Behind(f"https://localhost:{front.port}", sandbox.key)
    expired = f"The certificate of localhost:{front.port} has expired"
    with open_job(tmp_path, server, write_source(tmp_path / "users.csv", ROWS), OPTIONS, chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 10)
        front.show_another(authority.server("localhost", until=datetime(2020, 1, 1, tzinfo=UTC)))
        run_into_trouble(job, expired)
        wait_until(lambda: any(line.startswith(f"Nothing succeeds ({expired}") for line in log_of(job)))
        front.show_another(good)
        assert job.wait(60)
        summary = settled_summary(job)
    assert (summary.totals.created, summary.totals.failed) == (60, 0)
    assert_exact(sandbox, ROWS)


def test_a_proxy_that_refuses_meanwhile_pauses_the_job_with_its_name_and_the_cure(
    tmp_path: Path, sandbox: Sandbox, front: TlsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    manners = Manners({(API, 443): front.address}, user="ada", password="first")
    server = Behind(f"https://{API}", sandbox.key)
    options = replace(OPTIONS, give_up_after=0.5 / 60)
    source = write_source(tmp_path / "users.csv", ROWS)
    with HttpProxy(manners) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:first@127.0.0.1:{proxy.port}")
        with open_job(tmp_path, server, source, options, chunk_size=5) as job:
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 10)
            manners.password = "second"
            front.show_another(front.context)
            assert job.wait(60)
            paused = settled_summary(job)
            now = job.snapshot()
            assert (now.state, job.exit_code, paused.totals.failed) == ("paused", 3, 0)
            assert now.reason == (
                f"service unavailable: The proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) refuses the user name or the "
                "password (407)."
            )
            assert now.next_step.startswith("Correct them in HTTPS_PROXY: http://user:password@host:port")
            assert now.next_step.endswith("resume when the service answers again.")
            manners.password = "first"
            job.start()
            assert job.wait(60)
            assert settled_summary(job).totals.created == 60
    assert_exact(sandbox, ROWS)
