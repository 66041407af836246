"""Writing the frozen rows in one pass: blocks are checked and flow as a polars streaming query into the file.

Three things happen at once: a thread reads, hashes, proves and parses the next block, the block before it is checked,
and polars encodes the one before that. At most three blocks are in memory, whatever the size of the source.
"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

from tui_importer.source._polars import pl, register_io_source
from tui_importer.source.checks.auto_fixes import chosen
from tui_importer.source.checks.findings import SCHEMA as FINDINGS
from tui_importer.source.checks.rows import RowChecker
from tui_importer.source.errors import ScanCancelled
from tui_importer.source.frozen.files import ROWS, Spool, write
from tui_importer.source.models import SECRET_FIELDS, ScanProgress
from tui_importer.source.read.blocks import BlockReader
from tui_importer.source.read.fingerprint import Watch
from tui_importer.source.read.frames import cell, to_table
from tui_importer.source.read.header import read_header
from tui_importer.source.read.stream import stream_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from tui_importer.source.columns.recognise import Columns
    from tui_importer.source.models import Fingerprint
    from tui_importer.source.options import Reading
    from tui_importer.source.read.blocks import Block

T = TypeVar("T")


class Freezer:
    """The writer of an open source's rows into `stage`; `findings` and `secrets` collect what else is found.

    Without `keeps_secrets` these are nowhere but in the blocks under way; `secret_hashes` tell which are equal.
    `progress` is called after each block from a thread of polars. Raises a SourceError from `freeze`.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        stage: Path,
        reading: Reading,
        *,
        keeps_secrets: bool,
        progress: Callable[[ScanProgress], None] | None,
        cancelled: threading.Event | None,
    ) -> None:
        self.reading = reading
        self._path = path
        self._stage = stage
        self._progress = progress
        self._cancelled = cancelled
        self._watch = Watch(file, path)
        self._abandoned = False
        self._chosen = chosen(reading.repairs, path)
        stream = stream_of(file, path, reading, self.check_cancelled)
        self.dialect = stream.dialect
        header = read_header(stream, reading)
        self.columns: Columns = header.columns
        self._reader = BlockReader(stream, header)
        self.positions = self.columns.places
        self.filled = [0] * len(self.columns.names)
        self.repairs: dict[str, int] = {}
        secrets = {field: pl.String for field in SECRET_FIELDS if field in self.positions}
        self.findings = Spool(stage, "findings", FINDINGS)
        self.secrets = Spool(stage, "secrets", pl.Schema({"row": pl.UInt32, **secrets})) if keeps_secrets else None
        self._secret_hashes: list[pl.DataFrame] = []
        self.rows = 0

    def freeze(self, limit: int | None) -> Fingerprint:
        """Write the rows' file and return the fingerprint of all bytes; raises SourceChanged when they changed."""
        frames = _Exclusive(self._frames(limit))

        def source(*_pushed_down: object) -> Iterator[pl.DataFrame]:
            # The sink wants all columns of all rows, so that nothing can be pushed down to here.
            return frames

        # polars would not notice Ctrl-C before its end, so it runs in a thread that can be stopped.
        with contextlib.closing(frames), ThreadPoolExecutor(1, thread_name_prefix="scan") as pool:
            writing = pool.submit(write, register_io_source(source, schema=self._schema()), self._stage / ROWS)
            try:
                writing.result()
            finally:
                self._abandoned = not writing.done()
        fingerprint = self._reader.finish()
        self._watch.check(fingerprint.size)
        return fingerprint

    @property
    def secret_hashes(self) -> pl.DataFrame | None:
        """Hashes of secrets by which equal ones are found, null when absent; None without any."""
        return pl.concat(self._secret_hashes) if self._secret_hashes else None

    def check_cancelled(self) -> None:
        """Raise ScanCancelled when the operator has cancelled the scan."""
        if self._abandoned or (self._cancelled is not None and self._cancelled.is_set()):
            raise ScanCancelled

    def _frames(self, limit: int | None) -> Generator[pl.DataFrame, None, None]:
        """The frozen rows, block by block."""
        checker = RowChecker(self.columns, self.dialect.delimiter, self._chosen)
        with contextlib.closing(_prefetch(self._tables())) as tables:
            for block, table in tables:
                self.check_cancelled()
                wanted = table if limit is None else table.head(limit - self.rows)
                checked = checker.check(
                    wanted, self.rows + 1, line_breaks=block.line_breaks, odd=block.odd, misread=block.misread
                )
                self._count(wanted)
                self.findings.add(checked.findings)
                self._take_secrets(checked.secrets)
                for name, rows in checked.repairs.items():
                    self.repairs[name] = self.repairs.get(name, 0) + rows
                self.rows += wanted.height
                yield checked.rows
                if self._progress is not None:
                    self._progress(ScanProgress(self.rows, self._reader.bytes_read, self._watch.size))
                if self.rows == limit:
                    return

    def _take_secrets(self, secrets: pl.DataFrame) -> None:
        if not secrets.height:
            return
        values = pl.all().exclude("row")
        self._secret_hashes.append(secrets.select("row", pl.when(values.is_not_null()).then(values.hash())))
        if self.secrets is not None:
            self.secrets.add(secrets)

    def _count(self, table: pl.DataFrame) -> None:
        """Count the rows in which each column has something; a blank is something here, which costs less to tell."""
        filled = table.select((pl.col(cell(index)) != "").sum() for index in range(len(self.filled))).row(0)
        self.filled = [before + now for before, now in zip(self.filled, filled, strict=True)]

    def _tables(self) -> Iterator[tuple[Block, pl.DataFrame]]:
        for block in self._reader:
            yield block, to_table(block, len(self.columns.names), self._path)

    def _schema(self) -> pl.Schema:
        secret = self.columns.secret
        count = len(self.columns.headers)
        cells = {cell(index): pl.Boolean() if index in secret else pl.String() for index in range(count)}
        numbers = {"row": pl.UInt32(), "line": pl.UInt32()}
        return pl.Schema(
            {**numbers, "email": pl.String(), "organization_key": pl.String(), "refused": pl.Boolean(), **cells}
        )


def _prefetch(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield `items`, the next one prefetched in a thread; at most one waits.

    An exception of `items` is raised where its item would have come. Closing waits for the item under way.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="scan") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


class _Exclusive(Generic[T]):
    """Thread-safe close for a generator: closing waits for the thread that is in it.

    A query that polars gives up does not wait for the source it reads from.
    """

    def __init__(self, items: Generator[T, None, None]) -> None:
        self._items = items
        self._lock = threading.Lock()

    def __iter__(self) -> _Exclusive[T]:
        return self

    def __next__(self) -> T:
        with self._lock:
            return next(self._items)

    def close(self) -> None:
        """Close the generator."""
        with self._lock:
            self._items.close()
