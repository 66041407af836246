"""Looking at a source in a thread: what is known is shown while it is counted, and nobody waits for a look given up."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.source.models import Preview
    from tui_importer.source.options import Reading
    from tui_importer.tui.backend import Backend

_BEAT: Final = 0.25
"""Seconds between two pictures of a source that is being counted."""


async def look_at(backend: Backend, source: Path, reading: Reading, show: Callable[[Preview], None]) -> Preview:
    """The preview of a source; `show` is called with what is known meanwhile. Raises ImporterError.

    When the task is cancelled the thread is told and ends soon, whatever the size of the source.
    """
    cancelled = threading.Event()
    known: deque[Preview] = deque(maxlen=1)
    counting = asyncio.create_task(asyncio.to_thread(backend.preview, source, reading, known.append, cancelled))
    try:
        while not counting.done():
            await asyncio.wait({counting}, timeout=_BEAT)
            if known and not counting.done():
                show(known.pop())
        return counting.result()
    finally:
        cancelled.set()
        counting.cancel()
