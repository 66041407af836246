"""The connection that all clients of a job share: address, key, limiter. Imports httpx only when a client is made."""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakSet, ref

from tui_importer import __version__
from tui_importer.config.url import is_host
from tui_importer.text import safe
from tui_importer.workos.errors import BadBaseUrl, InsecureUrl, KeyRejected
from tui_importer.workos.masking import SecretsInFlight
from tui_importer.workos.server_clock import ServerClock

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import httpx

    from tui_importer.secret import Secret
    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.errors import Attempt
    from tui_importer.workos.network.route import Route
    from tui_importer.workos.rate_limiter import RateLimiter

ANSWER_SECONDS: Final = 60.0
CONNECT_SECONDS: Final = 10.0
KEEP_ALIVE_SECONDS: Final = 60.0

_KEY = re.compile(r"[\x21-\x7e]+")
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
        if parts.scheme not in {"http", "https"} or not is_host(name) or not _PATH.fullmatch(path):
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

    `observe` is called with every attempt, in the thread that made it. `answer_seconds` is the longest silence while
    waiting for an answer, twice of that the longest time from sending to the last byte. `transport` replaces the
    network in tests. Raises BadBaseUrl, InsecureUrl, KeyRejected.
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
        self.in_flight = SecretsInFlight()
        self.user_agent = f"tui-importer/{__version__}"
        self.answer_seconds = answer_seconds
        self._connect_seconds = connect_seconds
        self._transport = transport
        self._lock = threading.Lock()
        self._network: _Network | None = None
        self._clients: WeakSet[WorkosClient] = WeakSet()
        self._is_watched = False

    @property
    def base_url(self) -> str:
        """The base URL without a slash at the end."""
        return self.base.text

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return self.base.is_loopback

    @property
    def key(self) -> Secret:
        """The key that the next request is sent with."""
        return self._key

    def set_key(self, key: Secret) -> None:
        """Send all further requests with another key. Raises KeyRejected if it cannot be one."""
        self._key = _usable(key)

    def with_key(self, key: Secret) -> Connection:
        """The same API and limiter with another key, for trying it. Raises KeyRejected if it cannot be one."""
        other = Connection(
            self.base_url,
            key,
            self.limiter,
            observe=self.observe,
            answer_seconds=self.answer_seconds,
            connect_seconds=self._connect_seconds,
            transport=self._transport,
        )
        other._network = self._network  # the same way to the same API
        other.in_flight = self.in_flight
        return other

    def client(self, cancelled: threading.Event | None = None) -> WorkosClient:
        """A client for the calling thread; close it. `cancelled` ends its waits for the limiter."""
        from tui_importer.workos.client import WorkosClient

        client = WorkosClient(self, cancelled)
        with self._lock:
            self._clients.add(client)
            if not self._is_watched:
                self._is_watched = True
                pause = min(1.0, self.exchange_seconds / 4)
                threading.Thread(target=_watch, args=(ref(self), pause), name="answers", daemon=True).start()
        return client

    @property
    def exchange_seconds(self) -> float:
        """The longest time that a request may be under way: one that gets a byte now and then has no end otherwise."""
        return 2 * self.answer_seconds

    def abandon(self, after: float = 0.0) -> None:
        """Let no client wait for an answer any longer: requests under way fail as if their connections were lost.

        Only those that were sent `after` seconds ago or more.
        """
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.abandon(after)

    def watch(self) -> bool:
        """End what is under way for too long; False when no client is left that could send something."""
        self.abandon(self.exchange_seconds)
        with self._lock:
            self._is_watched = bool(self._clients)
            return self._is_watched

    def http_client(self) -> httpx.Client:
        """A connection pool for one thread, over the shared TLS settings.

        A client shared by many threads collapses (measured: 256 threads, 65 requests a second), one with TLS
        settings of its own takes 19-45 ms to make. Raises BadNetworkSettings.
        """
        from tui_importer.workos._httpx import httpx

        network = self._resolved()
        context = network.context()
        proxy = network.route.proxy
        through = None
        if proxy is not None:
            credentials = proxy.credentials and (proxy.credentials[0].reveal(), proxy.credentials[1].reveal())
            through = httpx.Proxy(proxy.url, ssl_context=context if proxy.scheme == "https" else None, auth=credentials)
        return httpx.Client(
            transport=self._transport,
            proxy=through,
            verify=context,
            timeout=httpx.Timeout(self.answer_seconds, connect=self._connect_seconds),
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE_SECONDS),
            headers={"User-Agent": self.user_agent, "Accept": "application/json"},
            trust_env=False,  # what the environment says is read once, for all clients and for the words about it
            follow_redirects=False,
            http2=False,
        )

    @property
    def route(self) -> Route:
        """The way to the API. Raises BadNetworkSettings for variables that cannot be used."""
        return self._resolved().route

    def _resolved(self) -> _Network:
        """The proxies and certificates of the environment, read when the first client is made."""
        with self._lock:
            if self._network is None:
                self._network = _network(self.base, is_used=self._transport is None)
            return self._network


def _watch(connection: ref[Connection], pause: float) -> None:
    """Watch all requests of a connection in one thread, as a timer for each of them would cost a thread each."""
    while True:
        time.sleep(pause)
        found = connection()
        if found is None or not found.watch():
            return
        del found


class _Network(NamedTuple):
    """The way to the API, and what gives a client its TLS settings."""

    route: Route
    context: Callable[[], ssl.SSLContext]


def _network(base: BaseUrl, *, is_used: bool) -> _Network:
    import ssl

    from tui_importer.workos.network.proxy import proxy_for, unused_http_proxy
    from tui_importer.workos.network.route import Route
    from tui_importer.workos.network.trust import TrustStore

    if not is_used or not base.is_tls:
        # Loading certificates takes 20-45 ms; this one has none and would trust no server.
        empty = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return _Network(Route(base.host, in_clear=not base.is_tls), lambda: empty)
    proxy, unused_proxy = None, False
    if not base.is_loopback:  # a proxy has no business between this machine and itself
        parts = urlsplit(base.text)
        proxy = proxy_for(parts.hostname or "", parts.port or 443)
        unused_proxy = proxy is None and unused_http_proxy()
    trust = TrustStore()
    return _Network(Route(base.host, proxy, trust.words, trust.replaced, unused_proxy), trust.context)


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
    """Ignore an attempt that is not observed."""
