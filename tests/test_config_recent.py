"""The list of recent sources: short, private, and never in the way."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from tui_importer.config import ConfigError, RecentFiles, paths
from tui_importer.config.recent_files import MOST

if TYPE_CHECKING:
    from pathlib import Path


def test_the_newest_is_first_and_each_is_there_once(tmp_path: Path) -> None:
    recent = RecentFiles(paths().recent)
    assert recent.paths() == []
    for number in [*range(MOST + 3), 5]:
        recent.add(tmp_path / f"{number}.csv")
    names = [path.stem for path in recent.paths()]
    assert names == ["5", "12", "11", "10", "9", "8", "7", "6", "4", "3"]
    recent.clear()
    recent.clear()
    assert recent.paths() == []


def test_only_the_owner_can_read_it(home: Path) -> None:
    recent = RecentFiles(home / "below" / "recent.json")
    recent.add(home / "a.csv")
    assert stat.S_IMODE((home / "below" / "recent.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "below").stat().st_mode) == 0o700
    assert [path.name for path in (home / "below").iterdir()] == ["recent.json"]


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    odd = [tmp_path / "\udcff.csv", tmp_path / "a\x1b]2;P\x07.csv", tmp_path / "ü ✔.csv"]
    recent = RecentFiles(paths().recent)
    for path in odd:
        recent.add(path)
    assert recent.paths() == odd[::-1]


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', '["relative.csv", 5, null]', "\xff"])
def test_a_broken_list_is_an_empty_one(content: str, tmp_path: Path) -> None:
    paths().recent.write_bytes(content.encode("latin-1"))
    recent = RecentFiles(paths().recent)
    assert recent.paths() == []
    recent.add(tmp_path / "a.csv")
    assert recent.paths() == [tmp_path / "a.csv"]


def test_a_list_that_cannot_be_written_says_so(home: Path) -> None:
    (home / "recent.json").mkdir()
    recent = RecentFiles(home / "recent.json")
    with pytest.raises(ConfigError, match="recent files"):
        recent.add(home / "a.csv")
    with pytest.raises(ConfigError, match="recent files"):
        recent.clear()
    assert [path.name for path in home.iterdir()] == ["recent.json"]
