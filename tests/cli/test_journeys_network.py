"""The command line in a company's network: private certificates, proxies with passwords, and what refuses there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import FAST
from tests.network import API, Authority, HttpProxy, Manners, SocksProxy, TlsFront, closed_port, forget_the_machine
from tests.support import assert_exact, person, write_source
from tui_importer.cli.backend import ConsoleBackend
from tui_importer.config import Config, RecentFiles, paths
from tui_importer.errors import ImporterError
from tui_importer.sandbox.settings import DEFAULT_KEY
from tui_importer.secret import Secret
from tui_importer.tui.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended
    from tui_importer.sandbox.server import Sandbox

PASSWORD = "p@ss#Wq7zLm"
ENCODED = "p%40ss%23Wq7zLm"
ROWS = [person(n, n % 3) for n in range(12)]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_the_machine(monkeypatch)


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> Path:
    return authority.write(tmp_path / "company.pem")


@pytest.fixture
def front(sandbox: Sandbox, authority: Authority) -> Iterator[TlsFront]:
    target = urlsplit(sandbox.url)
    with TlsFront((str(target.hostname), target.port or 0), authority.server("localhost", API)) as running:
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)


def assert_hidden(cli: Cli, *ended: Ended) -> None:
    """The proxy's password is on no stream and in no file."""
    seen = "".join(each.stdout + each.stderr for each in ended).encode()
    kept = {str(path): path.read_bytes() for path in cli.home.rglob("*") if path.is_file()}
    for mark in (PASSWORD, ENCODED, "Wq7zLm", "ada-user"):
        assert [name for name, content in {"streams": seen, **kept}.items() if mark.encode() in content] == []


def told(cli: Cli) -> tuple[str, str]:
    """What the console's check of the environment says of the same address."""
    config = Config(paths().config_file, {}, {})
    backend = ConsoleBackend(paths().jobs, Preferences(config, RecentFiles(paths().recent)), key=Secret(DEFAULT_KEY))
    with pytest.raises(ImporterError) as caught:
        backend.environment(cli.url)
    return caught.value.message, caught.value.next


def test_a_private_certificate_that_is_named(
    cli: Cli, front: TlsFront, ca_file: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = cli.at(f"https://localhost:{front.port}")
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        with monkeypatch.context() as named:
            named.setenv(variable, str(ca_file))
            plan = cli("run", source, "--dry-run", "--json", code=0).document
        assert (plan["environment"], plan["rows"], plan["proxy"]) == ("SANDBOX", 12, None)


def test_a_private_certificate_that_is_not_names_the_cure(cli: Cli, front: TlsFront, source: Path) -> None:
    cli = cli.at(f"https://localhost:{front.port}")
    refusal = cli("run", source, "--dry-run", "--json", code=2).refusal
    assert refusal["kind"] == "tls_failed"
    assert refusal["message"] == (
        f"The certificate of localhost:{front.port} is not trusted: its CA is not in the system's trust store."
    )
    assert "add the company's CA" in refusal["next"]
    assert "SSL_CERT_FILE" in refusal["next"]
    assert told(cli) == (refusal["message"], refusal["next"])
    ended = cli("run", source, *FAST, code=2)
    assert refusal["message"] in ended.stderr
    assert f"Next: {refusal['next']}" in ended.stderr
    assert cli.jobs == []


def test_a_variable_that_names_no_file(
    cli: Cli, front: TlsFront, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    cli = cli.at(f"https://localhost:{front.port}")
    refusal = cli("run", source, *FAST, "--json", code=2).refusal
    assert refusal["kind"] == "bad_network_settings"
    assert refusal["message"] == f"REQUESTS_CA_BUNDLE names {tmp_path / 'gone.pem'}, which does not exist."
    assert told(cli) == (refusal["message"], refusal["next"])


@pytest.fixture(params=["http", "socks5h"])
def proxy(
    request: pytest.FixtureRequest, front: TlsFront, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HttpProxy | SocksProxy]:
    """The way to the sandbox, by a proxy with a password."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    kind = HttpProxy if request.param == "http" else SocksProxy
    with kind(Manners({(API, 443): front.address}, user="ada-user", password=PASSWORD)) as running:
        monkeypatch.setenv("HTTPS_PROXY", f"{request.param}://ada-user:{ENCODED}@127.0.0.1:{running.port}")
        yield running


def test_an_import_through_a_proxy_with_a_password(
    cli: Cli, sandbox: Sandbox, proxy: HttpProxy | SocksProxy, source: Path
) -> None:
    cli = cli.at(f"https://{API}")
    named = f"127.0.0.1:{proxy.port} (HTTPS_PROXY)"
    plan = cli("run", source, "--dry-run", "--json", code=0)
    assert plan.document["proxy"] == named
    ended = cli("run", source, *FAST, "--job", "j", code=0)
    assert f"\n               through the proxy {named}\n" in ended.stderr
    proxy.manners.password = "changed"
    refused = cli("retry", "j", *FAST, "--json", code=2)
    assert refused.refusal["kind"] == "proxy_failed"
    assert refused.refusal["message"].startswith(f"The proxy {named} refuses the user name or the password")
    assert told(cli) == (refused.refusal["message"], refused.refusal["next"])
    assert_exact(sandbox, ROWS)
    assert_hidden(cli, plan, ended, refused)


def test_proxies_that_are_of_no_use(cli: Cli, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli = cli.at(f"https://{API}")
    port = closed_port()
    for url, kind, words in (
        (f"http://ada-user:{ENCODED}@127.0.0.1:{port}", "proxy_failed", f"The proxy 127.0.0.1:{port} (ALL_PROXY)"),
        (f"socks4://ada-user:{ENCODED}@127.0.0.1:{port}", "bad_network_settings", "ALL_PROXY names a SOCKS4 proxy"),
        (f"http://ada-user:{PASSWORD}@127.0.0.1:{port}", "bad_network_settings", "ALL_PROXY is not the URL of a proxy"),
    ):  # fmt: skip
        monkeypatch.setenv("ALL_PROXY", url)
        ended = cli("run", source, *FAST, "--json", code=2)
        assert ended.refusal["kind"] == kind
        assert ended.refusal["message"].startswith(words)
        assert ended.refusal["next"]
        assert told(cli) == (ended.refusal["message"], ended.refusal["next"])
        assert_hidden(cli, ended)


def test_on_this_machine_no_proxy_is_used(
    cli: Cli, front: TlsFront, ca_file: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    for variable in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{closed_port()}")
    for server in (cli, cli.at(f"https://localhost:{front.port}")):
        assert server("run", source, "--dry-run", "--json", code=0).document["proxy"] is None
