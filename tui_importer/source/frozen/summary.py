"""The summary `scan.json`: what a scan found beside the Parquet files, and the proof that these are sound."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui_importer.fsync import sync_file, sync_folder
from tui_importer.source.columns.coverage import coverage
from tui_importer.source.columns.recognise import Columns, Derived
from tui_importer.source.errors import FrozenRowsError
from tui_importer.source.frozen.checksums import NEW_JOB, Digests
from tui_importer.source.frozen.files import SUMMARY, private
from tui_importer.source.models import Fingerprint, ScanResult

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.source.models import Organization

VERSION = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """A scan's numbers and columns; see ScanResult for their meaning.

    `files` has the digests of the other files, `wins` says which row of a person gives the profile, `filled` counts the
    rows in which each column has something.
    """

    fingerprint: Fingerprint
    columns: tuple[str, ...]
    fields: dict[str, str]
    rows: int
    importable: int
    users: int
    memberships: int
    roles: tuple[str, ...]
    role_rows: int
    rows_with_problems: int
    problem_counts: dict[str, int]
    seconds: float
    dialect: str = ""
    wins: str = "first"
    derived: tuple[Derived, ...] = ()
    added: tuple[str, ...] = ()
    preset: str = ""
    active: str = ""
    filled: tuple[int, ...] = ()
    repairs: dict[str, int] = field(default_factory=dict)
    roles_rows: dict[str, int] = field(default_factory=dict)
    files: Digests = field(default_factory=dict)

    @property
    def layout(self) -> Columns:
        """The columns as they were recognised."""
        return Columns(self.columns, self.fields, self.derived, self.added, self.preset, self.active)

    def result(self, folder: Path, organizations: tuple[Organization, ...]) -> ScanResult:
        """The scan's result, with the organizations of its own file."""
        layout = self.layout
        return ScanResult(
            fingerprint=self.fingerprint,
            columns=self.columns,
            fields=self.fields,
            unknown_columns=layout.unknown,
            rows=self.rows,
            importable=self.importable,
            users=self.users,
            memberships=self.memberships,
            organizations=organizations,
            roles=self.roles,
            role_rows=self.role_rows,
            dialect=self.dialect,
            preset=self.preset,
            coverage=coverage(layout, self.filled),
            rows_with_problems=self.rows_with_problems,
            problem_counts=self.problem_counts,
            repairs=self.repairs,
            roles_rows=self.roles_rows,
            folder=folder,
            seconds=self.seconds,
        )


def write_summary(stage: Path, summary: Summary) -> None:
    """Write `scan.json` into `stage`. Raises OSError."""
    document: dict[str, Any] = {name: getattr(summary, name) for name in Summary.__slots__}
    document["fingerprint"] = {"size": summary.fingerprint.size, "sha256": summary.fingerprint.sha256}
    with private(stage / SUMMARY).open("w", encoding="utf-8") as file:
        json.dump({"version": VERSION, "proof": _proof(document), **document}, file, ensure_ascii=False, indent=1)


def replace_summary(folder: Path, summary: Summary) -> None:
    """Replace `scan.json` in the folder of a scan: durable and atomic. Raises OSError."""
    stage = folder / f"{SUMMARY}.new"
    stage.mkdir(mode=0o700, exist_ok=True)
    try:
        write_summary(stage, summary)
        sync_file(stage / SUMMARY)
        (stage / SUMMARY).replace(folder / SUMMARY)
        sync_folder(folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def read_summary(folder: Path) -> Summary:
    """Read `scan.json` of a folder. Raises FrozenRowsError when there is none or it is not ours."""
    path = folder / SUMMARY
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("version") != VERSION:
            raise FrozenRowsError(
                path, "the rows were frozen by another version.", "Use that version, or start a new job."
            )
        if "proof" in document and document.pop("proof") != _proof(document):
            raise FrozenRowsError(path, "the summary of the scan is damaged.", NEW_JOB)
        return Summary(
            **{
                **document,
                "fingerprint": Fingerprint(**document["fingerprint"]),
                "columns": tuple(document["columns"]),
                "roles": tuple(document["roles"]),
                "derived": tuple(Derived(f, h, tuple(s), *rest) for f, h, s, *rest in document.get("derived", ())),
                "added": tuple(document.get("added", ())),
                "filled": tuple(document.get("filled", ())),
                "files": {name: tuple(digests) for name, digests in document.get("files", {}).items()},
            }
        )
    except FileNotFoundError:
        raise FrozenRowsError(path, "the rows of this job are not frozen.", "Scan the source again.") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise FrozenRowsError(path, "the summary of the scan is damaged.", NEW_JOB) from None


def _proof(document: dict[str, Any]) -> str:
    """SHA-256 of the document in one canonical form."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
