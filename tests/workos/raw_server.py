"""A server on loopback that misbehaves byte by byte, as a test says."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

Play = Callable[["RawServer", socket.socket], None]
"""What is done on a connection after a request was read."""


def reply(status: int, body: object, *headers: str) -> Play:
    content = json.dumps(body).encode()
    return send(status, content, f"Content-Length: {len(content)}", "Content-Type: application/json", *headers)


def send(status: int, content: bytes, *headers: str) -> Play:
    head = "\r\n".join([f"HTTP/1.1 {status} X", *headers, "", ""]).encode()
    return lambda _, peer: peer.sendall(head + content)


def then(*plays: Play) -> Play:
    def play(server: RawServer, peer: socket.socket) -> None:
        for each in plays:
            each(server, peer)

    return play


def close(_: RawServer, peer: socket.socket) -> None:
    peer.shutdown(socket.SHUT_RDWR)


def reset(_: RawServer, peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def silence(server: RawServer, _: socket.socket) -> None:
    server.closing.wait()


def drip(server: RawServer, peer: socket.socket) -> None:
    """Bytes without an end, none of them later than a client's patience for one."""
    while not server.closing.wait(0.02):
        peer.sendall(b" ")


def flood(server: RawServer, peer: socket.socket) -> None:
    """Bytes without an end, as fast as they go."""
    while not server.closing.is_set():
        peer.sendall(b" " * 65_536)


class RawServer:
    """Plays one play a request; the last one is repeated."""

    def __init__(self, *plays: Play) -> None:
        self._plays = list(plays)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.closing = threading.Event()
        self.requests: list[bytes] = []
        self.connections = 0
        self.address: tuple[str, int] = self._socket.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _start(self, body: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=body, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._peers.append(peer)
            self._start(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            while request := self._read(peer):
                self.requests.append(request)
                play = self._plays.pop(0) if len(self._plays) > 1 else self._plays[0]
                play(self, peer)

    @staticmethod
    def _read(peer: socket.socket) -> bytes:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = peer.recv(65_536)
            if not piece or piece[0] == 0x16:  # the end, or a client that wants TLS
                return b""
            request += piece
        head, _, body = request.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        while len(body) < length:
            body += peer.recv(65_536)
        return head + b"\r\n\r\n" + body
