"""The folder of a demo, among temporary files."""

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


def new_folder(prefix: str) -> Path:
    """A new folder for the owner only, where the system keeps temporary files. Raises NoTemporaryFolder."""
    with _refusing():
        return Path(tempfile.mkdtemp(prefix=prefix, dir=_place()))


def _place() -> str:
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
