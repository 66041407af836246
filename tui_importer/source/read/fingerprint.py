"""The identity of a source's bytes, and whether they changed meanwhile."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from tui_importer.source.errors import SourceChanged, SourceUnreadable
from tui_importer.source.models import Fingerprint
from tui_importer.source.read.header import open_source

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

CHUNK_BYTES = 1 << 20


def fingerprint(path: Path) -> Fingerprint:
    """Read `path` once (about 1 s for 1.2 GB) and return its size and SHA-256.

    Raises SourceNotFound, SourceNotAFile, SourceUnreadable, and SourceChanged when it was written to meanwhile.
    """
    with open_source(path) as file:
        watch = Watch(file, path)
        try:
            digest = hashlib.sha256()
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
            size = file.tell()
        except OSError as error:
            raise SourceUnreadable(path, f"it cannot be read: {error.strerror}.", "Try again.") from None
        watch.check(size)
    return Fingerprint(size, digest.hexdigest())


class Watch:
    """A watch over an open source: finds that it was written to, replaced or removed between creation and `check`."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._before = _identity(os.fstat(file.fileno()))

    @property
    def size(self) -> int:
        """Bytes the source had at the beginning."""
        return self._before[2]

    def check(self, bytes_read: int) -> None:
        """Raise SourceChanged unless `path` is still the same file with the same `bytes_read` bytes, unmodified."""
        try:
            same = self._before == _identity(os.fstat(self._file.fileno())) == _identity(self._path.stat())
        except OSError:
            same = False
        if not same or bytes_read != self.size:
            raise SourceChanged(
                self._path,
                "the file was changed, replaced or removed while it was read.",
                "Wait until the export is complete, then scan it again.",
            )


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
