"""What is written down when the program itself fails: a traceback without locals and without secrets."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from tui_importer import __version__
from tui_importer.text import safe, safe_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tui_importer.secret import Secret

_LONGEST = 64_000

_NAMES = r"(?:passw(?:or)?d|passphrase|passcode|\bpwd|secret|token|api[_-]?key|totp|\botp|authorization)[\w-]*"
_SCHEMES = r"bearer|basic|digest|negotiate"
# In quotes of any depth of escaping, which end with the same, or up to what ends a word.
_VALUE = r"(?:[rbuf]{0,2}(\\*)(['\"]).*?(?<!\\)\3\4|[^\s,;&)}\]]+)"
_PATTERNS = (
    (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", "•••"),
    (r"(?<![A-Za-z0-9])sk_(test_|live_)?[A-Za-z0-9_-]+", r"sk_\1•••"),
    (r"\botpauth://\S+", "•••"),
    (r"\beyJ[\w-]{8,}(?:\.[\w-]+)+", "•••"),
    (rf"(?i)\b({_SCHEMES})\s+(?!•••)[^\s'\",;]+", r"\1 •••"),
    (rf"(?i)({_NAMES})(\\*['\"]?\s*(?:[:=]|=>)\s*)(?!['\"]?(?:{_SCHEMES})\b){_VALUE}", r"\1\2•••"),
    (r"\$(?:2[abxy]|argon2\w*|scrypt|pbkdf2\S*?|[0-9]|ssha\S*?)\$[^\s'\",]+", "•••"),
    (r"(?i)\{(?:s?sha|smd5|md5|crypt|pbkdf2|argon2|bcrypt)[\w-]*\}[^\s'\",]+", "•••"),
    (r"//[^/\s@]+@", "//•••@"),
    (r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+", "•••@•••"),
)  # fmt: skip


def redact(text: str, secrets: Iterable[Secret | None] = ()) -> str:
    """Return `text` with API keys, credentials, password hashes and e-mail addresses masked; `secrets` by value."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), secret.hint)
    for pattern, replacement in _PATTERNS:
        text = re.sub(pattern, replacement, text)  # compiled at its first use, which a start has not
    return text


def crash_report(
    error: BaseException, mask: Callable[[str], str] = str, *, secrets: Iterable[Secret | None] = (), beside: str = ""
) -> str:
    """The traceback of `error` and its causes without their locals, redacted, and masked by `mask`.

    `secrets` are masked by value, `beside` names what else of a version matters.
    """
    import platform
    import traceback
    from datetime import UTC, datetime

    from tui_importer.secret import Secret

    formatted = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    beside = f", {beside}" if beside else ""
    head = f"tui-importer {__version__}{beside}, Python {platform.python_version()} on {sys.platform}"
    kept = redact(mask(formatted), [Secret(os.environ.get("WORKOS_API_KEY", "")), *secrets])
    body = "\n".join(safe_lines(kept, _LONGEST))
    return f"{head}\n{datetime.now(UTC).isoformat(timespec='seconds')}\n\n{body}\n"


def write_crash(
    error: BaseException,
    folder: Path,
    mask: Callable[[str], str] = str,
    *,
    secrets: Iterable[Secret | None] = (),
    beside: str = "",
) -> Path:
    """Write the report of `error` into `folder` as a new file only its owner can read; raises OSError."""
    from datetime import UTC, datetime

    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    path = folder / f"crash-{stamp}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(crash_report(error, mask, secrets=secrets, beside=beside))
    return path


def crash_message(error: BaseException, path: Path | None, way_on: str = "") -> str:
    """What the operator reads after the console is gone; `way_on` says what became of the open job."""
    where = f"Details without secrets: {safe(str(path))}" if path else "The crash file could not be written."
    lines = [f"tui-importer stopped because of a defect in itself ({safe(type(error).__name__)}).", way_on, where]
    return "\n".join(line for line in lines if line)
