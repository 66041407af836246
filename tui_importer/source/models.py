"""Findings of the scan and frozen rows as plain data, without polars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tui_importer.secret import Secret

FIELDS = (
    "email", "first_name", "last_name", "name", "email_verified", "external_id", "metadata",
    "password", "password_hash", "password_hash_type",
    "org_id", "org_external_id", "org_name", "role_slug", "role_slugs",
)  # fmt: skip
"""The fields a source column can stand for."""

SECRET_FIELDS = ("password", "password_hash")
"""Fields kept apart in `secrets.parquet` and never shown."""

OrganizationKind = Literal["id", "external_id", "name"]
Severity = Literal["error", "warning"]
Use = Literal["field", "metadata", "derived", "unused"]
"""What becomes of a column."""


@dataclass(frozen=True, slots=True)
class Organization:
    """One unique organization of the source.

    `key` is its identity, `id:…`, `external_id:…` or `name:…` (so that kinds never collide), `name` the first
    name given for it in the file, `rows` the number of importable rows that name it.
    """

    key: str
    kind: OrganizationKind
    value: str
    name: str | None
    rows: int
    first_row: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about one row. An `error` row is not sent; a `warning` row is."""

    row: int
    line: int
    column: str
    kind: str
    message: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Identity of the source's bytes: size in bytes and SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One record of the frozen source, normalised for the API.

    `cells` are the original cells by original header (secret columns masked as `••• (bcrypt)` or `•••`),
    in the file's order. `email` is trimmed and lower-cased. `user` is the user payload without secrets, e.g.
    {"email", "first_name", "email_verified": True, "metadata": {...}}: absent values are absent. `secrets` holds
    password / password_hash; `password_hash_type` is in `user`. `problem` is set when the scan refused the row.
    `first_row` is the row whose user step this row must await (None when this row is its user's first);
    `twin_row` the nearest earlier row with the same user and the same organization key.
    """

    row: int
    line: int
    email: str
    user: Mapping[str, object]
    organization_key: str | None
    roles: tuple[str, ...]
    cells: Mapping[str, str | None]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    problem: Problem | None = None
    first_row: int | None = None
    twin_row: int | None = None


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """The progress of a scan: bytes read of all bytes, rows so far."""

    rows: int
    bytes_read: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column: its `header`, its `use`, the `fields` that come of it, `how` in words ("" when it is taken as it is).

    `filled` is the number of rows with something in it, None when they were not counted.
    """

    header: str
    use: Use
    fields: tuple[str, ...] = ()
    how: str = ""
    filled: int | None = None

    def document(self) -> Mapping[str, object]:
        """The column as a JSON document."""
        return {"column": self.header, "use": self.use, "fields": self.fields, "how": self.how, "filled": self.filled}

    @property
    def words(self) -> str:
        """Its use in words for a screen: “email”, “metadata, under its own name”, “not used”."""
        if self.use == "metadata":
            return f"metadata, under its own name{f' ({self.how})' if self.how else ''}"
        if self.use == "unused":
            return f"not used{f': {self.how}' if self.how else ''}"
        what = ", ".join(self.fields) or "a check"
        return f"{what} ({self.how})" if self.how else what


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The result of one pass over the source.

    `columns` are the headers as written; `fields` maps field -> header for the recognised ones; `unknown_columns`
    the rest. `organizations` is sorted by (kind, key). `users` counts distinct e-mails and `memberships` distinct
    (user, organization) pairs among importable rows; `importable` the rows without an error. `roles` are the
    distinct role slugs of importable rows, sorted. `problem_counts` counts by kind; the problems themselves are
    read from `folder` by `frozen.reader.read_problems`. `role_rows` counts importable rows with more than one role;
    `dialect` is in words; `preset` names the export that was recognised, or is ""; `coverage` says what becomes of each
    column; `repairs` counts the corrected rows by auto-fix, `roles_rows` the importable rows by role slug.
    """

    fingerprint: Fingerprint
    columns: tuple[str, ...]
    fields: Mapping[str, str]
    unknown_columns: tuple[str, ...]
    rows: int
    importable: int
    users: int
    memberships: int
    organizations: tuple[Organization, ...]
    roles: tuple[str, ...]
    rows_with_problems: int
    problem_counts: Mapping[str, int]
    folder: Path
    seconds: float
    role_rows: int = 0
    dialect: str = ""
    problem: str = ""
    preset: str = ""
    coverage: tuple[ColumnUse, ...] = ()
    repairs: Mapping[str, int] = field(default_factory=dict)
    roles_rows: Mapping[str, int] = field(default_factory=dict)


class RowStore(Protocol):
    """Random access to the frozen rows of a job."""

    @property
    def rows(self) -> int:
        """Number of rows."""

    def read(self, first: int, last: int) -> list[SourceRow]:
        """Rows `first` to `last`, both included, in order."""

    def row(self, number: int) -> SourceRow:
        """One row."""

    def unite(self, same: Mapping[str, str]) -> None:
        """Take organization keys for others (key -> the one it is taken for) when rows are compared for `twin_row`."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview of a source for the new-job screen; never the source of the pre-warm.

    `rows` is counted from one projected read, `sample` the first rows as cells, secrets masked; `dialect` is in
    words; `preset` names the export that was recognised, or is "". In `coverage` nothing is counted.
    `problem` says what is wrong with the columns as far as a mapping can correct it. While a long source is counted
    `share` is how much of it was (0 to 1), `rows` those so far, and no organization is named yet.
    """

    size: int
    columns: tuple[str, ...]
    fields: Mapping[str, str]
    unknown_columns: tuple[str, ...]
    rows: int
    organizations: tuple[Organization, ...]
    sample: tuple[tuple[str, ...], ...]
    seconds: float
    dialect: str = ""
    problem: str = ""
    preset: str = ""
    coverage: tuple[ColumnUse, ...] = ()
    share: float = 1.0
