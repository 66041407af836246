"""A company's network on loopback: a TLS server with certificates of a private CA, an HTTP proxy, a SOCKS5 proxy.

The proxies resolve names by themselves, so that a test may use a name that exists nowhere else.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

import trustme
from cryptography import x509
from cryptography.x509.name import _ASN1Type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    import pytest

API = "api.example.test"
"""A host that only the proxies know; it is not on loopback, so a proxy is used for it."""

VARIABLES = (
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip

Address = tuple[str, int]


def forget_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what the machine that runs the tests says of proxies and certificates."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def closed_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Authority:
    """A private CA."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def write(self, path: Path) -> Path:
        """Write its certificate as PEM."""
        self._ca.cert_pem.write_to_path(str(path))
        return path

    def write_folder(self, folder: Path) -> Path:
        """Write its certificate into a folder under the name by which OpenSSL looks for it."""
        folder.mkdir(exist_ok=True)
        certificate = x509.load_pem_x509_certificate(self._ca.cert_pem.bytes())
        self.write(folder / f"{_name_hash(certificate.subject):08x}.0")
        return folder

    def server(self, *names: str, since: datetime | None = None, until: datetime | None = None) -> ssl.SSLContext:
        """The TLS settings of a server with these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names, not_before=since, not_after=until).configure_cert(context)
        return context

    def server_and_leaf(self, name: str) -> tuple[ssl.SSLContext, bytes]:
        """The TLS settings of a server, and its own certificate as PEM."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf = self._ca.issue_cert(name)
        leaf.configure_cert(context)
        return context, leaf.cert_chain_pems[0].bytes()

    @staticmethod
    def self_signed(folder: Path) -> ssl.SSLContext:
        """The TLS settings of a server whose certificate is nobody's but its own."""
        own = trustme.CA()
        path = folder / "own.pem"
        path.write_bytes(own.private_key_pem.bytes() + own.cert_pem.bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def demand(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """Let a server ask for a certificate of this CA."""
        self._ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def _name_hash(name: x509.Name) -> int:
    """OpenSSL's hash of a name: of its parts in a canonical form, without the frame around them."""
    parts = [
        x509.NameAttribute(part.oid, " ".join(str(part.value).lower().split()), _ASN1Type.UTF8String) for part in name
    ]
    encoded = x509.Name(parts).public_bytes()
    frame = 2 if encoded[1] < 0x80 else 2 + (encoded[1] & 0x7F)
    return int.from_bytes(hashlib.sha1(encoded[frame:], usedforsecurity=False).digest()[:4], "little")


class Listener:
    """Serves each connection in a thread of its own until it is left; waits for all of them then."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.closing = threading.Event()
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        for each in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    @property
    def address(self) -> Address:
        """Where it listens."""
        return "127.0.0.1", self.port

    def keep(self, connection: socket.socket) -> socket.socket:
        """Shut this connection, too, at the end."""
        self._open.append(connection)
        return connection

    def relay(self, one: socket.socket, other: socket.socket) -> None:
        """Pass bytes both ways until one of both sides ends."""
        back = self._start(partial(_pour, other, one))
        _pour(one, other)
        back.join()

    def _start(self, body: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=body, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self.keep(peer)
            self._start(partial(self._handle, peer))

    def _handle(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            self._serve(peer)


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            socket.socket.shutdown(each, socket.SHUT_RDWR)


class TlsFront(Listener):
    """TLS before a plain server; `target` may be changed, and None accepts nobody."""

    def __init__(self, target: Address, context: ssl.SSLContext) -> None:
        super().__init__(self._front)
        self.target = target
        self.context = context
        self.handshakes = 0

    def show_another(self, context: ssl.SSLContext) -> None:
        """Show another certificate, and cut the connections that stand."""
        self.context = context
        for each in self._open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def _front(self, peer: socket.socket) -> None:
        with self.context.wrap_socket(peer, server_side=True) as secure:
            self.handshakes += 1
            self.keep(secure)
            with socket.create_connection(self.target) as behind:
                self.relay(secure, self.keep(behind))


@dataclass
class Manners:
    """How a proxy behaves: whom it knows and lets in, and what it says instead of connecting."""

    names: Mapping[Address, Address] = field(default_factory=dict)
    user: str = ""
    password: str = ""
    status: str = ""
    sign_ins: tuple[str, ...] = ("Basic realm=company",)
    raw: bytes = b""
    code: int = 0
    silent: bool = False

    @property
    def basic(self) -> str:
        """The header that lets a client in."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


class HttpProxy(Listener):
    """Takes CONNECT only; `asked` are the targets it was asked for, `tls` lets it speak TLS itself."""

    def __init__(self, manners: Manners, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(self._proxy)
        self.manners = manners
        self.asked: list[str] = []
        self.connected = 0
        self._tls = tls

    def _proxy(self, peer: socket.socket) -> None:
        if self._tls is None:
            self._take(peer)
            return
        with self._tls.wrap_socket(peer, server_side=True) as secure:
            self._take(self.keep(secure))

    def _take(self, peer: socket.socket) -> None:
        head = _read_head(peer)
        if not head:
            return
        manners = self.manners
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, target, _ = first.split(" ")
        assert method == "CONNECT", first
        self.asked.append(target)
        if manners.silent:
            self.closing.wait()
        elif manners.raw:
            peer.sendall(manners.raw)
        elif manners.user and headers.get("proxy-authorization") != manners.basic:
            offers = "".join(f"Proxy-Authenticate: {offer}\r\n" for offer in manners.sign_ins)
            peer.sendall(f"HTTP/1.1 407 Proxy Authentication Required\r\n{offers}Content-Length: 0\r\n\r\n".encode())
        elif manners.status:
            peer.sendall(f"HTTP/1.1 {manners.status}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            host, _, port = target.rpartition(":")
            with socket.create_connection(manners.names[host, int(port)]) as behind:
                peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.connected += 1
                self.relay(peer, self.keep(behind))


class SocksProxy(Listener):
    """SOCKS5 with names; `manners.code` is what it answers instead of connecting."""

    def __init__(self, manners: Manners) -> None:
        super().__init__(self._proxy)
        self.manners = manners
        self.asked: list[str] = []
        self.connected = 0

    def _proxy(self, peer: socket.socket) -> None:
        manners = self.manners
        version, count = _exactly(peer, 2)
        methods = _exactly(peer, count)
        assert version == 5
        if manners.silent:
            self.closing.wait()
            return
        if manners.raw:
            peer.sendall(manners.raw)
            return
        wanted = 2 if manners.user else 0
        if wanted not in methods:
            peer.sendall(b"\x05\xff")
            return
        peer.sendall(bytes([5, wanted]))
        if wanted and not self._signed_in(peer):
            return
        *_, kind = _exactly(peer, 4)
        assert kind == 3, "a name is resolved by the proxy"
        host = _exactly(peer, _exactly(peer, 1)[0]).decode()
        port = int.from_bytes(_exactly(peer, 2), "big")
        self.asked.append(f"{host}:{port}")
        if manners.code:
            peer.sendall(bytes([5, manners.code, 0, 1, 0, 0, 0, 0, 0, 0]))
            return
        with socket.create_connection(manners.names[host, port]) as behind:
            peer.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
            self.connected += 1
            self.relay(peer, self.keep(behind))

    def _signed_in(self, peer: socket.socket) -> bool:
        _, length = _exactly(peer, 2)
        user = _exactly(peer, length).decode()
        password = _exactly(peer, _exactly(peer, 1)[0]).decode()
        right = (user, password) == (self.manners.user, self.manners.password)
        peer.sendall(b"\x01\x00" if right else b"\x01\x01")
        return right


def _exactly(peer: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = peer.recv(count - len(data))
        if not piece:
            raise ConnectionResetError
        data += piece
    return data


def _read_head(peer: socket.socket) -> bytes:
    """A request's lines without the empty one; empty when the client left."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = peer.recv(1)
        if not piece or piece == b"\x16":  # it begins with TLS
            return b""
        head += piece
    return head[:-4]
