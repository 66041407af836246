"""Waiting for what may never answer, without keeping the console or the process's end waiting."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ResultT = TypeVar("ResultT")


async def in_daemon(call: Callable[[], ResultT]) -> ResultT:
    """The result of `call` in a thread of its own, which the process does not wait for when it ends.

    `asyncio.to_thread` would: its few threads are joined, and one that hangs is missing for all that follows.
    """
    future: Future[ResultT] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            future.set_exception(error)

    threading.Thread(target=run, name="daemon", daemon=True).start()
    return await asyncio.wrap_future(future)
