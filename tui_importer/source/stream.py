"""The bytes of a source as UTF-8 text, whatever its compression and encoding.

Everything behind this module sees UTF-8. What cannot be decoded becomes U+FFFD, which the checks report row by row; the
fingerprint is that of the file's own bytes.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol

from tui_importer.source.dialect import Dialect, compression_of, delimiter_of, encoding_of, separator_line
from tui_importer.source.errors import SourceEmpty, SourceEncoding, SourceFormat, SourceUnreadable
from tui_importer.source.models import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.source.reading import Reading

BLOCK_BYTES = 2 << 20
"""Bytes read at a time; larger blocks cost memory and gain nothing, smaller ones cost time."""

NEARBY_BYTES = 1 << 16
HEAD_BYTES = 1 << 20
"""What is looked at to recognise a source: its header must end within so many bytes."""

_MAGIC = {
    b"PK\x03\x04": "a spreadsheet or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
}
_NEXT = {
    "a spreadsheet or a ZIP archive": "Save the spreadsheet as “CSV UTF-8”, or unpack the archive.",
    "an old Excel workbook": "Open it in the spreadsheet program and save it as “CSV UTF-8”.",
    "a bzip2 archive": "Unpack it with bunzip2, or pack it with gzip or zstd.",
    "an xz archive": "Unpack it with unxz, or pack it with gzip or zstd.",
}
_AS_CSV = "Export it as a CSV file."
_FROM_JSON = "Make a CSV of it, for example with: jq -r '.[] | [.email, .given_name] | @csv'"


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Hashed:
    """The file itself: what is read of it is hashed and counted."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self.digest = hashlib.sha256()
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        chunk = read_exactly(self._file, size if size >= 0 else BLOCK_BYTES, self._path)
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
        self._bytes = _decompressed(self._raw, self.dialect)
        self._decoder = codecs.getincrementaldecoder(self.dialect.encoding)(errors="replace")
        self._began = self._ended = False

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

    def _read(self, size: int) -> bytes:
        chunk = self._take(size)
        self._ended = not chunk
        if self.dialect.encoding != "utf-8":
            text = self._decoder.decode(chunk, final=self._ended)
            if not self._began and text:
                text = text.removeprefix("\ufeff")
                self._began = True
            chunk = text.encode()
        return chunk.replace(b"\r", b"\n") if self.dialect.carriage_returns else chunk

    def _take(self, size: int) -> bytes:
        try:
            return self._bytes.read(size)
        except EOFError:
            problem = "is cut off"
        except (zlib.error, gzip.BadGzipFile):
            problem = "is damaged"
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "zstandard" and type(error).__name__ != "ZstdError":
                raise
            problem = "is damaged or cut off"
        raise SourceFormat(self.path, f"the {self.dialect.compression} archive {problem}.", "Copy or export it again.")


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


def stream_of(file: BinaryIO, path: Path, reading: Reading) -> Stream:
    """Recognise the dialect of an open source, as far as `reading` does not say it.

    Raises SourceFormat, SourceEncoding or SourceDelimiter for what is no CSV file, and as `Stream`.
    """
    file.seek(0)
    start = read_exactly(file, 1_024, path)
    dialect = Dialect(compression=compression_of(start))
    if reading.encoding:
        dialect = dialect._replace(encoding=reading.encoding)
    else:
        dialect = dialect._replace(encoding=encoding_of(_chunks(Stream(file, path, dialect))))
    head = Stream(file, path, dialect).head().removeprefix(codecs.BOM_UTF8)
    _refuse_other_formats(head, path, dialect)
    lines = head.rstrip(b"\r\n")
    if b"\r" in lines and b"\n" not in lines:
        dialect = dialect._replace(carriage_returns=True)
        head = head.replace(b"\r", b"\n")
    text = head.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        raise SourceEmpty(path, "the file is empty.", "Export it again.")
    named = separator_line(text.split("\n", 1)[0])
    delimiter = reading.delimiter or named or delimiter_of(text, path, frozenset(reading.mapping))
    return Stream(file, path, dialect._replace(delimiter=delimiter))


def _chunks(stream: Stream) -> Iterator[bytes]:
    while chunk := stream._take(BLOCK_BYTES):  # noqa: SLF001 - the bytes before they are decoded
        yield chunk


def _decompressed(raw: _Hashed, dialect: Dialect) -> _Reader:
    if dialect.compression == "gzip":
        return gzip.GzipFile(fileobj=raw, mode="rb")  # type: ignore[call-overload,no-any-return]  # it only reads
    if dialect.compression == "zstd":
        import zstandard

        reader: _Reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)  # type: ignore[arg-type]
        return reader
    return raw


def _refuse_other_formats(head: bytes, path: Path, dialect: Dialect) -> None:
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise SourceFormat(path, f"this is {what}, not a CSV file.", _NEXT.get(what, _AS_CSV))
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) or (
        dialect.encoding == "utf-8" and {0} in (set(head[:16:4]), set(head[1:16:4])) and head[:16].count(0) >= 8
    ):
        raise SourceEncoding(
            path, "the file is in UTF-32.", "Export it again as “CSV UTF-8” (in Excel: Save as).", line=1
        )
    start = head[:1000].lstrip()[:1]
    if start in (b"{", b"["):
        raise SourceFormat(path, "this looks like JSON, not CSV.", _FROM_JSON)
    if start == b"<":
        raise SourceFormat(path, "this looks like HTML or XML, not CSV.", _AS_CSV)
