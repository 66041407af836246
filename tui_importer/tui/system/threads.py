"""Calls in threads that neither the console nor the end of the process waits for once they are given up."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.source.models import Preview
    from tui_importer.source.options import Reading
    from tui_importer.tui.backend import Backend

ResultT = TypeVar("ResultT")

_INTERVAL: Final = 0.25
"""Seconds between two previews of a source that is being counted."""


async def in_daemon(call: Callable[[], ResultT]) -> ResultT:
    """Run `call` in a thread of its own, which the process does not wait for when it ends.

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


async def preview_of(backend: Backend, source: Path, reading: Reading, show: Callable[[Preview], None]) -> Preview:
    """The preview of a source; `show` is called with what is known meanwhile. Raises ImporterError.

    When the task is cancelled the thread is stopped and ends soon, whatever the size of the source.
    """
    cancelled = threading.Event()
    known: deque[Preview] = deque(maxlen=1)
    counting = asyncio.create_task(asyncio.to_thread(backend.preview, source, reading, known.append, cancelled))
    try:
        while not counting.done():
            await asyncio.wait({counting}, timeout=_INTERVAL)
            if known and not counting.done():
                show(known.pop())
        return counting.result()
    finally:
        cancelled.set()
        counting.cancel()
