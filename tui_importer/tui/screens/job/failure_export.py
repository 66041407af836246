"""Writing failures to a CSV file as `tui-importer errors` does: the rows as in the source, and what failed in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.report.failures import write_failures
from tui_importer.tui.table.export import new_csv

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def export_failures(folder: Path, stem: str, job_folder: Path, sequences: Collection[int]) -> tuple[Path, int]:
    """Write those of `sequences` to a new file in `folder`, in the job's folder where that is not possible.

    Returns its path and how many there were. Raises ExportFailed, JournalError, FrozenRowsError.
    """
    with new_csv((folder, job_folder), stem) as file:
        written = write_failures(job_folder, file.stream, sequences)
    return file.path, written
