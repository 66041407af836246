"""Log of the console's notifications: a toast goes away, and must not be its only record."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from tui_importer.crash_report import redact
from tui_importer.text import safe

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

NAME: Final = "console.log"
MOST_BYTES: Final = 1 << 20
"""A larger log is put aside as `console.log.1`, in the place of an earlier one."""


class ConsoleLog:
    """Log file `console.log` in `folder`, for the owner only; None keeps no log."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def write(self, moment: datetime, severity: str, text: str) -> None:
        """Add one line, without secrets and e-mail addresses."""
        if self._folder is None:
            return
        line = f"{moment.isoformat(timespec='seconds')} {severity:<11} {redact(safe(text, 2_000))}\n"
        path = self._folder / NAME
        try:
            if path.exists() and path.stat().st_size > MOST_BYTES:
                path.replace(path.with_name(f"{NAME}.1"))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(line)
        except OSError:  # the operator has the message on the screen; a full disk the journal reports
            return
