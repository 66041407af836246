"""The way to the API: its host, a proxy, whose certificates are trusted; and how far a request came on it."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.workos.network.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Route:
    """The way to the API by the environment's variables, read once.

    `trusted` names in words whose certificates are accepted; `trust_replaced` tells that variables name that instead
    of the system. `unused_proxy` tells that a proxy is named for http:// only, which the API does not have;
    `in_clear` that the base URL says http://.
    """

    host: str
    proxy: Proxy | None = None
    trusted: str = ""
    trust_replaced: bool = False
    unused_proxy: bool = False
    in_clear: bool = False


class Step(IntEnum):
    """The progress of a request. Before REQUEST nothing of it was sent."""

    UNKNOWN = 0
    REACHING = 1
    FIRST_TLS = 2
    """With whom was reached: the server, or a proxy whose URL says https://."""
    TUNNEL = 3
    """The proxy is asked for a connection to the server."""
    TLS = 4
    """With the server, through the proxy."""
    REQUEST = 5


_STEPS: Final = {
    "connection.connect_tcp.started": Step.REACHING,
    "connection.start_tls.started": Step.FIRST_TLS,
    "proxy.start_tls.started": Step.TLS,
    "socks.connect_tcp.started": Step.REACHING,
    "socks.setup_socks5_connection.started": Step.TUNNEL,
    "socks.start_tls.started": Step.TLS,
}
_CONNECTED: Final = frozenset(
    {
        "connection.connect_tcp.complete",
        "connection.start_tls.complete",
        "proxy.start_tls.complete",
        "socks.connect_tcp.complete",
        "socks.start_tls.complete",
    }
)
_SOCKS_REACHED: Final = "socks.connect_tcp.complete"
_SENDING: Final = "http11.send_request_headers.started"
_ANSWERED: Final = "http11.receive_response_headers.complete"


class Progress:
    """An observer of requests by httpcore's trace events: the step, the socket, the sign-ins that a proxy offers.

    `answer_seconds` is how long a SOCKS proxy may be silent, for which httpcore knows no limit.
    """

    def __init__(self, answer_seconds: float = 60.0) -> None:
        self._answer_seconds = answer_seconds
        self.step = Step.UNKNOWN
        self.socket: socket.socket | None = None
        self.sign_ins: tuple[str, ...] = ()

    def begin(self) -> None:
        """Another request, maybe over a connection that stands."""
        self.step = Step.UNKNOWN
        self.sign_ins = ()

    def hang_up(self) -> None:
        """Close the connection that the request was to go over."""
        if self.socket is not None:
            self.socket.close()

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """One event."""
        if event in _CONNECTED:
            self.socket = info["return_value"].get_extra_info("socket")
            if event == _SOCKS_REACHED and self.socket is not None:
                _limit_silence(self.socket, self._answer_seconds)
        elif event in _STEPS:
            self.step = _STEPS[event]
        elif event == _SENDING:
            self.step = Step.TUNNEL if info["request"].method == b"CONNECT" else Step.REQUEST
        elif event == _ANSWERED and self.step is Step.TUNNEL:
            headers = info["return_value"][3]
            offers = [value.decode("latin-1") for name, value in headers if name.lower() == b"proxy-authenticate"]
            self.sign_ins = tuple(dict.fromkeys(word for offer in offers for word in offer.split(maxsplit=1)[:1]))


def _limit_silence(connection: socket.socket, seconds: float) -> None:
    """Let reads and writes without a timeout of Python's end with BlockingIOError after `seconds`."""
    whole, part = divmod(max(seconds, 0.001), 1)
    time = struct.pack("ll", int(whole), int(part * 1e6))
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, option, time)
