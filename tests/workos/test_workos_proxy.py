"""Proxies over real sockets: which is used, and what one that does not let us through is called."""

from __future__ import annotations

import gc
import logging
import socket
import threading
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.network import API, Authority, HttpProxy, Listener, Manners, SocksProxy, TlsFront, closed_port
from tests.workos.fake_api import KEY
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import Attempt, BadNetworkSettings, NotSent, ProxyFailed, ServiceFailed
from tui_importer.workos.network.proxy import Proxy, is_exempt, proxy_for
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workos.raw_server import RawServer

PASSWORD = "p@ss/w#rd:é"
ENCODED = "p%40ss%2Fw%23rd%3A%C3%A9"


@pytest.fixture(autouse=True)
def trusted(ca_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))


@pytest.fixture
def front(authority: Authority, plain_server: RawServer) -> Iterator[TlsFront]:
    """The API, by the name that only proxies know."""
    with TlsFront(plain_server.address, authority.server(API)) as running:
        yield running


@pytest.fixture
def manners(front: TlsFront) -> Manners:
    return Manners({(API, 443): front.address})


def connection(attempts: list[Attempt] | None = None, answer_seconds: float = 20.0) -> Connection:
    observe = None if attempts is None else attempts.append
    return Connection(f"https://{API}", Secret(KEY), RateLimiter(), observe=observe, answer_seconds=answer_seconds)


def ask() -> str:
    """Ask the API for something; returns the proxy that it went through."""
    made = connection()
    with made.client() as client:
        assert client.get_organization("org_1").id == "org_1"
        assert client.get_organization("org_1").id == "org_1"
    return str(made.route.proxy or "")


def refused(answer_seconds: float = 20.0) -> ProxyFailed:
    """What a write fails with: the API has not heard of it, and a sandbox is not seen either."""
    attempts: list[Attempt] = []
    with connection(attempts, answer_seconds).client() as client:
        with pytest.raises(NotSent) as caught:
            client.create_user({"email": "ada@example.com"})
        assert not client.is_sandbox()
    error = caught.value
    assert type(error) is ProxyFailed, error
    assert attempts == [error.attempt]
    assert attempts[0].error == error.text
    assert PASSWORD not in str(error) + attempts[0].error
    assert ENCODED not in str(error) + attempts[0].error
    gc.collect()  # a connection that was left open would be warned of
    return error


