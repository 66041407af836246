"""Refusals of a source as a whole. A broken row is not an error of the file: it is a `Problem`.

SourceError            the file cannot be read or trusted as a whole
├── SourceNotFound     nothing there
├── SourceNotAFile     a folder, a device, a socket
├── SourceUnreadable   permissions or the disk
├── SourceNotCopied    a pipe that cannot be kept to be read again
├── SourceEmpty        no bytes, only blank lines, or a header without rows
├── SourceFormat       another format: a spreadsheet, an archive, JSON, a damaged gzip, NUL bytes in the header
├── SourceEncoding     UTF-32, or a header that is no text in the file's encoding
├── SourceDelimiter    a separator that is not read, or one for the header and another for the rows
├── SourceHeader       columns that are ambiguous or not recognised
├── SourceRepair       an auto-fix is asked for that there is not
├── SourceQuotes       most rows, or the header, with quotes out of place; a record without end
├── SourceMiscounted   two independent readings of the file disagree
├── SourceChanged      the file changed while it was read
└── FrozenRowsError    the frozen rows cannot be written or read
ScanCancelled          the operator stopped the scan
PolarsUnusable         polars does not run on this machine
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.errors import ExitCode, ImporterError
from tui_importer.text import safe

if TYPE_CHECKING:
    from pathlib import Path


class SourceError(ImporterError):
    """A source, or what was frozen of it, that cannot be used.

    `line` is the physical line from 1 and `column` the header or the position of the column, when they are known; the
    message begins with all that is known of the place.
    """

    kind: str = "source_refused"

    def __init__(
        self,
        path: Path,
        message: str,
        next: str = "",  # noqa: A002 - the JSON document's own word
        *,
        line: int | None = None,
        column: str = "",
    ) -> None:
        place = safe(path.name)
        if line is not None:
            place += f", line {line:,}"
        if column:
            place += f", column {safe(column, 80)}"
        super().__init__(f"{place}: {message}", next)
        self.path = path
        self.line = line
        self.column = column


class SourceNotFound(SourceError):
    """There is no such file."""

    kind = "source_not_found"


class SourceNotAFile(SourceError):
    """The path leads to a folder, a device or a socket, or to a pipe where none can be read."""

    kind = "source_not_a_file"


class SourceUnreadable(SourceError):
    """The operating system refused to open or read it."""

    kind = "source_unreadable"


class SourceNotCopied(SourceError):
    """What can be read only once could not be copied, for want of room or of permissions."""

    kind = "source_not_copied"


class SourceEmpty(SourceError):
    """There is no row in it."""

    kind = "source_empty"


class SourceFormat(SourceError):
    """It is not a CSV file."""

    kind = "source_format"


class SourceEncoding(SourceError):
    """It is in no encoding that is read."""

    kind = "source_encoding"


class SourceDelimiter(SourceError):
    """Its values are separated by something that is not read, or not by the same everywhere."""

    kind = "source_delimiter"


class SourceHeader(SourceError):
    """Its first line does not name the columns an import needs, or not unambiguously."""

    kind = "source_header"


class SourceRepair(SourceError):
    """An auto-fix was asked for that is unknown."""

    kind = "source_repair"


class SourceQuotes(SourceError):
    """So many quotes stand where RFC 4180 allows none that it cannot be split into rows reliably."""

    kind = "source_quotes"


class SourceMiscounted(SourceError):
    """Two independent readings count different records."""

    kind = "source_miscounted"


class SourceChanged(SourceError):
    """The file was written to during the scan."""

    kind = "source_changed"


class FrozenRowsError(SourceError):
    """The job's copy of the rows cannot be written or read."""

    kind = "frozen_rows"


class PolarsUnusable(ImporterError):
    """polars, which reads the source, does not run on this machine."""

    kind = "polars_unusable"


class ScanCancelled(ImporterError):
    """The operator stopped the scan; nothing was kept."""

    kind = "scan_cancelled"
    exit_code = ExitCode.INTERRUPTED

    def __init__(self) -> None:
        super().__init__("The scan was cancelled.", "Nothing was sent and nothing was kept; start it again any time.")


def words_of(error: BaseException) -> str:
    """The words of the system or polars, without the path that our own message begins with."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return safe(text.splitlines()[0] if text else type(error).__name__)
