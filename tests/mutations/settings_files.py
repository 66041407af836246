"""Deliberate mistakes about the settings that are kept, and the folders they are in."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

MISTAKES: Final = (
    Mistake(
        "true is a number",
        "config/validators.py",
        "        if isinstance(value, bool) or not isinstance(value, int) or not self.low",
        "        if not isinstance(value, int) or not self.low",
        ("test_config_file.py::test_a_wrong_value_is_named_with_what_is_allowed",),
    ),
    Mistake(
        "a save that failed leaves half a file",
        "config/writing.py",
        "        temporary.unlink(missing_ok=True)\n",
        "        pass\n",
        ("test_config_file.py::test_a_failed_save_leaves_the_old_file",),
    ),
    Mistake(
        "a folder that others may read stays so",
        "config/paths.py",
        "        if folder.stat().st_mode & 0o077:\n            folder.chmod(0o700)\n",
        "",
        ("test_config.py::test_folders_are_made_for_the_owner_only",),
    ),
    Mistake(
        "settings are not synced",
        "config/writing.py",
        "            os.fsync(file.fileno())\n",
        "",
        ("test_config_file.py::test_a_failed_save_leaves_the_old_file",),
    ),
)