class TestChoice:
    @pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    def test_each_variable_in_both_cases(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}/")
            assert ask() == f"127.0.0.1:{proxy.port} ({variable})"
            assert proxy.asked == [f"{API}:443"], "one tunnel serves both requests"

    def test_a_proxy_without_a_scheme_is_an_http_proxy(self, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"localhost:{proxy.port}")
            assert ask() == f"localhost:{proxy.port} (HTTPS_PROXY)"

    def test_the_more_special_variable_wins_and_lower_case_before_upper(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://all:1")
        monkeypatch.setenv("HTTPS_PROXY", "http://upper:2")
        assert str(proxy_for(API, 443)) == "upper:2 (HTTPS_PROXY)"
        monkeypatch.setenv("https_proxy", "http://lower:3")
        assert str(proxy_for(API, 443)) == "lower:3 (https_proxy)"
        monkeypatch.setenv("https_proxy", "")
        assert str(proxy_for(API, 443)) == "all:1 (ALL_PROXY)"

    def test_no_proxy_is_the_direct_way(
        self, front: TlsFront, manners: Manners, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resolve = socket.getaddrinfo

        def company_dns(host: object, port: Any, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - the original's
            address = front.address if host == API else (host, port)
            return resolve(*address, *arguments, **more)

        monkeypatch.setattr(socket, "getaddrinfo", company_dns)
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv("NO_PROXY", "localhost,.example.test")
            assert ask() == ""
            assert proxy.asked == []
            assert front.handshakes == 1
            monkeypatch.setenv("no_proxy", "localhost")
            assert ask() == f"127.0.0.1:{proxy.port} (HTTPS_PROXY)"
            assert front.handshakes == 2

    def test_what_is_read_first_holds(self, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            made = connection()
            assert made.route.proxy is not None
            monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
            with made.client() as client:
                client.get_organization("org_1")
            with made.with_key(Secret("sk_test_other")).client() as client:
                client.get_organization("org_1")

    @pytest.mark.parametrize(
        ("no_proxy", "exempt"),
        [
            ("*", True), ("api.example.test", True), ("API.Example.Test", True), ("example.test", True),
            (".example.test", True), ("*.example.test", True), ("example.test.", True), ("test", True),
            ("other, example.test", True), ("other example.test", True), ("example.test:8443", True),
            ("https://example.test", True), ("", False), (",", False), (".", False), ("ample.test", False),
            ("example.test:443", False), ("api.example.test.corp", False), ("10.0.0.0/8", False), ("::1", False),
        ],
    )  # fmt: skip
    def test_no_proxy_lists_names(self, no_proxy: str, exempt: bool) -> None:  # noqa: FBT001 - a table
        assert is_exempt(API, 8443, no_proxy) is exempt

    @pytest.mark.parametrize(
        ("host", "no_proxy", "exempt"),
        [
            ("10.1.2.3", "10.1.2.3", True), ("10.1.2.3", "10.0.0.0/8", True), ("10.1.2.3", "10.1.2.3:443", True),
            ("10.1.2.3", "10.1.2.4", False), ("10.1.2.3", "192.168.0.0/16", False), ("10.1.2.3", "2.3", False),
            ("fd00::1", "fd00::/8", True), ("fd00::1", "[fd00::1]:443", True), ("fd00::1", "[fd00::1]:444", False),
            ("fd00::1", "fd00::1", True), ("fd00::1", "10.0.0.0/8", False),
        ],
    )  # fmt: skip
    def test_no_proxy_lists_addresses(self, host: str, no_proxy: str, exempt: bool) -> None:  # noqa: FBT001 - a table
        assert is_exempt(host, 443, no_proxy) is exempt

    def test_the_systems_own_settings_are_used_where_no_variable_says_anything(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with HttpProxy(manners) as proxy:
            address = f"127.0.0.1:{proxy.port}"
            monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": f"http://{address}"})
            monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host != API)
            assert ask() == f"{address} (the system's settings)"
            assert proxy_for("other.example.test", 443) is None

    def test_http_proxy_alone_is_pointed_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.test:3128")
        monkeypatch.setattr(socket, "getaddrinfo", nobody_knows)
        with connection().client() as client, pytest.raises(NotSent) as caught:
            client.get_organization("org_1")
        assert caught.value.message == f"No connection to {API}: Name or service not known."
        assert caught.value.next.startswith("HTTP_PROXY is for http:// only: set HTTPS_PROXY")


def nobody_knows(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class TestHttp:
    def test_a_password_is_sent_to_the_proxy_only(
        self, manners: Manners, plain_server: RawServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        manners.user, manners.password = "ada", PASSWORD
        with HttpProxy(manners) as proxy:
            for password in (ENCODED, PASSWORD.replace("/", "%2F").replace("#", "%23")):
                monkeypatch.setenv("HTTPS_PROXY", f"http://ada:{password}@127.0.0.1:{proxy.port}")
                assert ask() == f"127.0.0.1:{proxy.port} (HTTPS_PROXY)"
        assert not any(b"proxy-authorization" in request.lower() for request in plain_server.requests)

    def test_a_proxy_spoken_to_by_tls(
        self, manners: Manners, authority: Authority, ca_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        with HttpProxy(manners, authority.server("localhost")) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{proxy.port}")
            error = refused()
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
            assert ask() == f"localhost:{proxy.port} (HTTPS_PROXY)"
        assert error.message.startswith(f"The certificate of the proxy localhost:{proxy.port} (HTTPS_PROXY) is not")
        assert "SSL_CERT_FILE" in error.next

    def test_the_certificate_behind_a_proxy_is_checked(self, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            with connection().client() as client, pytest.raises(NotSent) as caught:
                client.get_organization("org_1")
        assert caught.value.kind == "tls_failed"
        assert caught.value.message == (
            f"The certificate of {API} is not trusted: its CA is not in the system's trust store."
        )

    @pytest.mark.parametrize(
        ("credentials", "words", "cure"),
        [
            ("", "asks for a user name and a password (407).", "Put them into HTTPS_PROXY: http://user:password@"),
            (f"ada:{ENCODED}x@", "refuses the user name or the password (407).", "Correct them in HTTPS_PROXY"),
        ],
    )
    def test_407(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch, credentials: str, words: str, cure: str
    ) -> None:
        manners.user, manners.password = "ada", PASSWORD
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://{credentials}127.0.0.1:{proxy.port}")
            error = refused()
        assert error.message == f"The proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) {words}"
        assert error.next.startswith(cure)

    def test_a_sign_in_that_is_not_supported_is_named(self, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
        manners.user, manners.sign_ins = "ada", ("Negotiate", "NTLM")
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://ada:{ENCODED}@127.0.0.1:{proxy.port}")
            error = refused()
        assert "wants a sign-in by Negotiate or NTLM, which is not supported" in error.message

    @pytest.mark.parametrize(
        ("status", "words", "cure"),
        [
            ("403 Forbidden", "does not permit a connection to", "NO_PROXY"),
            ("502 Bad Gateway", "cannot connect to", "Check the base URL"),
            ("503 Service Unavailable", "cannot connect to", "Check the base URL"),
            ("405 Method Not Allowed", "refuses to connect to", "HTTPS_PROXY"),
            ("302 Found", "refuses to connect to", "HTTPS_PROXY"),
        ],
    )
    def test_what_else_a_proxy_says(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch, status: str, words: str, cure: str
    ) -> None:
        manners.status = status
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            error = refused()
            assert proxy.asked == [f"{API}:443"]
        assert error.message == f"The proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) {words} {API} ({status})."
        assert cure in error.next

    def test_what_is_no_proxy_at_all(self, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
        for raw in (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b""):
            with Listener(lambda peer, raw=raw: peer.sendall(raw * bool(peer.recv(65_536)))) as listener:  # type: ignore[misc]
                monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.port}")
                error = refused()
            assert f"127.0.0.1:{listener.port} (HTTPS_PROXY) does not answer as an HTTP proxy: " in error.message

    def test_a_silent_proxy_is_not_waited_for_without_end(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        manners.silent = True
        with HttpProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            error = refused(answer_seconds=0.3)
        assert error.message == f"The proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) did not answer in time."

    def test_https_to_a_proxy_without_tls(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def squid(peer: socket.socket) -> None:
            if peer.recv(65_536):
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

        with Listener(squid) as listener:
            monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{listener.port}")
            error = refused()
        assert error.message == f"The proxy 127.0.0.1:{listener.port} (HTTPS_PROXY) does not speak TLS."
        assert error.next.startswith("Write http:// instead of https:// in HTTPS_PROXY")

    def test_a_request_that_got_through_is_the_apis_matter_again(
        self, front: TlsFront, manners: Manners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def hang_up(peer: socket.socket) -> None:
            peer.recv(1)

        with Listener(hang_up) as nothing, TlsFront(nothing.address, front.context) as other:
            manners.names = {(API, 443): other.address}
            with HttpProxy(manners) as proxy:
                monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
                with connection().client() as client, pytest.raises(ServiceFailed, match=f"^{API} did not answer"):
                    client.create_user({"email": "ada@example.com"})


class TestUnreachable:
    def test_nobody_listens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for scheme in ("http", "https", "socks5"):
            port = closed_port()
            monkeypatch.setenv("all_proxy", f"{scheme}://ada:{ENCODED}@127.0.0.1:{port}")
            error = refused()
            assert error.message == f"The proxy 127.0.0.1:{port} (all_proxy) cannot be reached: Connection refused."
            assert "Check the proxy's address in all_proxy" in error.next

    def test_nobody_knows_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", nobody_knows)
        for scheme, port in (("http", 80), ("https", 443), ("socks5h", 1080)):
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://ada:{ENCODED}@proxy.example.test")
            assert refused().message == (
                f"The proxy proxy.example.test:{port} (HTTPS_PROXY) cannot be reached: Name or service not known."
            )


class TestSocks:
    @pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
    def test_socks5_resolves_the_name_itself(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch, scheme: str
    ) -> None:
        with SocksProxy(manners) as proxy:
            monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
            assert ask() == f"127.0.0.1:{proxy.port} (ALL_PROXY)"
            assert proxy.asked == [f"{API}:443"]

    def test_a_password(self, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
        manners.user, manners.password = "ada", PASSWORD
        with SocksProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"socks5://ada:{ENCODED}@127.0.0.1:{proxy.port}")
            assert ask()
            for credentials, words in (
                ("", "asks for a user name and a password."),
                ("ada:wrong@", "refuses the user name or the password."),
            ):
                monkeypatch.setenv("HTTPS_PROXY", f"socks5://{credentials}127.0.0.1:{proxy.port}")
                error = refused()
                assert error.message == f"The proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) {words}"
                assert "socks5://user:password@host:port" in error.next

    def test_a_password_is_in_no_log(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        manners.user, manners.password = "ada-user", "hunter22"
        caplog.set_level(logging.DEBUG)
        for scheme, kind in (("socks5", SocksProxy), ("http", HttpProxy)):
            with kind(manners) as proxy:
                monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://ada-user:hunter22@127.0.0.1:{proxy.port}")
                assert ask()
        assert "hunter22" not in caplog.text
        assert manners.basic.removeprefix("Basic ") not in caplog.text

    def test_a_password_for_a_proxy_that_takes_none(self, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
        with SocksProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"socks5://ada:{ENCODED}@127.0.0.1:{proxy.port}")
            assert "refuses the user name or the password" in refused().message

    @pytest.mark.parametrize(
        ("code", "words"),
        [(2, f"does not permit a connection to {API}."), (5, f"cannot connect to {API}: connection refused.")],
    )
    def test_a_refusal(self, manners: Manners, monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
        manners.code = code
        with SocksProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"socks5://127.0.0.1:{proxy.port}")
            assert refused().message == f"The proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) {words}"

    @pytest.mark.parametrize("raw", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05", b"\x05\x00\x00", b"\x04\x5a"])
    def test_what_is_no_socks5(self, manners: Manners, monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
        manners.raw = raw
        with SocksProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"socks5://127.0.0.1:{proxy.port}")
            assert "(HTTPS_PROXY) does not answer as a SOCKS5 proxy: " in refused().message

    def test_a_silent_proxy_is_not_waited_for_without_end(
        self, manners: Manners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        manners.silent = True
        with SocksProxy(manners) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"socks5://127.0.0.1:{proxy.port}")
            assert refused(answer_seconds=0.3).message.endswith("(HTTPS_PROXY) did not answer in time.")

    def test_a_wait_for_an_answer_through_it_can_be_ended(
        self, front: TlsFront, manners: Manners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = threading.Event()

        def silence(peer: socket.socket) -> None:
            peer.recv(65_536)
            asked.set()
            quiet.closing.wait()

        with Listener(silence) as quiet, TlsFront(quiet.address, front.context) as other:
            manners.names = {(API, 443): other.address}
            with SocksProxy(manners) as proxy:
                monkeypatch.setenv("HTTPS_PROXY", f"socks5://127.0.0.1:{proxy.port}")
                made = connection(answer_seconds=120.0)

                def abandon() -> None:
                    asked.wait(60)
                    made.abandon()

                ending = threading.Thread(target=abandon)
                ending.start()
                with made.client() as client, pytest.raises(ServiceFailed):
                    client.create_user({"email": "ada@example.com"})
                ending.join()


class TestSettings:
    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("socks4://127.0.0.1:1080", "names a SOCKS4 proxy, which is not supported."),
            ("SOCKS4A://127.0.0.1:1080", "names a SOCKS4 proxy, which is not supported."),
            ("socks://127.0.0.1:1080", "begins with socks://, which does not say which SOCKS it is."),
            ("gopher://ada:hunter22@proxy", "begins with gopher://, which is no kind of proxy that is supported."),
            ("http://", "is not the URL of a proxy."),
            ("http://ada:hunter22@", "is not the URL of a proxy."),
            ("http://proxy:port", "is not the URL of a proxy."),
            ("http://proxy:0", "is not the URL of a proxy."),
            ("http://proxy:99999", "is not the URL of a proxy."),
            ("http://pro xy:8080", "is not the URL of a proxy."),
            ("http://proxy..corp:8080", "is not the URL of a proxy."),
            ("http://[::1:8080", "is not the URL of a proxy."),
            ("http://ada:hunter22#x@proxy:8080", "is not the URL of a proxy."),
            ("http://ada:hunter22/x@proxy:8080", "is not the URL of a proxy."),
            ("http://ada:hunter22?x@proxy:8080", "is not the URL of a proxy."),
            ("http://proxy:8080/path", "is not the URL of a proxy."),
            ("socks5://ada:" + 256 * "x" + "@proxy", "is not the URL of a proxy."),
            ("http://\x1b]2;hunter22\x07", "is not the URL of a proxy."),
        ],
    )
    @pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
    def test_what_is_no_proxy_is_refused_with_its_variable(
        self, monkeypatch: pytest.MonkeyPatch, url: str, words: str, variable: str
    ) -> None:
        monkeypatch.setenv(variable, url)
        with pytest.raises(BadNetworkSettings) as caught:
            connection().client()
        assert caught.value.message == f"{variable} {words}"
        assert caught.value.exit_code == 2
        assert "hunter22" not in str(caught.value)
        assert str(caught.value).isprintable()

    def test_what_stands_in_no_proxy_needs_not_be_understood(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "socks4://127.0.0.1:1080")
        monkeypatch.setenv("NO_PROXY", API)
        connection().client().close()

    def test_credentials_are_not_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada-user:{ENCODED}@[::1]:8080")
        found = proxy_for(API, 443)
        assert isinstance(found, Proxy)
        assert str(found) == "[::1]:8080 (HTTPS_PROXY)"
        for shown in (repr(found), str(found), found.url):
            assert "ada-user" not in shown
            assert PASSWORD not in shown
        assert found.credentials is not None
        assert [value.reveal() for value in found.credentials] == ["ada-user", PASSWORD]
