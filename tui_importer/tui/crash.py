"""What remains of a defect: a short sentence for the operator and a file without secrets for a bug report.

Textual's own report prints local variables, and with them keys and personal data; ours has frames, source lines and
the exception's words with everything that looks like a secret or an e-mail address taken out.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer import __version__
from tui_importer.crash_report import redact
from tui_importer.text import safe

if TYPE_CHECKING:
    from datetime import datetime

    from tui_importer.secret import Secret


def report(error: BaseException, moment: datetime, secrets: tuple[Secret | None, ...] = ()) -> str:
    """The crash file's text: versions, the chain of exceptions with their frames, no local variables."""
    from textual import __version__ as textual_version

    frames = traceback.TracebackException.from_exception(error, capture_locals=False, compact=True)
    head = [
        f"tui-importer {__version__}, textual {textual_version}, Python {sys.version.split()[0]}, {sys.platform}",
        moment.isoformat(timespec="seconds"),
        "",
    ]
    return redact("\n".join(head) + "".join(frames.format()), secrets)


def write(folder: Path | None, text: str, moment: datetime) -> Path | None:
    """Write a crash file readable by its owner only; None when even that fails."""
    try:
        target = folder or Path(tempfile.gettempdir())
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = target / f"tui-importer-crash-{moment:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(
            descriptor, "w", encoding="utf-8", errors="backslashreplace"
        ) as file:  # names of files may be no text
            file.write(text)
    except OSError:
        return None
    return path


def message(error: BaseException, path: Path | None, way_on: str = "") -> str:
    """What the operator reads after the screen is gone; `way_on` says what became of the open job."""
    where = f"Details without secrets: {safe(str(path))}" if path else "The crash file could not be written."
    lines = [f"tui-importer stopped because of a defect in itself ({safe(type(error).__name__)}).", way_on, where]
    return "\n".join(line for line in lines if line)


def resumable(job: str) -> str:
    """What is said of an unfinished job that was open."""
    return f"No row of {safe(job)} is lost; resume it with: tui-importer resume {safe(job)}"


IN_DEMO = "This was the demo: nothing was written to but its own sandbox, and there is nothing to resume."
