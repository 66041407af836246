"""One client's connection: HTTP/1.1 by h11 on an asyncio transport, one request at a time."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import TYPE_CHECKING, cast

import h11

from tui_importer.sandbox.answers import Answer, json_answer
from tui_importer.sandbox.app import Exchange

if TYPE_CHECKING:
    from tui_importer.sandbox.app import App

MAX_BODY = 1024 * 1024
LINGER_SECONDS = 2.0

_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_TOO_LARGE = json_answer(413, {"message": "Payload too large."})


class Connection(asyncio.Protocol):
    """A connection that hands requests to the app and sends its answers (a `Peer`).

    What arrives while a request is under way (pipelining) waits in h11's buffer, and no more is read until it is used.
    """

    def __init__(self, app: App, open_connections: set[Connection]) -> None:
        self._app = app
        self._open = open_connections
        self._http = h11.Connection(h11.SERVER)
        self._transport: asyncio.Transport | None = None
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._held: Exchange | None = None
        self._busy = self._advancing = self._lingering = self._paused = False
        self.closed = asyncio.Event()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)
        self._app.stats.connected()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """asyncio: the connection is gone; an exchange under way goes on without it."""
        self._transport = None
        self._open.discard(self)
        self._app.stats.disconnected()
        self.closed.set()
        if self._held is not None:
            held, self._held = self._held, None
            self._app.give_up(held)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the client."""
        if self._lingering:
            return
        self._http.receive_data(data)
        if not self._busy:
            self._advance()
        elif self._transport is not None:
            self._transport.pause_reading()
            self._paused = True

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    # What the app calls.

    def answer(self, answer: Answer, *, half: bool = False) -> None:
        """Send the answer, or half of it and close."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        head = [(b"Content-Type", answer.content_type)] if answer.body else []
        length = (b"Content-Length", b"%d" % len(answer.body))
        given = {name for name, _ in answer.headers}
        standard = (header for header in self._app.standard_headers() if header[0] not in given)
        headers = [*head, length, *answer.headers, *standard]
        response = h11.Response(status_code=answer.status, headers=headers, reason=b"")
        if half:
            data = self._http.send(response) or b""
            transport.write(data + answer.body[: len(answer.body) // 2] if answer.body else data[: len(data) // 2])
            transport.close()
            return
        data = self._http.send(response) or b""
        if answer.body and not (self._request is not None and self._request.method == b"HEAD"):
            data += self._http.send(h11.Data(data=answer.body)) or b""
        data += self._http.send(h11.EndOfMessage()) or b""
        transport.write(data)
        self._next()

    def answer_slowly(self, answer: Answer, pause: float) -> None:
        """Send the head a byte at a time; the client's timeout ends it."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        headers = [(b"Content-Length", b"%d" % len(answer.body)), *self._app.standard_headers()]
        head = self._http.send(h11.Response(status_code=answer.status, headers=headers, reason=b"OK")) or b""
        self._drip(head + answer.body, pause)

    def _drip(self, left: bytes, pause: float) -> None:
        transport = self._transport
        if transport is None or transport.is_closing() or not left:
            self.abort()
            return
        transport.write(left[:1])
        asyncio.get_running_loop().call_later(pause, self._drip, left[1:], pause)

    def hold(self, exchange: Exchange) -> None:
        """Never answer."""
        if self._transport is None or self._transport.is_closing():
            self._app.give_up(exchange)
        else:
            self._held = exchange

    def drop(self, *, reset: bool) -> None:
        """End the connection without an answer."""
        transport = self._transport
        if transport is None:
            return
        if reset:
            connected = transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()

    # Reading.

    def _advance(self) -> None:
        """Handle what has arrived until a request is under way or more must come."""
        self._advancing = True
        try:
            while not self._busy and not self._lingering and self._transport is not None:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    if self._http.they_are_waiting_for_100_continue:
                        go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                        self._transport.write(self._http.send(go_on) or b"")
                    if self._paused:
                        self._transport.resume_reading()
                        self._paused = False
                    return
                if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                    return
                self._handle(event)
        except h11.RemoteProtocolError as error:
            self._refuse(json_answer(error.error_status_hint, {"message": f"Malformed request: {error}"}))
        finally:
            self._advancing = False

    def _handle(self, event: object) -> None:
        if isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > MAX_BODY:
                self._refuse(_TOO_LARGE)
        elif isinstance(event, h11.Request):
            self._request = event
            length = next((value for name, value in event.headers if name == b"content-length"), b"0")
            if len(length) > 8 or int(length) > MAX_BODY:
                self._refuse(_TOO_LARGE)
        elif isinstance(event, h11.EndOfMessage) and self._request is not None:
            request = self._request
            authorization = next((value for name, value in request.headers if name == b"authorization"), b"")
            body, self._body = bytes(self._body), bytearray()
            self._busy = True
            exchange = Exchange(
                peer=self,
                method=request.method.decode("ascii"),
                target=request.target.decode("ascii"),
                authorization=authorization.decode("latin-1"),
                raw=body,
            )
            self._app.begin(exchange)

    def _next(self) -> None:
        """After an answer: the next request of this connection, or its end."""
        transport = self._transport
        if transport is None:
            return
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            transport.close()
            return
        self._http.start_next_cycle()
        self._request = None
        self._busy = False
        if not self._advancing:
            self._advance()

    def _refuse(self, answer: Answer) -> None:
        """Answer a request that cannot be read, and close.

        The rest of it is read and thrown away for a moment: closing with unread bytes would reset the connection,
        and the client might never see the answer.
        """
        transport = self._transport
        if transport is None:
            return
        self._lingering = True
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [
                (b"Content-Type", answer.content_type),
                (b"Content-Length", b"%d" % len(answer.body)),
                (b"Connection", b"close"),
                *self._app.standard_headers(),
            ]
            data = self._http.send(h11.Response(status_code=answer.status, headers=headers)) or b""
            transport.write(data + answer.body)
        if transport.can_write_eof():
            transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.abort)
