"""Random access to the rows that a scan froze: any chunk in a few milliseconds, whatever became of the source."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui_importer.fsync import sync_file, sync_folder
from tui_importer.secret import Secret
from tui_importer.source._polars import interrupted_by_polars, pl
from tui_importer.source.cells import present
from tui_importer.source.errors import FrozenRowsError, words_of
from tui_importer.source.frozen.checksums import NEW_JOB, digest_of, prove
from tui_importer.source.frozen.files import PROBLEMS, REPEATS, ROWS, SECRETS, private, write
from tui_importer.source.frozen.row_builder import RowBuilder
from tui_importer.source.frozen.summary import read_summary, replace_summary
from tui_importer.source.problems import ERRORS, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tui_importer.source.models import Problem, SourceRow

PAGE = 10_000
DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What comes of reading a damaged file; the panic is no Exception."""


class FrozenRows:
    """Random access to the frozen rows in a scan's folder (a RowStore); may be shared by threads.

    With `secrets` false, or after they were removed, rows come without secrets. A chunk of 1,000 rows of 1.3 KB costs
    about 4 ms for the cells, wherever it lies, and 20 ms for the objects; a single row 3 ms.
    Raises FrozenRowsError when the folder has no complete scan, a file is damaged, or is touched while it is open.
    """

    def __init__(self, folder: Path, secrets: bool = True) -> None:  # noqa: FBT001, FBT002 - the agreed signature
        self._folder = folder
        self._summary = read_summary(folder)
        with_secrets = [SECRETS] if secrets and (folder / SECRETS).exists() else []
        self._identity = identity(folder / ROWS)
        prove(folder, self._summary.files, [ROWS, REPEATS, PROBLEMS, *with_secrets])
        self._builder = RowBuilder(self._summary.layout)
        self._rows = self._scan(ROWS)
        self._has_secrets = secrets
        errors = pl.col("kind").is_in(ERRORS)
        refused = self._summary.importable < self._summary.rows
        self._errors = self._scan(PROBLEMS).filter(errors) if refused else None
        self._repeats = self._collect(self._scan(REPEATS), REPEATS)
        self._lasts: pl.DataFrame | None = None
        if self._summary.wins == "last":
            self._lasts = _last_rows(self._repeats)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._summary.rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers as written."""
        return self._summary.columns

    @property
    def secret_columns(self) -> tuple[str, ...]:
        """The headers of columns with secrets: their cells are masked, whatever they are read for."""
        layout = self._summary.layout
        return tuple(layout.names[place] for place in layout.secret)

    def read(self, first: int, last: int) -> list[SourceRow]:
        """Rows `first` to `last`, from 1, both included, in order; rows beyond the file's are left out."""
        first, last = max(first, 1), min(last, self.rows)
        if first > last:
            return []
        if identity(self._folder / ROWS) != self._identity:  # polars panics when a file shrinks under its hands
            raise FrozenRowsError(self._folder / ROWS, "the frozen rows were changed or removed.", NEW_JOB)
        cells = self._collect(self._rows.slice(first - 1, last - first + 1), ROWS)
        between = pl.col("row").is_between(first, last)
        secrets = self._secrets(between)
        problems = self._problems(between)
        low, high = (int(self._repeats["row"].search_sorted(row)) for row in (first, last + 1))
        repeats = {row: (before, twin) for row, before, twin in self._repeats[low:high].iter_rows()}
        profiles = self._profiles(first, last, secrets)
        built = []
        for values in cells.iter_rows():
            row = values[0]
            before, twin = repeats.get(row, (None, None))
            profile = profiles.get(row)
            found = secrets.get(row if profile is None else profile[0], {})
            built.append(self._builder.build(values, found, problems.get(row), before, twin, profile=profile))
        return built

    def _profiles(self, first: int, last: int, secrets: dict[int, dict[str, Secret]]) -> dict[int, tuple[Any, ...]]:
        """Profiles of people for whom the last row counts: its values by their first row; its secrets are added."""
        if self._lasts is None:
            return {}
        low, high = (int(self._lasts["first_row"].search_sorted(row)) for row in (first, last + 1))
        lasts = {row: first_row for first_row, row in self._lasts[low:high].iter_rows()}
        if not lasts:
            return {}
        wanted = pl.col("row").is_in(list(lasts))
        secrets |= self._secrets(wanted)
        return {lasts[values[0]]: values for values in self._collect(self._rows.filter(wanted), ROWS).iter_rows()}

    def row(self, number: int) -> SourceRow:
        """One row. Raises IndexError when there is none."""
        if not 1 <= number <= self.rows:
            raise IndexError(number)
        return self.read(number, number)[0]

    def first_rows(self, rows: Sequence[int]) -> dict[int, int]:
        """The first row of the same person for those of `rows` that are not it."""
        wanted = self._repeats.filter(pl.col("row").is_in(list(rows)))
        return {row: first for row, first, _ in wanted.iter_rows() if first is not None}

    def unite(self, same: Mapping[str, str]) -> None:
        """Take organization keys for others, `same[key]` for `key`: rows of one user with either are twins from now on.

        Only the environment tells that two keys are one organization. For use before rows are read by several threads.
        """
        rows = pl.concat([self._repeats["row"], self._repeats["first_row"]]).unique().to_frame("row").lazy()
        key = pl.col("organization_key").replace(dict(same))
        named = self._rows.select("row", key).join(rows, on="row", how="semi", maintain_order="left")
        person = pl.col("first_row").fill_null(pl.col("row"))
        known = self._collect(named, ROWS).join(self._repeats, on="row", how="left", maintain_order="left")
        twin = pl.col("row").shift(1).over(person, "organization_key").alias("twin_row")
        later = known.with_columns(twin).filter(pl.col("first_row").is_not_null())
        self._repeats = later.select(self._repeats.columns)

    def _secrets(self, between: pl.Expr) -> dict[int, dict[str, Secret]]:
        """The secrets of some rows. The file is opened each time: it is rewritten when a job finishes."""
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
        for problem in _problems(self._collect(self._errors.filter(between), PROBLEMS), self._summary.layout.headers):
            problems.setdefault(problem.row, problem)
        return problems

    def _scan(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self._folder / name, glob=False)

    def _collect(self, frame: pl.LazyFrame, name: str) -> pl.DataFrame:
        try:
            return frame.collect()
        except KeyboardInterrupt:
            if not interrupted_by_polars():
                raise
            return frame.collect()
        except DAMAGE as error:
            raise FrozenRowsError(self._folder / name, "the frozen rows cannot be read.", NEW_JOB) from error


