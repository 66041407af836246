"""The scan: one pass over the source that finds problems, organizations and duplicates, and freezes the rows.

What polars would accept silently, or refuse without saying where, and where it is caught instead:

- spreadsheets, archives, JSON, UTF-32: `signatures`; a header separated otherwise than the rows: `dialect`;
  duplicate or empty or unknown headers: `header` and `recognise`, before polars sees the file; empty, header
  only: `stream`, `scan`;
- archives that are damaged or cut off: `decompress`, as the zstd library reads half of one without a word;
- UTF-16, Windows-1252, gzip, zstd, CR-only line ends, `sep=` lines, other separators: `dialect` recognises, `stream`
  decodes; polars sees UTF-8 only;
- NUL and other control characters, U+FFFD: `blocks` finds the blocks (2 ms for 2 MB), `checks` the cells; bytes that
  are no text: polars refuses such a block, `blocks` puts U+FFFD in their place, which is a finding;
- values beyond 64 KiB: `checks`, by the lengths that polars has (0.1 ms for 2 MB);
- misplaced, unbalanced, backslash-escaped quotes, blanks around quotes, lone carriage returns: `rfc4180`, a strict
  grammar over all bytes, independent of polars; what a line-wise expression in `blocks` accepts is strict by itself;
  `broken_records` makes one broken row of such a line and reads on behind it;
- rows with too few or too many fields, blank lines: counted by the same grammar, read by `frames` with the csv module
  and reported as findings of the row (`checks`); a trailing Ctrl-Z is such a row;
- two stray quotes that pair up: either the row is then ragged, or `checks.rows` finds the rows inside the value;
- a wrong number of rows: `frames` compares polars' count with the grammar's, block by block, and `scan` adds up;
- numbers and dates guessed from text: everything is read as strings; globbing: only literal paths are opened;
- a source that changes meanwhile: each block is proved and parsed from the same bytes in memory, and the file is
  compared before and after (`fingerprint.Watch`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.source._polars import interrupted_by_polars, pl
from tui_importer.source.checks.organizations import as_objects
from tui_importer.source.checks.whole_file import WholeFile
from tui_importer.source.errors import FrozenRowsError, ScanCancelled, SourceEmpty, SourceMiscounted, words_of
from tui_importer.source.frozen.checksums import NEW_JOB, digest_of, prove
from tui_importer.source.frozen.files import (
    ORGANIZATIONS,
    PROBLEMS,
    REPEATS,
    ROWS,
    SECRETS,
    publish,
    staging,
    write,
)
from tui_importer.source.frozen.summary import Summary, read_summary, write_summary
from tui_importer.source.frozen.writer import Freezer
from tui_importer.source.options import RECOGNISED
from tui_importer.source.problems import ERRORS, KINDS
from tui_importer.source.read.header import open_source
from tui_importer.text import plural

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.source.models import Fingerprint, ScanProgress, ScanResult
    from tui_importer.source.options import Reading

__all__ = ["ScanCancelled", "read_scan", "scan"]


def scan(
    path: Path,
    folder: Path,
    reading: Reading = RECOGNISED,
    *,
    limit: int | None = None,
    keeps_secrets: bool = True,
    progress: Callable[[ScanProgress], None] | None = None,
    cancelled: threading.Event | None = None,
) -> ScanResult:
    """Scan the source at `path` (taken literally) and freeze its rows in `folder`, made 0700 with files 0600.

    With `limit` only the first so many rows are scanned; the fingerprint is always the whole file's. Without
    `keeps_secrets` no secret is written anywhere: enough for findings and a plan, not for an import. `progress` is
    called about every 2 MB, from another thread. The files appear when all is done, `scan.json` last. Memory is bounded
    whatever the size, time is linear: see `tests/benchmarks/scan.py`.

    Raises a SourceError when the file cannot be trusted as a whole, ScanCancelled soon after `cancelled` is set; then
    the folder holds no scan.
    """
    started = time.perf_counter()
    with open_source(path) as file:
        try:
            with staging(folder) as stage:
                freezer = Freezer(
                    file, path, stage, reading, keeps_secrets=keeps_secrets, progress=progress, cancelled=cancelled
                )
                fingerprint = freezer.freeze(limit)
                summary = _conclude(freezer, path, stage, fingerprint, started)
                write_summary(stage, summary)
                freezer.check_cancelled()
                publish(stage, folder)
        except KeyboardInterrupt:
            if interrupted_by_polars():
                raise ScanCancelled from None
            raise
        except (pl.exceptions.PolarsError, OSError) as error:
            raise FrozenRowsError(
                folder, f"the rows cannot be frozen: {words_of(error)}.", "Is the disk full?"
            ) from error
    return read_scan(folder)


def read_scan(folder: Path) -> ScanResult:
    """The result of the complete scan in `folder`. Raises FrozenRowsError when there is none."""
    summary = read_summary(folder)
    path = folder / ORGANIZATIONS
    prove(folder, summary.files, [ORGANIZATIONS])
    try:
        organizations = as_objects(pl.read_parquet(path, glob=False))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise FrozenRowsError(path, "the organizations cannot be read.", NEW_JOB) from error
    return summary.result(folder, organizations)


def _conclude(freezer: Freezer, path: Path, stage: Path, fingerprint: Fingerprint, started: float) -> Summary:
    """Find what only the whole file tells, and write everything but the rows and the summary."""
    if not freezer.rows:
        raise SourceEmpty(path, "there is a header but no row.", "Export it again.")
    if freezer.secrets is not None and freezer.secrets.rows:
        write(freezer.secrets.frame(), stage / SECRETS)
    whole = WholeFile(stage / ROWS, freezer.secret_hashes, freezer.positions)
    conflicts = whole.external_id_conflicts()
    whole.refuse(conflicts["row"])
    freezer.check_cancelled()
    repeats = whole.repeats()
    freezer.check_cancelled()
    organizations, renamed = whole.organizations()
    importable, named = whole.count()
    roles = whole.roles()
    write(repeats.rows.lazy(), stage / REPEATS)
    write(organizations.lazy(), stage / ORGANIZATIONS)
    counts = _write_problems(freezer, [conflicts, renamed, repeats.findings], stage)
    if importable + counts.refused != freezer.rows:
        raise SourceMiscounted(
            path,
            f"of {plural(freezer.rows, 'row')} {importable:,} can be imported and {counts.refused:,} cannot: "
            "that is not all.",
            "This is a defect of the importer; please report it.",
        )
    written = [name for name in (ROWS, SECRETS, REPEATS, PROBLEMS, ORGANIZATIONS) if (stage / name).exists()]
    return Summary(
        files={name: (digest_of(stage / name),) for name in written},
        fingerprint=fingerprint,
        columns=freezer.columns.names,
        fields=dict(freezer.columns.fields),
        rows=freezer.rows,
        importable=importable,
        users=importable - repeats.rows.height,
        memberships=named - repeats.memberships,
        roles=tuple(roles.slugs),
        roles_rows=dict(roles.slugs),
        role_rows=roles.rows,
        rows_with_problems=counts.rows,
        problem_counts=counts.kinds,
        seconds=time.perf_counter() - started,
        dialect=freezer.dialect.words,
        wins=freezer.reading.wins,
        derived=freezer.columns.derived,
        added=freezer.columns.added,
        preset=freezer.columns.preset,
        active=freezer.columns.active,
        filled=tuple(freezer.filled),
        repairs=freezer.repairs,
    )


class _Counts(NamedTuple):
    """Rows with findings, rows with errors, and findings by kind in the order of `KINDS`."""

    rows: int
    refused: int
    kinds: dict[str, int]


def _write_problems(freezer: Freezer, later: list[pl.DataFrame], stage: Path) -> _Counts:
    """Merge the findings of the pass and those about the whole file by row, and count them."""
    order = {kind.name: position for position, kind in enumerate(KINDS)}
    whole_file = pl.concat(later)
    found = freezer.findings.frame()
    if whole_file.height:
        # Merging by row alone would mix the findings of a row: polars takes equal keys from either side.
        rank = pl.col("kind").replace_strict(order, return_dtype=pl.UInt64)
        place = (pl.col("row").cast(pl.UInt64) * len(order) + rank).alias("place")
        here, there = found.with_columns(place), whole_file.with_columns(place).sort("place").lazy()
        found = here.merge_sorted(there, key="place").drop("place")
    write(found, stage / PROBLEMS)
    written = pl.scan_parquet(stage / PROBLEMS, glob=False)
    if not freezer.findings.rows and not whole_file.height:
        return _Counts(0, 0, {})
    error = pl.col("kind").is_in(ERRORS)
    rows, refused = (
        written.select(pl.col("row").n_unique(), pl.col("row").filter(error).n_unique().alias("refused"))
        .collect(engine="streaming")
        .row(0)
    )
    kinds = dict(written.group_by("kind").agg(pl.len()).collect(engine="streaming").iter_rows())
    return _Counts(rows, refused, {kind: kinds[kind] for kind in order if kind in kinds})
