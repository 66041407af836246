"""Scan of a source and its report, without a job and without a request."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from tui_importer.cli.colours import coloured
from tui_importer.cli.output import LONGEST_MESSAGE, delivered, put, write, write_part
from tui_importer.cli.scratch_folders import scratch_folder
from tui_importer.cli.signals import BEAT, handling
from tui_importer.cli.source_file import read_pipe
from tui_importer.cli.source_flags import save_mapping
from tui_importer.config import load
from tui_importer.errors import ExitCode
from tui_importer.source.errors import ScanCancelled
from tui_importer.source.problems import BY_NAME
from tui_importer.source.read.pipe import pipe_of
from tui_importer.text import by_frequency, plural, safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from tui_importer.source.models import Problem, ScanProgress, ScanResult
    from tui_importer.source.options import Reading

_PROGRESS_WIDTH = 60
_COLUMN_WIDTH = 40


def scan(source: Path, reading: Reading, *, as_json: bool, save_as: str) -> int:
    """Scan a source into a folder that is removed afterwards; 1 when rows could not be imported.

    The mapping is kept under the name `save_as`, if there is one. Raises SourceError, and ScanCancelled after a signal.
    """
    interruption = _Interruption()
    with (
        handling(interruption.note),
        scratch_folder("scan") as folder,
        ThreadPoolExecutor(1) as pool,
    ):
        file = _source(source, folder, interruption)
        if save_as:
            save_mapping(save_as, file, reading, load())
        import tui_importer.source._polars  # noqa: F401 - here, for in no other thread its hook into SIGINT can be undone

        with _progress() as progress:
            scanning = pool.submit(_scan, file, reading, folder / "rows", progress, interruption.cancelled)
            while not wait([scanning], BEAT).done:  # a wait without an end would miss signals
                pass
            result = scanning.result()
        code = ExitCode.DONE if result.importable == result.rows else ExitCode.PROBLEMS
        with delivered(code):
            interruption.check()  # a signal from before these handlers were installed is handled here
            if as_json:
                _write_document(result)
            else:
                _write_report(file, result)
    return code


def _source(source: Path, folder: Path, interruption: _Interruption) -> Path:
    """Find the file to scan: a copy of what can be read only once. Raises SourceError, ScanCancelled."""
    pipe = pipe_of(source)
    if pipe is None:
        return source
    try:
        with interruption.at_once():
            return read_pipe(pipe, folder).path
    except KeyboardInterrupt:
        raise ScanCancelled from None


def _scan(
    source: Path,
    reading: Reading,
    folder: Path,
    progress: Callable[[ScanProgress], None] | None,
    cancelled: threading.Event,
) -> ScanResult:
    from tui_importer.source.scan import scan as scan_source

    try:
        return scan_source(source, folder, reading, keeps_secrets=False, progress=progress, cancelled=cancelled)
    except KeyboardInterrupt:  # polars answers Ctrl-C by itself, in any thread
        raise ScanCancelled from None


class _Interruption:
    """Signals that end the command in good order: the folder with the frozen rows must not stay.

    A signal tells the scan to stop. Only while a pipe is read, whose writer may never end, it raises: at any other
    moment an exception could tear the making or removing of the folder. The scan has a thread of its own, for a signal
    waits as long as the main thread is inside polars.
    """

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self._raising = False

    def check(self) -> None:
        """Raise ScanCancelled if a signal came when the scan was over already."""
        if self.cancelled.is_set():
            raise ScanCancelled

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal raise KeyboardInterrupt within (once)."""
        self._raising = True
        try:
            if self.cancelled.is_set():
                raise KeyboardInterrupt
            yield
        finally:
            self._raising = False

    def note(self, _number: int, _frame: FrameType | None) -> None:
        """Stop the scan at a signal."""
        self.cancelled.set()
        if self._raising:
            self._raising = False
            raise KeyboardInterrupt


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[ScanProgress], None] | None]:
    """Progress line on a terminal's stderr, which goes at the end; nothing without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(progress: ScanProgress) -> None:
        share = progress.bytes_read / max(progress.bytes_total, 1)
        put(f"\rReading: {share:4.0%}, {plural(progress.rows, 'row')}".ljust(_PROGRESS_WIDTH))

    try:
        yield show
    finally:
        put("\r" + " " * _PROGRESS_WIDTH + "\r")


def _write_document(result: ScanResult) -> None:
    """Write one JSON document; the problems, which may be millions, are written as they are read."""
    from tui_importer.source.frozen.reader import read_problems

    head = {
        "rows": result.rows,
        "columns": result.columns,
        "unknown_columns": result.unknown_columns,
        "organizations": len(result.organizations),
        "users": result.users,
        "memberships": result.memberships,
        "preset": result.preset,
        "dialect": result.dialect,
        "coverage": [use.document() for use in result.coverage],
    }
    write_part(json.dumps(head)[:-1] + ', "problems": [')
    for number, problem in enumerate(read_problems(result.folder)):
        entry = {
            "row": problem.row,
            "line": problem.line,
            "column": problem.column,
            "kind": problem.kind,
            "message": problem.message,
            "next": BY_NAME[problem.kind].suggestion,
        }
        write_part((", " if number else "") + json.dumps(entry))
    write(f'], "rows_with_problems": {result.rows_with_problems}}}')


def _write_report(source: Path, result: ScanResult) -> None:
    """Write the problems line by line, then the summary, which so stays on the screen."""
    from tui_importer.source.frozen.reader import read_problems

    for problem in read_problems(result.folder):
        write(_line(problem))
    if result.problem_counts:
        write("")
    size = f"{plural(result.rows, 'row')}, {plural(len(result.columns), 'column')}"
    write(f"{safe(source.name)}: {size}, read in {result.seconds:.1f} s")
    write(f"  read as        {result.dialect}")
    if result.preset:
        write(f"  layout         {result.preset}")
    for line in _coverage(result):
        write(line)
    write(f"  users          {result.users:,}")
    write(f"  memberships    {result.memberships:,}")
    write(f"  organizations  {len(result.organizations):,}")
    refused = result.rows - result.importable
    with_problems = f"{plural(result.rows_with_problems, 'row')} with problems"
    write(f"  problems       {with_problems}, {refused:,} of them cannot be imported")
    for kind, count in by_frequency(result.problem_counts):
        write(f"    {count:>9,}  {kind}: {BY_NAME[kind].suggestion}")


def _coverage(result: ScanResult) -> Iterator[str]:
    """The columns, what becomes of each, and in how many rows there is something."""
    names = [safe(use.header, _COLUMN_WIDTH) for use in result.coverage]
    width = max(len(name) for name in names)
    share = len(f"{result.rows:,}")
    for number, (name, use) in enumerate(zip(names, result.coverage, strict=True)):
        label = "columns" if not number else ""
        mark = "·" if use.use == "unused" else "→"
        yield f"  {label:<14} {name:<{width}}  {use.filled or 0:>{share},}  {mark} {use.words}"


def _line(problem: Problem) -> str:
    column = f", {safe(problem.column)}" if problem.column else ""
    error = problem.severity == "error"
    mark = coloured("✗" if error else "!", "error" if error else "warning", sys.stdout)
    message = safe(problem.message, LONGEST_MESSAGE)
    return f"{mark} row {problem.row:,}, line {problem.line:,}{column}: {message} ({problem.kind})"
