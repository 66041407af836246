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


def temporary_folder(purpose: str) -> tempfile.TemporaryDirectory[str]:
    """A new folder for the owner only, to be removed by its `cleanup` or at the end. Raises NoTemporaryFolder."""
    with _refusing():
        return tempfile.TemporaryDirectory(prefix=f"tui-importer-{purpose}-", dir=_place())


def kept_temporary_folder(purpose: str) -> Path:
    """A new folder for the owner only, which stays. Raises NoTemporaryFolder."""
    with _refusing():
        return Path(tempfile.mkdtemp(prefix=f"tui-importer-{purpose}-", dir=_place()))


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
