"""Operating systems on which the importer runs."""

from __future__ import annotations

import sys

from tui_importer.errors import ImporterError

_UNSUPPORTED = {"win32": "Windows", "emscripten": "a browser", "wasi": "WebAssembly"}


class UnsupportedSystem(ImporterError):
    """System without what a job relies on: file locks, signals, folders that can be synced."""

    kind = "unsupported_system"


def require_supported_system() -> None:
    """Refuse, before anything is imported that only POSIX systems have. Raises UnsupportedSystem."""
    if sys.platform in _UNSUPPORTED:
        raise UnsupportedSystem(
            f"tui-importer does not run on {_UNSUPPORTED[sys.platform]}: it needs Linux or macOS.",
            "On Windows use it in WSL (the Windows Subsystem for Linux).",
        )
