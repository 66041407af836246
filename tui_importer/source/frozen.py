"""Reading the rows that a scan froze: any chunk in a few milliseconds, whatever became of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.secret import Secret
from tui_importer.source._polars import interrupted_by_polars, pl
from tui_importer.source.cells import present
from tui_importer.source.errors import FrozenRowsError
from tui_importer.source.files import PROBLEMS, REPEATS, ROWS, SECRETS, private, sync_folder, write
from tui_importer.source.payload import RowBuilder
from tui_importer.source.problems import ERRORS, describe
from tui_importer.source.summary import read_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tui_importer.source.models import Problem, SourceRow

PAGE = 10_000


class FrozenRows:
    """Random access to the frozen rows in a scan's folder (a RowStore); may be shared by threads.

    With `secrets` false, or after they were removed, rows come without secrets. A chunk of 1,000 rows of 1.3 KB costs
    about 4 ms for the cells, wherever it lies, and 20 ms for the objects; a single row 3 ms.
    Raises FrozenRowsError when the folder has no complete scan or a file is damaged.
    """

    def __init__(self, folder: Path, secrets: bool = True) -> None:  # noqa: FBT001, FBT002 - the agreed signature
        self._folder = folder
        self._summary = read_summary(folder)
        self._builder = RowBuilder(self.columns, self._summary.fields)
        self._rows = self._scan(ROWS)
        self._has_secrets = secrets
        errors = pl.col("kind").is_in(ERRORS)
        refused = self._summary.importable < self._summary.rows
        self._errors = self._scan(PROBLEMS).filter(errors) if refused else None
        self._repeats = self._collect(self._scan(REPEATS), REPEATS)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._summary.rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers as written."""
        return self._summary.columns

    def read(self, first: int, last: int) -> list[SourceRow]:
        """Rows `first` to `last`, from 1, both included, in order; rows beyond the file's are left out."""
        first, last = max(first, 1), min(last, self.rows)
        if first > last:
            return []
        cells = self._collect(self._rows.slice(first - 1, last - first + 1), ROWS)
        between = pl.col("row").is_between(first, last)
        secrets = self._secrets(between)
        problems = self._problems(between)
        low, high = (int(self._repeats["row"].search_sorted(row)) for row in (first, last + 1))
        repeats = {row: (before, twin) for row, before, twin in self._repeats[low:high].iter_rows()}
        built = []
        for values in cells.iter_rows():
            row = values[0]
            before, twin = repeats.get(row, (None, None))
            built.append(self._builder.build(values, secrets.get(row, {}), problems.get(row), before, twin))
        return built

    def row(self, number: int) -> SourceRow:
        """One row. Raises IndexError when there is none."""
        if not 1 <= number <= self.rows:
            raise IndexError(number)
        return self.read(number, number)[0]

    def _secrets(self, between: pl.Expr) -> dict[int, dict[str, Secret]]:
        """The secrets of some rows. The file is opened anew each time: it is rewritten when a job finishes."""
        path = self._folder / SECRETS
        if not self._has_secrets or not path.exists():
            return {}
        found = self._collect(pl.scan_parquet(path, glob=False).filter(between), SECRETS)
        names = found.columns[1:]
        # A hash is trimmed like any other cell, but blanks may be part of a password.
        return {
            row: {
                name: Secret(value if name == "password" else present(value) or "")
                for name, value in zip(names, values, strict=True)
                if value is not None
            }
            for row, *values in found.iter_rows()
        }

    def _problems(self, between: pl.Expr) -> dict[int, Problem]:
        """The first error of each of some rows."""
        if self._errors is None:
            return {}
        problems: dict[int, Problem] = {}
        for problem in _problems(self._collect(self._errors.filter(between), PROBLEMS), self.columns):
            problems.setdefault(problem.row, problem)
        return problems

    def _scan(self, name: str) -> pl.LazyFrame:
        path = self._folder / name
        if not path.exists():
            raise FrozenRowsError(path, "a file of the frozen rows is missing.", "Start a new job.")
        return pl.scan_parquet(path, glob=False)

    def _collect(self, frame: pl.LazyFrame, name: str) -> pl.DataFrame:
        try:
            return frame.collect()
        except KeyboardInterrupt:
            if not interrupted_by_polars():
                raise
            return frame.collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            path = self._folder / name
            raise FrozenRowsError(path, "the frozen rows cannot be read.", "Start a new job.") from error


def read_problems(folder: Path) -> Iterator[Problem]:
    """Stream the findings of a scan, ordered by row, with bounded memory. Raises FrozenRowsError."""
    columns = read_summary(folder).columns
    path = folder / PROBLEMS
    try:
        found = pl.scan_parquet(path, glob=False)
        offset = 0
        while (page := found.slice(offset, PAGE).collect()).height:
            yield from _problems(page, columns)
            offset += page.height
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FrozenRowsError(path, "the findings cannot be read.", "Scan the source again.") from error


def keep_secrets(folder: Path, rows: Iterable[int]) -> None:
    """Forget all secrets but those of `rows`; without any left the file goes. Atomic. Raises FrozenRowsError."""
    path = folder / SECRETS
    if not path.exists():
        return
    wanted = pl.Series("row", rows, pl.UInt32).to_frame().lazy()
    try:
        kept = pl.scan_parquet(path, glob=False).join(wanted, on="row", how="semi", maintain_order="left")
        if kept.select(pl.len()).collect().item():
            new = private(path.with_suffix(".new"))
            write(kept, new)
            new.replace(path)
        else:
            path.unlink()
        sync_folder(folder)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FrozenRowsError(
            path, "the secrets of finished rows could not be removed.", "Make room on the disk, or purge the job."
        ) from error


def _problems(frame: pl.DataFrame, columns: tuple[str, ...]) -> Iterator[Problem]:
    for row, line, column, kind, detail in frame.iter_rows():
        yield describe(row, line, columns[column] if column >= 0 else "", kind, detail)
