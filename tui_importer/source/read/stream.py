"""The bytes of a source as UTF-8 text, whatever its compression and encoding.

Everything behind this module sees UTF-8. What cannot be decoded becomes U+FFFD, which the checks report row by row; the
fingerprint is that of the file's own bytes.
"""

from __future__ import annotations

import codecs
import hashlib
from typing import TYPE_CHECKING, BinaryIO

from tui_importer.source.errors import SourceEmpty, SourceUnreadable
from tui_importer.source.models import Fingerprint
from tui_importer.source.read.decompress import Gunzip, Unzstd
from tui_importer.source.read.dialect import Dialect, compression_of, delimiter_of, encoding_of, ends_with_returns
from tui_importer.source.read.signatures import refuse_binary_formats, refuse_text_formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tui_importer.source.options import Reading
    from tui_importer.source.read.decompress import Reader

BLOCK_BYTES = 2 << 20
"""Bytes read at a time; larger blocks cost memory and gain nothing, smaller ones cost time."""

NEARBY_BYTES = 1 << 16
HEAD_BYTES = 1 << 20
"""The bytes by which a source is recognised: its header must end within so many bytes."""

START_BYTES = 1 << 10
"""The bytes by which another format is recognised."""


class _Hashed:
    """The file itself: what is read of it is hashed and counted."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self.digest = hashlib.sha256()
        self.count = 0

    def read(self, size: int, /) -> bytes:
        chunk = read_exactly(self._file, size, self._path)
        self.digest.update(chunk)
        self.count += len(chunk)
        return chunk

    def peek(self, offset: int, size: int) -> bytes:
        """Bytes ahead of where the file is read, not hashed."""
        self._file.seek(self.count + offset)
        found = read_exactly(self._file, size, self._path)
        self._file.seek(self.count)
        return found


class Stream:
    """An open source of a known dialect, from its first byte.

    Reading raises SourceUnreadable, and SourceFormat when a compressed source is damaged or cut off.
    """

    def __init__(self, file: BinaryIO, path: Path, dialect: Dialect) -> None:
        self._file = file
        self.path = path
        self.dialect = dialect
        self.rewind()

    def rewind(self) -> None:
        """Begin again."""
        self._file.seek(0)
        self._raw = _Hashed(self._file, self.path)
        self._bytes = _unpacked(self._raw, self.path, self.dialect)
        self._decoder = codecs.getincrementaldecoder(self.dialect.encoding)(errors="replace")
        self._began = self._ended = self._returned = False

    @property
    def bytes_read(self) -> int:
        """Bytes of the file itself, read since the beginning."""
        return self._raw.count

    def finish(self) -> Fingerprint:
        """Read what was not read yet and return the fingerprint of the whole file."""
        while self._raw.read(BLOCK_BYTES):
            pass
        return Fingerprint(self._raw.count, self._raw.digest.hexdigest())

    def head(self) -> bytes:
        """The first HEAD_BYTES or all; the position is moved."""
        self.rewind()
        head = b""
        while len(head) < HEAD_BYTES and (chunk := self._read(HEAD_BYTES)):
            head += chunk
        return head[:HEAD_BYTES]

    def read_block(self) -> bytes:
        """About BLOCK_BYTES, empty at the end; to the end of a line when one ends near there, which saves copies."""
        if not self.dialect.is_plain:
            while not (chunk := self._read(BLOCK_BYTES)) and not self._ended:
                pass
            return chunk
        near = self._raw.peek(BLOCK_BYTES - NEARBY_BYTES, NEARBY_BYTES)
        if len(near) < NEARBY_BYTES:
            return self._raw.read(BLOCK_BYTES)
        return self._raw.read(BLOCK_BYTES - NEARBY_BYTES + (near.rfind(b"\n") + 1 or NEARBY_BYTES))

    def chunks(self) -> Iterator[bytes]:
        """The bytes before they are decoded, from where the stream stands."""
        while chunk := self._bytes.read(BLOCK_BYTES):
            yield chunk

    def _read(self, size: int) -> bytes:
        chunk = self._bytes.read(size)
        self._ended = not chunk
        if self.dialect.encoding != "utf-8":
            text = self._decoder.decode(chunk, final=self._ended)
            if not self._began and text:
                text = text.removeprefix("\ufeff")
                self._began = True
            chunk = text.encode()
        return self._with_line_feeds(chunk) if self.dialect.carriage_returns else chunk

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """Every line end as LF, those in values too: CRLF, which may be cut in two, is one of them."""
        if self._returned:
            chunk = chunk.removeprefix(b"\n")
        self._returned = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def read_exactly(file: BinaryIO, count: int, path: Path) -> bytes:
    """Read `count` bytes, fewer only at the end of the file. Raises SourceUnreadable."""
    parts = []
    try:
        while count > 0 and (part := file.read(count)):
            parts.append(part)
            count -= len(part)
    except OSError as error:
        raise SourceUnreadable(path, f"it cannot be read: {error.strerror}.", "Copy the file and try again.") from None
    return b"".join(parts)


def stream_of(file: BinaryIO, path: Path, reading: Reading, check: Callable[[], None] | None = None) -> Stream:
    """Recognise the dialect of an open source, as far as `reading` does not say it.

    All of the source may be read for it; `check` is called every few megabytes and may raise. Raises SourceFormat,
    SourceEncoding or SourceDelimiter for what is no CSV file, and as `Stream`.
    """
    file.seek(0)
    dialect = Dialect(compression=compression_of(read_exactly(file, START_BYTES, path)))
    start = next(Stream(file, path, dialect).chunks(), b"")[:START_BYTES]
    refuse_binary_formats(start, path, unpacked=bool(dialect.compression))
    encoding = reading.encoding or encoding_of(_checked(Stream(file, path, dialect).chunks(), check))
    dialect = dialect._replace(encoding=encoding)
    head = without_byte_order_marks(Stream(file, path, dialect).head())
    if ends_with_returns(head):
        dialect = dialect._replace(carriage_returns=True)
        head = without_byte_order_marks(Stream(file, path, dialect).head())
    everything = head.decode("utf-8", "replace")
    text = everything.lstrip(" \t\r\n")
    if not text:
        raise SourceEmpty(path, "the file is empty.", "Export it again.")
    refuse_text_formats(text, path)
    line = 1 + everything.count("\n", 0, len(everything) - len(text))
    delimiter = reading.delimiter or delimiter_of(text, path, frozenset(reading.mapping), line)
    return Stream(file, path, dialect._replace(delimiter=delimiter))


def without_byte_order_marks(head: bytes) -> bytes:
    """`head` without the byte order marks of UTF-8 at its beginning; some tools put a second one."""
    while head.startswith(codecs.BOM_UTF8):
        head = head[len(codecs.BOM_UTF8) :]
    return head


def _checked(chunks: Iterator[bytes], check: Callable[[], None] | None) -> Iterator[bytes]:
    for chunk in chunks:
        if check is not None:
            check()
        yield chunk


def _unpacked(raw: _Hashed, path: Path, dialect: Dialect) -> Reader:
    if dialect.compression == "gzip":
        return Gunzip(raw, path)
    return Unzstd(raw, path) if dialect.compression == "zstd" else raw
