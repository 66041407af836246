"""Columns of the job's tables: what is shown of a row, how, and what gives way first when room is short."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import FILLED, TRACK
from tui_importer.tui.style.glyphs import (
    CHUNKS,
    ENVIRONMENTS,
    LEVELS,
    ORGANIZATIONS,
    STATES,
    WORKERS,
    StateGlyph,
    Tone,
    glyph_of,
)
from tui_importer.tui.table.columns import Column
from tui_importer.tui.table.query import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from tui_importer.engine.snapshot.models import ChunkView, JobSummary, WorkerView
    from tui_importer.tui.style.masking import Privacy
    from tui_importer.tui.table.columns import Piece
    from tui_importer.tui.table.rows import Row

    Values = Mapping[str, object]

CHUNK_NAMES = ("chunk", "first_row", "last_row", "state", "worker", "created", "existing", "failed", "skipped", "rate",
               "seconds", "share")  # fmt: skip
WORKER_NAMES = ("worker", "state", "detail", "chunk", "rows", "errors", "latency_ms")

CHUNK_FAULTS = (Fault("failed"),)
WORKER_FAULTS = (Fault("errors"), Fault("state", ("backing off",)))
ORGANIZATION_FAULTS = (Fault("how", ("failed",)),)
LOG_FAULTS = (Fault("level", ("warning", "error")),)
JOB_FAULTS = (Fault("failed"), Fault("state", ("paused", "aborted", "unreadable")))

FAILURES_SEARCHED = ("row", "email", "organization", "step", "kind", "status", "message")
ORGANIZATIONS_SEARCHED = ("key", "name", "how", "workos_id", "message")
LOG_SEARCHED = ("level", "message")


def chunk_values(chunk: ChunkView) -> Row:
    """A chunk as a row of `CHUNK_NAMES`."""
    return (
        chunk.chunk, chunk.first_row, chunk.last_row, chunk.state, chunk.worker, chunk.created, chunk.existing,
        chunk.failed, chunk.skipped, round(chunk.rate, 1), int(chunk.seconds), round(chunk.done / chunk.rows, 4),
    )  # fmt: skip


def worker_values(worker: WorkerView) -> Row:
    """A worker as a row of `WORKER_NAMES`."""
    latency = None if worker.latency_ms is None else round(worker.latency_ms)
    return (worker.worker, worker.state, worker.detail, worker.chunk, worker.rows, worker.errors, latency)


def integer(row: Values, name: str) -> int:
    """A whole number of a row; absent reads 0."""
    value = row.get(name)
    return value if isinstance(value, int) else 0


def text(row: Values, name: str) -> str:
    """A text of a row; absent reads empty."""
    value = row.get(name)
    return "" if value is None else str(value)


def count_column(
    name: str, title: str, width: int, *, priority: int = 0, tone: Tone = "", searched: bool = False
) -> Column:
    """A right-aligned count; zero is left blank, so that only what happened is seen. A number may be searched for."""

    def cell(row: Values, _width: int) -> Piece:
        value = integer(row, name)
        return (fmt.number(value), tone) if value else ("", "")

    found_by = (name,) if searched else ()
    return Column(name, title, width, align="right", priority=priority, cell=cell, searched=found_by)


def glyph_column(name: str, title: str, width: int, glyphs: Mapping[str, StateGlyph], *, priority: int = 0) -> Column:
    """A state as glyph and word in its tone; it sorts in the order of `glyphs`."""

    def cell(row: Values, _width: int) -> Piece:
        shown = glyph_of(glyphs, text(row, name))
        return shown.text, shown.tone

    return Column(name, title, width, priority=priority, cell=cell, order=tuple(glyphs), searched=(name,))


def time_column(name: str, zone: tzinfo | None, *, title: str = "time", priority: int = 0) -> Column:
    """The local time of day."""

    def cell(row: Values, _width: int) -> Piece:
        moment = row.get(name)
        return (fmt.time_of_day(moment, zone) if isinstance(moment, datetime) else "", "muted")

    return Column(name, title, 8, priority=priority, cell=cell)


def text_column(
    name: str, title: str, width: int, *, flex: int = 0, priority: int = 0, tone: Tone = "", most: int = 0,
    change: Callable[[str], str] | None = None,
) -> Column:  # fmt: skip
    """A text as it is, or changed (masked) before it is shown."""

    def cell(row: Values, _width: int) -> Piece:
        value = text(row, name)
        return (change(value) if change else value), tone

    return Column(name, title, width, flex=flex, priority=priority, cell=cell, most=most, searched=(name,))


def _range(row: Values, _width: int) -> str:
    return f"{integer(row, 'first_row'):,}–{integer(row, 'last_row'):,}"


def _chunk_bar(row: Values, width: int) -> list[Piece]:
    rows = integer(row, "last_row") - integer(row, "first_row") + 1
    failed = integer(row, "failed")
    done = integer(row, "created") + integer(row, "existing") + failed + integer(row, "skipped")
    filled = min(width, max(1 if done else 0, done * width // max(1, rows)))
    bad = min(filled, max(1, failed * width // max(1, rows))) if failed else 0
    tone: Tone = "good" if done >= rows else "accent"
    return [(FILLED * (filled - bad), tone), ("×" * bad, "bad"), (TRACK * (width - filled), "faint")]


def _speed(row: Values, _width: int) -> Piece:
    value = row.get("rate")
    return (f"{value:.1f}/s", "") if isinstance(value, float) and value > 0 else ("", "")


def _spent(row: Values, _width: int) -> str:
    seconds = integer(row, "seconds")
    return fmt.short_clock(seconds) if seconds else ""


def _worker(row: Values, _width: int) -> Piece:
    worker = row.get("worker")
    return ("–", "faint") if worker is None else (f"w{worker}", "muted")


def chunk_columns() -> list[Column]:
    """The chunks tab."""
    return [
        count_column("chunk", "#", 5, tone="muted", searched=True),
        Column("rows", "rows", 15, cell=_range, value="first_row", searched=("first_row", "last_row")),
        Column("worker", "worker", 6, priority=3, cell=_worker),
        glyph_column("state", "state", 10, CHUNKS),
        Column("bar", "progress", 8, flex=1, cell=_chunk_bar, value="share"),
        count_column("created", "created", 7),
        count_column("existing", "existing", 8),
        count_column("failed", "failed", 6, tone="bad"),
        Column("rate", "rate", 8, align="right", priority=2, cell=_speed),
        Column("seconds", "time", 7, align="right", priority=1, cell=_spent),
    ]


def worker_columns() -> list[Column]:
    """The workers tab."""

    def latency(row: Values, _width: int) -> Piece:
        value = row.get("latency_ms")
        return (f"{integer(row, 'latency_ms'):,} ms", "") if value is not None else ("–", "faint")

    return [
        Column("worker", "worker", 6, cell=_worker, searched=("worker",)),
        glyph_column("state", "state", 13, WORKERS),
        text_column("detail", "doing", 14, flex=1, tone="muted", most=32),
        count_column("chunk", "chunk", 6, tone="muted"),
        count_column("rows", "rows", 9),
        count_column("errors", "errors", 6, tone="bad"),
        Column("latency_ms", "latency", 9, align="right", cell=latency),
    ]


_SHORT_STEPS = {"organization": "org", "membership": "member"}


def step_column(*, priority: int = 0) -> Column:
    """At which step a row failed, in a short word."""

    def short(step: str) -> str:
        return _SHORT_STEPS.get(step, step)

    return text_column("step", "step", 6, priority=priority, tone="muted", change=short)


def failure_columns(privacy: Privacy, zone: tzinfo | None) -> list[Column]:
    """The errors tab: where, who, what kind, and the words of the API."""

    def status(row: Values, _width: int) -> Piece:
        value = row.get("status")
        return (str(value), "warn") if isinstance(value, int) and value else ("", "")

    def key_value(key: str) -> str:
        kind, colon, value = key.partition(":")
        return privacy.text(value if colon and kind in {"id", "external_id", "name"} else key)

    def where(row: Values, _width: int) -> Piece:
        return (fmt.number(integer(row, "row")), "") if row.get("row") is not None else ("–", "faint")

    def message(row: Values, _width: int) -> str:
        return privacy.message(text(row, "message"), text(row, "kind"))

    return [
        time_column("time", zone, priority=3),
        Column("row", "row", 9, align="right", cell=where, searched=("row",)),
        count_column("line", "line", 9, priority=5, tone="muted"),
        text_column("email", "e-mail", 20, flex=2, most=40, change=privacy.address),
        text_column("organization", "organization", 14, flex=1, priority=4, most=30, change=key_value),
        step_column(priority=2),
        text_column("kind", "kind", 17, tone="bad", most=24, flex=1),
        Column("status", "http", 4, align="right", cell=status, searched=("status",)),
        Column("message", "message", 24, flex=4, cell=message, searched=("message",)),
    ]


_PERCENT = 6
"""Cells of a percentage, with a blank before it."""


def _share(row: Mapping[str, object], width: int) -> list[Piece]:
    value = row.get("share")
    share = value if isinstance(value, float) else 0.0
    room = max(0, width - _PERCENT)
    filled = min(room, max(1, round(share * room))) if share else 0
    percent = f"{fmt.percent(share, 1)} %".rjust(_PERCENT)
    return [(FILLED * filled, "bad"), (TRACK * (room - filled), "faint"), (percent, "")]


def group_columns(privacy: Privacy, zone: tzinfo | None) -> list[Column]:
    """How many, of what kind, in which words, and what to do about it."""
    return [
        count_column("count", "errors", 7),
        Column("share", "share", 12, flex=1, priority=6, cell=_share, most=20),
        step_column(priority=4),
        text_column("kind", "kind", 17, tone="bad", most=30, flex=1),
        text_column("shape", "message", 18, flex=4, change=privacy.text),
        text_column("suggestion", "what to do", 40, flex=4, tone="muted", priority=8, most=80),
        count_column("first_row", "first row", 9, priority=5),
        time_column("newest", zone, title="newest", priority=7),
    ]


def organization_columns(privacy: Privacy) -> list[Column]:
    """The organizations tab; a key has an id, or a reason why it has none."""

    def took(row: Values, _width: int) -> Piece:
        seconds = row.get("seconds")
        return (f"{seconds:.1f} s", "muted") if isinstance(seconds, float) and seconds > 0 else ("", "")

    def outcome(row: Values, _width: int) -> Piece:
        reason = text(row, "message")
        return (privacy.text(reason), "bad") if reason else (text(row, "workos_id"), "muted")

    return [
        text_column("key", "key", 14, flex=2, most=44, change=privacy.text),
        text_column("name", "name", 16, flex=3, most=40, change=privacy.text),
        glyph_column("how", "how", 11, ORGANIZATIONS),
        count_column("rows", "users", 8),
        Column("seconds", "time", 7, align="right", priority=3, cell=took),
        Column("workos_id", "id, or why it failed", 24, flex=4, cell=outcome, searched=("workos_id", "message")),
    ]


def log_columns(privacy: Privacy, zone: tzinfo | None) -> list[Column]:
    """The log tab."""
    return [
        time_column("time", zone),
        glyph_column("level", "level", 9, LEVELS),
        text_column("message", "message", 30, flex=1, change=privacy.text),
    ]


def sample_columns(headers: tuple[str, ...], sample: Sequence[Sequence[str]], privacy: Privacy) -> list[Column]:
    """The first rows of a source, as wide as their cells; columns at the right give way first."""

    def needed(index: int, header: str) -> int:
        cells = [len(cells[index]) for cells in sample if index < len(cells)]
        return max(4, min(24, max([len(header), *cells])))

    return [
        text_column(
            str(index), header, needed(index, header), priority=index,
            change=lambda value, header=header: privacy.cell(header, value),  # type: ignore[misc]  # bound per column
        )
        for index, header in enumerate(headers)
    ]  # fmt: skip


JOB_NAMES = ("job", "source", "environment", "state", "done", "rows", "failed", "started", "duration", "reason",
             "share")  # fmt: skip


def job_values(job: JobSummary, now: datetime) -> Row:
    """A job of the list as a row of `JOB_NAMES`; `duration` from its start to its last change, or until now."""
    until = now if job.is_active else job.updated
    seconds = max(0, int((until - job.started).total_seconds()))
    source = job.source.replace("\\", "/").rpartition("/")[2]
    state = "unreadable" if job.problem else job.state
    totals = job.totals
    return (
        job.job, source, job.environment, state, totals.done, totals.rows, totals.failed, job.started, seconds,
        job.problem or job.reason, round(totals.done / totals.rows, 4) if totals.rows else None,
    )  # fmt: skip


def job_columns(zone: tzinfo | None) -> list[Column]:
    """The jobs screen."""

    def progress(row: Values, width: int) -> Piece:
        done, rows = integer(row, "done"), integer(row, "rows")
        full = f"{done:,}/{rows:,}"
        if not rows:
            return "–", "faint"
        return (full if len(full) <= width else f"{fmt.percent(done, rows)} % of {fmt.short_count(rows)}"), ""

    def bar(row: Values, width: int) -> list[Piece]:
        done, rows = integer(row, "done"), integer(row, "rows")
        filled = min(width, max(1 if done else 0, done * width // rows)) if rows else 0
        tone = glyph_of(STATES, text(row, "state")).tone
        return [(FILLED * filled, tone), (TRACK * (width - filled), "faint")]

    def started(row: Values, width: int) -> Piece:
        moment = row.get("started")
        shown = fmt.day_and_time(moment, zone) if isinstance(moment, datetime) else ""
        return shown[5:] if width < 16 else shown, "muted"

    return [
        text_column("job", "name", 22, flex=3, most=40, tone="strong"),
        text_column("source", "file", 12, flex=2, priority=4, most=36, tone="muted"),
        glyph_column("environment", "environment", 12, ENVIRONMENTS),
        glyph_column("state", "state", 12, {**STATES, "unreadable": StateGlyph("✖", "unreadable", "bad")}),
        text_column("reason", "why", 14, flex=3, priority=2, tone="muted", most=60),
        Column("bar", "progress", 10, flex=1, priority=6, cell=bar, most=24, value="share"),
        Column("done", "rows", 15, align="right", cell=progress),
        count_column("failed", "failed", 6, tone="bad"),
        Column("started", "started", 11, flex=1, priority=3, cell=started, most=16),
        Column(
            "duration",
            "duration",
            8,
            align="right",
            priority=5,
            cell=lambda row, _: fmt.clock(integer(row, "duration")),
        ),
    ]
