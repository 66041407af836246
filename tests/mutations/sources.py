"""Deliberate mistakes about a source that is edited, moved or deleted while its job is under way."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

CHANGES: Final = "engine/test_source_changes.py"
LATE: Final = f"{CHANGES}::test_a_change_that_no_look_saw_is_told_in_the_end_and_again_by_the_next_process"
CHANGED: Final = f"{CHANGES}::test_the_job_goes_on_with_its_own_rows_and_says_once_that_the_source_changed"

MISTAKES: Final = (
    Mistake(
        "a source of which one byte was replaced is the same",
        "engine/job/source.py",
        "same = (found.st_size, found.st_mtime_ns) == (self.record.size, self.record.mtime_ns)",
        "same = True",
        (f"{LATE}[edited]",),
    ),
    Mistake(
        "a source that was removed is not missed",
        "engine/job/source.py",
        '            return "was removed"\n',
        '            return ""\n',
        (f"{LATE}[removed]",),
    ),
    Mistake(
        "a change of the source is told again and again",
        "engine/job/source.py",
        "        if not self.change:\n            self.change",
        "        if True:\n            self.change",
        (f"{CHANGED}[edited]",),
    ),
    Mistake(
        "a job needs its source after the scan, too",
        "engine/job/source.py",
        "        if self.is_scanned:\n            return\n",
        "        if self.is_scanned and not self._look():\n            return\n",
        (f"{LATE}[removed]",),
    ),
)
