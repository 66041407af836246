"""A source written and scanned in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tui_importer.source.frozen.reader import FrozenRows, read_problems
from tui_importer.source.options import RECOGNISED, Reading
from tui_importer.source.scan import scan

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.source.models import Organization, ScanProgress, ScanResult, SourceRow

Finding = tuple[int, int, str, str]


@dataclass(frozen=True)
class Scanned:
    """A scan's result with shortcuts."""

    result: ScanResult
    folder: Path

    @property
    def findings(self) -> list[Finding]:
        """All findings as (row, line, column, kind)."""
        return [(p.row, p.line, p.column, p.kind) for p in read_problems(self.result.folder)]

    @property
    def rows(self) -> list[SourceRow]:
        """All frozen rows."""
        return FrozenRows(self.folder).read(1, self.result.rows)

    @property
    def organizations(self) -> dict[str, Organization]:
        """The organizations by key."""
        return {organization.key: organization for organization in self.result.organizations}


class Sources:
    """Writes sources into a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def write(self, content: str | bytes, name: str = "users.csv") -> Path:
        """Write a source exactly as given."""
        path = self._folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def scan(
        self,
        content: str | bytes,
        *,
        reading: Reading = RECOGNISED,
        limit: int | None = None,
        progress: Callable[[ScanProgress], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Scanned:
        """Write a source and scan it into a new folder."""
        self._count += 1
        folder = self._folder / f"job-{self._count}"
        result = scan(self.write(content), folder, reading, limit=limit, progress=progress, cancelled=cancelled)
        return Scanned(result, folder)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> int:
    """Blocks of so few bytes that a small source has many of them."""
    size = 256
    monkeypatch.setattr("tui_importer.source.read.stream.BLOCK_BYTES", size)
    monkeypatch.setattr("tui_importer.source.read.stream.NEARBY_BYTES", size // 2)
    return size
