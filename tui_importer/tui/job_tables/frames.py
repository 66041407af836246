"""Pages of the journal as polars frames for the tables that grow or are searched; imported with the first job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tui_importer.tui.job_tables.columns import FAILURES_SEARCHED, LOG_SEARCHED, ORGANIZATIONS_SEARCHED
from tui_importer.tui.table.polars_rows import with_haystack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polars._typing import SchemaDict

    from tui_importer.engine.snapshot.models import FailureView, LogEntry, OrganizationView

_TIME = pl.Datetime("us", "UTC")

FAILURES: SchemaDict = {
    "sequence": pl.Int64, "time": _TIME, "row": pl.Int64, "line": pl.Int64, "email": pl.String,
    "organization": pl.String, "step": pl.String, "kind": pl.String, "status": pl.Int64, "message": pl.String,
    "request_id": pl.String, "shape": pl.Categorical, "retryable": pl.Boolean,
}  # fmt: skip
ORGANIZATIONS: SchemaDict = {
    "key": pl.String, "name": pl.String, "workos_id": pl.String, "how": pl.String, "rows": pl.Int64,
    "seconds": pl.Float64, "message": pl.String,
}  # fmt: skip
LOG: SchemaDict = {"sequence": pl.Int64, "time": _TIME, "level": pl.String, "message": pl.String}


def failures_frame(failures: Sequence[FailureView]) -> pl.DataFrame:
    """Failures in their order."""
    rows: list[tuple[object, ...]] = [
        (
            f.sequence, f.time, f.row, f.line, f.email, f.organization, f.step, f.kind, f.status, f.message,
            f.request_id, f.shape, f.retryable,
        )
        for f in failures
    ]  # fmt: skip
    return with_haystack(_frame(rows, FAILURES), FAILURES_SEARCHED)


def organizations_frame(organizations: Sequence[OrganizationView]) -> pl.DataFrame:
    """Organizations in their order."""
    rows: list[tuple[object, ...]] = [
        (o.key, o.name, o.workos_id, o.how, o.rows, o.seconds, o.message) for o in organizations
    ]
    return with_haystack(_frame(rows, ORGANIZATIONS), ORGANIZATIONS_SEARCHED)


def log_frame(entries: Sequence[LogEntry]) -> pl.DataFrame:
    """Log entries in their order."""
    rows: list[tuple[object, ...]] = [(entry.sequence, entry.time, entry.level, entry.message) for entry in entries]
    return with_haystack(_frame(rows, LOG), LOG_SEARCHED)


def _frame(rows: list[tuple[object, ...]], schema: SchemaDict) -> pl.DataFrame:
    try:
        return pl.DataFrame(rows, schema=schema, orient="row")
    except UnicodeEncodeError:  # lone surrogates, as in a file name that is not UTF-8: polars cannot hold them
        return pl.DataFrame([tuple(_encodable(value) for value in row) for row in rows], schema=schema, orient="row")


def _encodable(value: object) -> object:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
