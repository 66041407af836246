"""What can be wrong with a job's folder.

JournalError
├── JobNotFound, JobExists, JobNameInvalid
├── JobLocked          another process works on the job
├── JournalNewer       written by a newer version
├── JournalCorrupt     failed SQLite's integrity check, or is not a journal
└── JournalUnwritable  disk full, read-only, removed
"""

from __future__ import annotations

from tui_importer.errors import ImporterError


class JournalError(ImporterError):
    """Something about the job's folder."""

    kind = "journal"


class JobNotFound(JournalError):
    """No job of that name."""

    kind = "job_not_found"


class JobExists(JournalError):
    """The name is taken."""

    kind = "job_exists"


class JobNameInvalid(JournalError):
    """A job's name becomes a folder's name, so few characters are allowed."""

    kind = "job_name_invalid"


class JobLocked(JournalError):
    """Another process holds the job."""

    kind = "job_locked"


class JournalNewer(JournalError):
    """The schema is newer than this program."""

    kind = "journal_newer"


class JournalCorrupt(JournalError):
    """The file cannot be trusted."""

    kind = "journal_corrupt"


class JournalUnwritable(JournalError):
    """The journal cannot be written, so nothing may be sent."""

    kind = "journal_unwritable"
    exit_code = 3
