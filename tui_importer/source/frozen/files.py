"""The scan's files: written under temporary names with mode 0600, renamed when everything is complete."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from tui_importer.fsync import sync_file, sync_folder
from tui_importer.source._polars import pl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS, SECRETS, REPEATS = "rows.parquet", "secrets.parquet", "repeats.parquet"
PROBLEMS, ORGANIZATIONS, SUMMARY = "problems.parquet", "organizations.parquet", "scan.json"
"""The scan's files in a job's folder; the summary is written last, so that its presence means complete."""

ROW_GROUP = 2_000
"""Rows a row group. 1,000 rows anywhere in 1M rows of 1.3 KB take 3-4 ms with 1,000 to 4,000, 7 ms with 10,000."""

COMPRESSION_LEVEL = 1
"""zstd level 1 takes half the time of level 3 and packs JSON and addresses as well."""

SPILL_BYTES = 16 << 20
_STAGE = ".scan-"


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Make `folder` (0700) and a temporary folder in it, which is removed in the end with all that is left in it.

    Temporary folders of scans that were killed are removed first. Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for left in folder.glob(f"{_STAGE}*"):
        shutil.rmtree(left, ignore_errors=True)
    stage = folder / f"{_STAGE}{os.getpid()}"
    stage.mkdir(mode=0o700)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def private(path: Path) -> Path:
    """Create an empty file that only its owner can read; polars then writes into it and keeps the mode."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    return path


def write(frame: pl.LazyFrame, path: Path) -> None:
    """Stream a frame into a private zstd Parquet file. Raises PolarsError, OSError."""
    frame.sink_parquet(
        private(path),
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        row_group_size=ROW_GROUP,
        engine="streaming",
    )


def publish(stage: Path, folder: Path) -> None:
    """Rename the files of `stage` into `folder`, the summary last; an earlier scan's go first. Raises OSError.

    On return all of it survives a power cut: that the rows are frozen may be recorded now. A rename alone
    may be on the disk before the bytes are, and the summary's before the others', so each step is synced before the
    next.
    """
    for name in (SUMMARY, ROWS, SECRETS, REPEATS, PROBLEMS, ORGANIZATIONS):
        (folder / name).unlink(missing_ok=True)
    names = [name for name in (ROWS, SECRETS, REPEATS, PROBLEMS, ORGANIZATIONS) if (stage / name).exists()]
    for name in (*names, SUMMARY):
        sync_file(stage / name)
    for name in names:
        (stage / name).replace(folder / name)
    sync_folder(folder)
    (stage / SUMMARY).replace(folder / SUMMARY)
    sync_folder(folder)


class Spool:
    """Frames collected in order with bounded memory: what is more than `SPILL_BYTES` waits in numbered files."""

    def __init__(self, stage: Path, name: str, schema: pl.Schema) -> None:
        self._stage = stage
        self._name = name
        self._schema = schema
        self._held: list[pl.DataFrame] = []
        self._bytes = 0
        self._files: list[Path] = []
        self.rows = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take the next frame."""
        if not frame.height:
            return
        self.rows += frame.height
        self._held.append(frame)
        self._bytes += int(frame.estimated_size())
        if self._bytes > SPILL_BYTES:
            self._spill()

    def frame(self) -> pl.LazyFrame:
        """All frames, in order, lazily."""
        held = pl.concat([pl.DataFrame(schema=self._schema), *self._held]).lazy()
        files = [pl.scan_parquet(path, glob=False) for path in self._files]
        return pl.concat([*files, held])

    def _spill(self) -> None:
        path = self._stage / f"{self._name}.{len(self._files)}"
        write(pl.concat(self._held).lazy(), path)
        self._files.append(path)
        self._held, self._bytes = [], 0
