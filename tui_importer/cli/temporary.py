"""Folders for what is needed only while a command runs."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.errors import ImporterError
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator


class NoTemporaryFolder(ImporterError):
    """The system has no folder for temporary files that this account can write to."""

    kind = "no_temporary_folder"


def new_folder(prefix: str, parent: Path | None = None) -> Path:
    """A new folder for the owner only, by default where the system keeps temporary files. Raises NoTemporaryFolder."""
    with _refusing():
        return Path(tempfile.mkdtemp(prefix=prefix, dir=parent or temporary_place()))


def temporary_place() -> str:
    """Where the system keeps temporary files. Raises NoTemporaryFolder, OSError."""
    place = tempfile.gettempdir()
    try:
        place.encode()
    except UnicodeEncodeError as error:
        raise NoTemporaryFolder(
            f"The name of the temporary folder {safe(place)} is not UTF-8.", "Set TMPDIR to another folder."
        ) from error
    return place


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoTemporaryFolder(
            f"There is no room for temporary files: {safe(error.strerror or error)}.",
            "Set TMPDIR to a folder that you can write to.",
        ) from error
