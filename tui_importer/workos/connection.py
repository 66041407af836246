"""Where the API is and who asks: what all clients of a job share. Imports httpx only when a client is made."""

from __future__ import annotations

import ipaddress
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from weakref import WeakSet

from tui_importer import __version__
from tui_importer.text import safe
from tui_importer.workos.errors import BadBaseUrl, BadNetworkSettings, InsecureUrl, KeyRejected
from tui_importer.workos.server_clock import ServerClock

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import httpx

    from tui_importer.secret import Secret
    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.errors import Attempt
    from tui_importer.workos.limits import RateLimiter

ANSWER_SECONDS: Final = 60.0
CONNECT_SECONDS: Final = 10.0
KEEP_ALIVE_SECONDS: Final = 60.0

_KEY = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A checked base URL: `text` without a slash at the end, `host` with the port if it has one."""

    text: str
    host: str
    is_loopback: bool
    is_tls: bool

    @classmethod
    def parse(cls, text: str) -> BaseUrl:
        """Check a base URL.

        Raises BadBaseUrl for anything but scheme, host, port and path, and InsecureUrl for http:// to another machine.
        """
        wrong = BadBaseUrl(
            f"{safe(text, 200)} is not a base URL.", "Give scheme and host only, for example https://api.workos.com."
        )
        if "@" in text:
            raise BadBaseUrl("The base URL has credentials in it.", "Remove what stands before the @.")
        try:
            parts = urlsplit(text.strip())
            name, port = parts.hostname or "", parts.port
        except ValueError:
            raise wrong from None
        path = parts.path.rstrip("/")
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(name) or not _PATH.fullmatch(path):
            raise wrong
        if parts.query or parts.fragment or port == 0:
            raise wrong
        if parts.scheme == "http" and not _is_loopback(name):
            raise InsecureUrl(
                f"http://{name} would send the API key and all passwords in clear over the network.",
                "Use https://; http:// is for this machine only.",
            )
        host = f"[{name}]" if ":" in name else name
        host = host if port is None else f"{host}:{port}"
        return cls(f"{parts.scheme}://{host}{path}", host, _is_loopback(name), parts.scheme == "https")


class Connection:
    """One API, one key, one limiter: shared by the clients of a job, one of which each thread makes for itself.

    `observe` is told of every attempt, in the thread that made it. `answer_seconds` is the longest silence while
    waiting for an answer. `transport` replaces the network in tests. Raises BadBaseUrl, InsecureUrl, KeyRejected.
    """

    def __init__(
        self,
        base_url: str,
        key: Secret,
        limiter: RateLimiter,
        *,
        observe: Callable[[Attempt], None] | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base = BaseUrl.parse(base_url)
        self._key = _usable(key)
        self.limiter = limiter
        self.observe: Callable[[Attempt], None] = observe or _ignore
        self.server_clock = ServerClock()
        self.user_agent = f"tui-importer/{__version__}"
        self.answer_seconds = answer_seconds
        self._connect_seconds = connect_seconds
        self._transport = transport
        self._lock = threading.Lock()
        self._ssl_context: ssl.SSLContext | None = None
        self._clients: WeakSet[WorkosClient] = WeakSet()

    @property
    def base_url(self) -> str:
        """The base URL without a slash at the end."""
        return self.base.text

    @property
    def key(self) -> Secret:
        """The key that the next request is sent with."""
        return self._key

    def set_key(self, key: Secret) -> None:
        """Send all further requests with another key. Raises KeyRejected if it cannot be one."""
        self._key = _usable(key)

    def with_key(self, key: Secret) -> Connection:
        """The same API and limiter with another key, for trying it. Raises KeyRejected if it cannot be one."""
        return Connection(
            self.base_url,
            key,
            self.limiter,
            observe=self.observe,
            answer_seconds=self.answer_seconds,
            connect_seconds=self._connect_seconds,
            transport=self._transport,
        )

    def client(self, cancelled: threading.Event | None = None) -> WorkosClient:
        """A client for the calling thread; close it. `cancelled` ends its waits for the limiter."""
        from tui_importer.workos.client import WorkosClient

        client = WorkosClient(self, cancelled)
        with self._lock:
            self._clients.add(client)
        return client

    def abandon(self) -> None:
        """Let no client wait for an answer any longer: requests under way fail as if their connections were lost."""
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.abandon()

    def http_client(self) -> httpx.Client:
        """A connection pool for one thread, over the shared TLS settings.

        A client shared by many threads collapses (measured: 256 threads, 65 requests a second), one with TLS
        settings of its own takes 19-45 ms to make. Raises BadNetworkSettings.
        """
        from tui_importer.workos._httpx import httpx

        # A proxy has no business between this machine and itself.
        trust_env = not self.base.is_loopback
        try:
            return httpx.Client(
                transport=self._transport,
                verify=self._tls(trust_env=trust_env),
                timeout=httpx.Timeout(self.answer_seconds, connect=self._connect_seconds),
                limits=httpx.Limits(
                    max_connections=2, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE_SECONDS
                ),
                headers={"User-Agent": self.user_agent, "Accept": "application/json"},
                trust_env=trust_env,
                follow_redirects=False,
                http2=False,
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            # The text may hold the proxy's URL with its password.
            raise BadNetworkSettings(
                f"The proxy named in the environment cannot be used ({type(error).__name__}).",
                "Check HTTPS_PROXY and ALL_PROXY, or unset them.",
            ) from None

    def _tls(self, *, trust_env: bool) -> ssl.SSLContext:
        """The one context of all clients, made when the first of them is."""
        with self._lock:
            if self._ssl_context is None:
                is_used = self.base.is_tls and self._transport is None
                self._ssl_context = _ssl_context(trust_env=trust_env, is_used=is_used)
            return self._ssl_context


def _ssl_context(*, trust_env: bool, is_used: bool) -> ssl.SSLContext:
    import ssl

    from tui_importer.workos._httpx import httpx

    if not is_used:
        # Loading certificates takes 20-45 ms; this one has none and would trust nobody.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.create_ssl_context(trust_env=trust_env)
    except OSError as error:
        raise BadNetworkSettings(
            f"The certificates named in the environment cannot be used: {safe(error, 200)}.",
            "Check SSL_CERT_FILE and SSL_CERT_DIR, or unset them.",
        ) from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _usable(key: Secret) -> Secret:
    # Checked here because the HTTP library would quote the whole header in its complaint.
    if not _KEY.fullmatch(key.reveal()):
        raise KeyRejected(
            "The API key is empty or contains characters that no key has.", "Copy it again from the WorkOS dashboard."
        )
    return key


def _ignore(attempt: Attempt) -> None:
    """Nobody wants to know."""
