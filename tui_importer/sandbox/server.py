"""The sandbox as a server: in a thread of a test, or as the whole of a process."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from tui_importer.sandbox.app import App
from tui_importer.sandbox.connection import Connection
from tui_importer.sandbox.errors import SandboxError
from tui_importer.sandbox.own_pages import last_requests, snapshot
from tui_importer.sandbox.seeds import seed_membership, seed_organization, seed_role, seed_user
from tui_importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tui_importer.sandbox.answers import JsonObject
    from tui_importer.sandbox.seeds import MembershipFields, OrganizationFields, RoleFields, UserFields
    from tui_importer.sandbox.state import World
    from tui_importer.sandbox.stats import Asked, SandboxState

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
_BACKLOG = 1024
_CALL_SECONDS = 60.0


def check_host(host: str, *, allow_remote: bool = False) -> str:
    """The address to bind. Raises SandboxError for one that other machines reach, unless that is allowed.

    The sandbox shows all it holds to everybody who can connect, so leaving loopback must be a decision.
    """
    if host == "localhost":
        return LOOPBACK
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not allow_remote:
        raise SandboxError(
            f"The sandbox does not listen on {host}: other machines could read what it holds.",
            f"Use {LOOPBACK}.",
        )
    return host


async def _serve(app: App, host: str, port: int, on_ready: Callable[[str, int], None], stop: asyncio.Event) -> None:
    """Listen until `stop` is set, then cut every connection. Raises SandboxError if it cannot listen."""
    loop = asyncio.get_running_loop()
    app.loop = loop
    connections: set[Connection] = set()
    try:
        server = await loop.create_server(lambda: Connection(app, connections), host, port, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SandboxError(
            f"The sandbox cannot listen on {host}:{port}: {reason}.", "Choose another port; 0 takes a free one."
        ) from error
    try:
        bound = server.sockets[0].getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        on_ready(f"http://{name}:{bound}", bound)
        await stop.wait()
    finally:
        server.close()
        await asyncio.sleep(0)  # a connection being accepted becomes one of them
        for connection in (leaving := list(connections)):
            connection.abort()
        await asyncio.gather(*(connection.closed.wait() for connection in leaving))
        await server.wait_closed()
        app.loop = None
        app.stats.in_flight = 0


def serve_forever(
    settings: SandboxSettings,
    host: str = LOOPBACK,
    port: int = 0,
    on_ready: Callable[[str], None] | None = None,
    *,
    allow_remote: bool = False,
) -> None:
    """Serve in this (the main) thread until SIGINT or SIGTERM, then return.

    `on_ready` gets the URL once it listens. Raises SandboxError if it cannot listen, or if `host` is not loopback
    and `allow_remote` is not given.
    """
    address = check_host(host, allow_remote=allow_remote)

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await _serve(App(settings), address, port, lambda url, _port: on_ready(url) if on_ready else None, stop)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())


class Sandbox:
    """A sandbox in a thread of this process, for tests and the demo.

    with Sandbox(SandboxSettings(latency=0.01)) as sandbox:
        httpx.get(sandbox.url + "/organizations", headers={"Authorization": f"Bearer {sandbox.key}"})
        sandbox.state.counts["users"]

    `port` 0 takes a free one. It can be closed and started again, at the same port and with what it held, as a
    server that goes away and comes back: requests under way are lost then. All methods can be called from any thread.
    Raises SandboxError if `host` is not loopback and `allow_remote` is not given, and when it cannot listen.
    """

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        host: str = LOOPBACK,
        port: int = 0,
        *,
        allow_remote: bool = False,
    ) -> None:
        self._app = App(settings or SandboxSettings())
        self._host = check_host(host, allow_remote=allow_remote)
        self._port = port
        self._url = ""
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> Sandbox:
        """Listen; returns when it does."""
        if self._thread is not None:
            return self
        ready: Future[tuple[str, int]] = Future()
        thread = threading.Thread(target=self._run, args=(ready,), name="sandbox", daemon=True)
        thread.start()
        try:
            self._url, self._port = ready.result(_CALL_SECONDS)
        except BaseException:  # an interrupt too: no thread may be left behind
            thread.join(_CALL_SECONDS)
            raise
        self._thread = thread
        return self

    def close(self) -> None:
        """Stop listening and cut every connection; returns when its thread has ended."""
        thread, self._thread = self._thread, None
        loop, stop = self._app.loop, self._stop
        if thread is None or loop is None or stop is None:
            return
        loop.call_soon_threadsafe(stop.set)
        thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, empty before the first start."""
        return self._url

    @property
    def key(self) -> str:
        """The key it accepts."""
        return self.settings.key

    @property
    def settings(self) -> SandboxSettings:
        """The settings now in force."""
        return self._app.settings

    @property
    def state(self) -> SandboxState:
        """The state of all it holds, and what was asked of it."""
        return self.snapshot()

    def snapshot(self, *, objects: bool = True) -> SandboxState:
        """The state now, without the objects if wanted (cheap at any size)."""
        return self._call(lambda: snapshot(self._app, objects=objects))

    def requests(self, last: int = 1000) -> list[Asked]:
        """The last finished requests, oldest first."""
        return self._call(lambda: last_requests(self._app, last))

    def update(self, **changes: object) -> None:
        """Change settings (fields of SandboxSettings) from the next request on. Raises ValueError, TypeError."""
        self._call(lambda: self._app.configure(**changes))

    def revoke_key(self) -> None:
        """Answer 401 to everything from now on."""
        self._call(lambda: setattr(self._app, "key_revoked", True))

    def set_key(self, key: str) -> None:
        """Accept this key only; it is not revoked, whatever happened to the old one."""
        self._call(lambda: self._app.set_key(key))

    def colleague(self, act: Callable[[World, str], None] | None) -> None:
        """Let a colleague work in the environment: `act` is called after every request that took effect.

        It is given the environment and the request's call, and runs in the server's thread.
        """
        self._call(lambda: setattr(self._app, "colleague", act))

    def change(self, act: Callable[[World], T]) -> T:
        """Change the environment's objects as a colleague would, with the methods of `World`."""
        return self._call(lambda: act(self._app.world))

    def seed_organization(self, name: str, **fields: Unpack[OrganizationFields]) -> JsonObject:
        """Add an organization that was always there (`seeds.seed_organization`); returns the API's object."""
        return self._call(lambda: seed_organization(self._app.world, name, **fields))

    def seed_user(self, email: str, **fields: Unpack[UserFields]) -> JsonObject:
        """Add a user that was always there (`seeds.seed_user`); returns the API's object."""
        return self._call(lambda: seed_user(self._app.world, email, **fields))

    def seed_membership(self, user_id: str, organization_id: str, **fields: Unpack[MembershipFields]) -> JsonObject:
        """Add a membership that was always there (`seeds.seed_membership`); returns the API's object."""
        return self._call(lambda: seed_membership(self._app.world, user_id, organization_id, **fields))

    def seed_role(self, slug: str, **fields: Unpack[RoleFields]) -> JsonObject:
        """Add a role beyond the settings' (`seeds.seed_role`); returns the API's object."""
        return self._call(lambda: seed_role(self._app.world, slug, **fields))

    def _call(self, work: Callable[[], T]) -> T:
        """Run `work` where the state lives: in the event loop, or here when there is none."""
        loop = self._app.loop
        if self._thread is None or loop is None:
            return work()
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised in the caller's thread
                done.set_exception(error)

        loop.call_soon_threadsafe(run)
        return done.result(_CALL_SECONDS)

    def _run(self, ready: Future[tuple[str, int]]) -> None:
        async def main() -> None:
            self._stop = asyncio.Event()
            await _serve(self._app, self._host, self._port, lambda url, port: ready.set_result((url, port)), self._stop)

        try:
            asyncio.run(main())
        except BaseException as error:  # whatever it is, who waits for the address must hear of it
            if ready.done():
                raise
            ready.set_exception(error)
