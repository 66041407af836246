"""What is written down when the program itself fails: a traceback without locals and without secrets."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from tui_importer import __version__
from tui_importer.text import safe_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LONGEST = 64_000

_PATTERNS = (
    (r"(?<![A-Za-z0-9])sk_(test_|live_)?[A-Za-z0-9_-]+", r"sk_\1•••"),
    (r"(?i)\b(bearer|basic)\s+[^\s'\",;]+", r"\1 •••"),
    (r"(?i)(passw(?:or)?d|secret|token|api_?key)(['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;)}\]]+)",
     r"\1\2•••"),
    (r"\$(?:2[abxy]|argon2\w*|scrypt|pbkdf2\S*?|[0-9]|ssha\S*?)\$[^\s'\",]+", "•••"),
    (r"//[^/\s@]+@", "//•••@"),
    (r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+", "•••@•••"),
)  # fmt: skip


def redact(text: str) -> str:
    """Return `text` with API keys, credentials, password hashes and e-mail addresses masked."""
    for pattern, replacement in _PATTERNS:
        text = re.sub(pattern, replacement, text)  # compiled at its first use, which a start has not
    return text


def crash_report(error: BaseException, mask: Callable[[str], str] = str) -> str:
    """The traceback of `error` and its causes, redacted, and masked by `mask`; frames without their locals."""
    import platform
    import traceback
    from datetime import UTC, datetime

    formatted = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    head = f"tui-importer {__version__}, Python {platform.python_version()} on {sys.platform}"
    body = "\n".join(safe_lines(redact(mask(formatted)), _LONGEST))
    return f"{head}\n{datetime.now(UTC).isoformat(timespec='seconds')}\n\n{body}\n"


def write_crash(error: BaseException, folder: Path, mask: Callable[[str], str] = str) -> Path:
    """Write the report of `error` into `folder` as a new file only its owner can read; raises OSError."""
    from datetime import UTC, datetime

    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    path = folder / f"crash-{stamp}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(crash_report(error, mask))
    return path