def read_problems(folder: Path) -> Iterator[Problem]:
    """Stream the findings of a scan, ordered by row, with bounded memory. Raises FrozenRowsError."""
    headers = read_summary(folder).layout.headers
    path = folder / PROBLEMS
    try:
        found = pl.scan_parquet(path, glob=False)
        offset = 0
        while (page := found.slice(offset, PAGE).collect()).height:
            yield from _problems(page, headers)
            offset += page.height
    except DAMAGE as error:
        raise FrozenRowsError(path, "the findings cannot be read.", "Scan the source again.") from error


def problem_examples(folder: Path, each: int) -> dict[str, tuple[Problem, ...]]:
    """The first `each` findings of every kind. Raises FrozenRowsError."""
    headers = read_summary(folder).layout.headers
    path = folder / PROBLEMS
    try:
        nth = pl.int_range(pl.len()).over("kind")
        found = pl.scan_parquet(path, glob=False).filter(nth < each).collect()
    except DAMAGE as error:
        raise FrozenRowsError(path, "the findings cannot be read.", "Scan the source again.") from error
    examples: dict[str, tuple[Problem, ...]] = {}
    for problem in _problems(found, headers):
        examples[problem.kind] = (*examples.get(problem.kind, ()), problem)
    return examples


def keep_secrets(folder: Path, rows: Iterable[int]) -> None:
    """Forget all secrets but those of `rows`; without any left the file goes. Atomic. Raises FrozenRowsError."""
    path = folder / SECRETS
    new = path.with_suffix(".new")
    if not path.exists():
        return
    try:
        wanted = _with_profiles(folder, pl.Series("row", rows, pl.UInt32)).to_frame().lazy()
        new.unlink(missing_ok=True)  # of a process that died here
        kept = pl.scan_parquet(path, glob=False).join(wanted, on="row", how="semi", maintain_order="left")
        if kept.select(pl.len()).collect().item():
            write(kept, private(new))
            sync_file(new)
            summary = read_summary(folder)
            both = (*summary.files.get(SECRETS, ()), digest_of(new))  # whichever a crash leaves
            replace_summary(folder, replace(summary, files={**summary.files, SECRETS: both}))
            new.replace(path)
        else:
            path.unlink()
        sync_folder(folder)
    except DAMAGE as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise FrozenRowsError(
            path,
            f"the secrets of finished rows could not be removed: {words_of(error)}.",
            "Make room on the disk and check the folder's permissions, then resume; or purge the job.",
        ) from error


def _last_rows(repeats: pl.DataFrame) -> pl.DataFrame:
    """The last row (`row`) of each person of several, by `first_row`."""
    return repeats.group_by("first_row").agg(pl.col("row").max()).sort("first_row")


def _with_profiles(folder: Path, rows: pl.Series) -> pl.Series:
    """`rows`, and those that give people of whom they are the first their profile."""
    if read_summary(folder).wins != "last":
        return rows
    lasts = _last_rows(pl.read_parquet(folder / REPEATS, glob=False))
    return pl.concat([rows, lasts.filter(pl.col("first_row").is_in(rows.implode()))["row"]]).unique()


def identity(path: Path) -> tuple[int, int, int]:
    """The identity of a file, which changes when it is written to or replaced; empty for a file that is gone."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns


def _problems(frame: pl.DataFrame, headers: tuple[str, ...]) -> Iterator[Problem]:
    for row, line, column, kind, detail in frame.iter_rows():
        yield describe(row, line, headers[column] if column >= 0 else "", kind, detail)
