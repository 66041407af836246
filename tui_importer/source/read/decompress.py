"""Decompression in pieces of a size that the caller says: a small file may unpack to terabytes."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Protocol

from tui_importer.source.errors import SourceFormat

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from zstandard import ZstdDecompressionObj

PACKED_BYTES = 1 << 17
PIECE_BYTES = 1 << 10
"""Packed bytes given to zstd at once: they can become 32 MB, and no reader of the library that asks for less tells a
complete archive from one that is cut off (measured: half of an archive was read without a word)."""

AGAIN = "Copy or export it again."


class Reader(Protocol):
    """A source of bytes: at most `size` of them, none only at the end."""

    def read(self, size: int, /) -> bytes:
        """Read."""


class Gunzip:
    """The content of a gzip archive. Reading raises SourceFormat when it is damaged or cut off."""

    def __init__(self, packed: Reader, path: Path) -> None:
        self._file = gzip.GzipFile(fileobj=packed, mode="rb")  # type: ignore[call-overload]  # it only reads
        self._path = path

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        parts = []
        try:
            while size > 0 and (part := self._file.read(size)):
                parts.append(part)
                size -= len(part)
        except EOFError:
            refuse(self._path, "gzip", "is cut off", AGAIN)
        except (zlib.error, gzip.BadGzipFile):
            refuse(self._path, "gzip", "is damaged", AGAIN)
        return b"".join(parts)


class Unzstd:
    """The content of a zstd archive of one or several frames. Reading raises SourceFormat as `Gunzip`."""

    def __init__(self, packed: Reader, path: Path) -> None:
        self._packed = packed
        self._path = path
        self._input = b""
        self._at = 0
        self._output = bytearray()
        self._frame: ZstdDecompressionObj | None = None

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        while len(self._output) < size and self._advance():
            pass
        found = bytes(self._output[:size])
        del self._output[:size]
        return found

    def _advance(self) -> bool:
        """Unpack a little more; false at the end."""
        from zstandard import ZstdDecompressor, ZstdError

        if self._at >= len(self._input):
            self._input, self._at = self._packed.read(PACKED_BYTES), 0
        if not self._input:
            if self._frame is not None:
                refuse(self._path, "zstd", "is cut off", AGAIN)
            return False
        piece = self._input[self._at : self._at + PIECE_BYTES]
        self._at += len(piece)
        if self._frame is None:
            self._frame = ZstdDecompressor().decompressobj()
        try:
            self._output += self._frame.decompress(piece)
        except ZstdError as error:
            if "memory" in str(error):
                refuse(self._path, "zstd", "needs too much memory", "Compress it without --long, or unpack it first.")
            refuse(self._path, "zstd", "is damaged", AGAIN)
        if self._frame.eof:
            self._at -= len(self._frame.unused_data)
            self._frame = None
        return True


def refuse(path: Path, kind: str, problem: str, next_step: str) -> NoReturn:
    """Raise SourceFormat for an archive."""
    raise SourceFormat(path, f"the {kind} archive {problem}.", next_step) from None
