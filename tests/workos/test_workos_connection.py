from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from tests.workos.fake_api import KEY, ORGANIZATION, FakeApi, listing
from tui_importer.secret import Secret
from tui_importer.workos.connection import BaseUrl, Connection
from tui_importer.workos.errors import BadBaseUrl, BadNetworkSettings, InsecureUrl, KeyRejected
from tui_importer.workos.rate_limiter import RateLimiter


def connection(url: str = "https://api.example.com") -> Connection:
    return Connection(url, Secret(KEY), RateLimiter())


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("https://api.workos.com", BaseUrl("https://api.workos.com", "api.workos.com", False, True)),
            (" https://API.workos.com/ ", BaseUrl("https://api.workos.com", "api.workos.com", False, True)),
            (
                "https://a.example:84/work-os/v1/",
                BaseUrl("https://a.example:84/work-os/v1", "a.example:84", False, True),
            ),
            ("http://localhost:4100", BaseUrl("http://localhost:4100", "localhost:4100", True, False)),
            ("http://127.0.0.1:80", BaseUrl("http://127.0.0.1:80", "127.0.0.1:80", True, False)),
            ("http://127.3.2.1", BaseUrl("http://127.3.2.1", "127.3.2.1", True, False)),
            ("http://[::1]:4100/", BaseUrl("http://[::1]:4100", "[::1]:4100", True, False)),
            ("https://localhost", BaseUrl("https://localhost", "localhost", True, True)),
        ],
    )
    def test_scheme_host_port_and_path(self, given: str, expected: BaseUrl) -> None:
        assert BaseUrl.parse(given) == expected

    @pytest.mark.parametrize(
        "url",
        ["http://api.workos.com", "http://10.0.0.1:4100", "http://0.0.0.0:4100", "http://localhost.example.com",
         "http://127.0.0.1.example.com", "http://[fe80::1]"],
    )  # fmt: skip
    def test_http_is_for_this_machine_only(self, url: str) -> None:
        with pytest.raises(InsecureUrl, match="in clear") as caught:
            connection(url)
        assert caught.value.kind == "insecure_url"
        assert caught.value.exit_code == 2
        assert "https://" in caught.value.next

    @pytest.mark.parametrize(
        "url",
        ["", "api.workos.com", "ftp://api.workos.com", "https://", "https:///organizations", "https://host:port",
         "https://host:0", "https://host:99999", "https://host?x=1", "https://host#x", "https://ho st",
         "https://host/../x y", "https://[::1", "https://hôst", "https://host\\evil", "https://host/\x1b[31m",
         "https://a..b", "https://.a", "https://" + 64 * "a" + ".example"],
    )  # fmt: skip
    def test_anything_else_is_refused(self, url: str) -> None:
        with pytest.raises(BadBaseUrl) as caught:
            connection(url)
        assert str(caught.value).isprintable()

    def test_credentials_are_refused_and_not_repeated(self) -> None:
        with pytest.raises(BadBaseUrl, match="credentials") as caught:
            connection("https://user:hunter22@api.workos.com")
        assert "hunter22" not in str(caught.value)


class TestKey:
    @pytest.mark.parametrize("key", ["", " ", "sk_test_a b", "sk_test_\n", "sk_tést", "sk_\x00"])
    def test_what_cannot_be_a_header_is_rejected_without_being_shown(self, key: str) -> None:
        with pytest.raises(KeyRejected) as caught:
            Connection("https://api.example.com", Secret(key), RateLimiter())
        assert caught.value.exit_code == 4
        with pytest.raises(KeyRejected):
            connection().set_key(Secret(key))
        assert not key.strip() or key not in str(caught.value)

    def test_the_next_request_uses_the_new_key(self) -> None:
        api = FakeApi((200, ORGANIZATION))
        with api.connection.client() as client:
            client.get_organization("org_1")
            api.connection.set_key(Secret("sk_test_another"))
            client.get_organization("org_1")
        assert [request.headers["Authorization"] for request in api.requests] == [
            f"Bearer {KEY}",
            "Bearer sk_test_another",
        ]
        assert api.connection.key == Secret("sk_test_another")


class TestHttpClient:
    def test_timeouts_limits_and_headers(self) -> None:
        with connection().http_client() as http:
            assert http.timeout == httpx.Timeout(60, connect=10)
            assert http.headers["User-Agent"].startswith("tui-importer/")
            assert not http.follow_redirects
            assert not http.trust_env, "what the environment says is read by us"

    @pytest.mark.parametrize("url", ["http://127.0.0.1:4100", "http://localhost:4100", "https://[::1]"])
    def test_no_proxy_between_this_machine_and_itself(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
        with connection(url).http_client() as http:
            assert not http.trust_env
            assert not http._mounts

    def test_a_proxy_of_the_environment_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        with connection().http_client() as http:
            assert http._mounts

    def test_an_unusable_proxy_is_named_without_its_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "gopher://me:hunter22@proxy.example")
        with pytest.raises(BadNetworkSettings, match="proxy") as caught:
            connection().http_client()
        assert "hunter22" not in str(caught.value)
        assert caught.value.__context__ is None

    def test_no_certificates_are_loaded_for_plain_http(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tui_importer.workos.network.trust.TrustStore", lambda: pytest.fail("not needed"))
        connection("http://127.0.0.1:4100").http_client().close()


HERE = "http://127.0.0.1:4100"


class TestSandboxProbe:
    def test_yes(self) -> None:
        api = FakeApi((200, {"sandbox": True, "version": "1"}), url=HERE)
        assert api.ask(lambda client: client.is_sandbox())
        assert api.target == "/__sandbox"

    @pytest.mark.parametrize(
        "answer",
        [
            (200, {"sandbox": "true"}),
            (200, {"sandbox": 1}),
            (200, listing()),
            (200, ["sandbox"]),
            (201, {"sandbox": True}),
            (404, {"sandbox": True}),
            (401, {"message": "Unauthorized"}),
            httpx.Response(200, text="<html>"),
            httpx.ConnectError("refused"),
            httpx.ReadTimeout(""),
        ],
    )
    def test_only_a_clear_yes_counts(self, answer: tuple[int, object] | httpx.Response | Exception) -> None:
        assert not FakeApi(answer, url=HERE).ask(lambda client: client.is_sandbox())

    @pytest.mark.parametrize("url", ["https://api.workos.com", "https://10.0.0.1", "https://localhost.example"])
    def test_only_this_machine_is_asked(self, url: str) -> None:
        api = FakeApi((200, {"sandbox": True}), url=url)
        assert not api.ask(lambda client: client.is_sandbox())
        assert api.requests == []

    def test_it_sends_no_key_takes_no_token_and_is_no_attempt(self) -> None:
        limiter = RateLimiter()
        limiter.throttled(300.0)
        api = FakeApi((200, {"sandbox": True}), url=HERE, limiter=limiter)
        assert api.ask(lambda client: client.is_sandbox())
        assert "Authorization" not in api.requests[0].headers
        assert not api.attempts


def test_without_a_client_httpx_is_not_imported() -> None:
    script = (
        "import sys\n"
        "from tui_importer.secret import Secret\n"
        "from tui_importer.workos import connection, explanations, rate_limiter, refusals\n"
        "connection.Connection('https://api.example.com', Secret('sk_test_x'), rate_limiter.RateLimiter())\n"
        "sys.exit('httpx' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
