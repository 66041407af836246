"""Errors of a job's folder.

JournalError
├── JobNotFound, JobExists, JobNameInvalid
├── JobLocked          another process works on the job
├── JobsUnreadable     the folder of all jobs
├── OnNetworkDisk      the folder is on a file system that other machines may have, too
├── JournalNewer       written by a newer version
├── JournalCorrupt     missing, failed SQLite's integrity check or our own, or is not a journal
└── JournalUnwritable  disk full, read-only, removed or replaced while it was open
    ├── JournalBusy    another program has it locked
    ├── NotRecorded    a new job cannot be written down
    └── NotRemoved     a job cannot be purged
"""

from __future__ import annotations

from tui_importer.errors import ExitCode, ImporterError


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


class JobsUnreadable(JournalError):
    """The system does not let us list the jobs."""

    kind = "jobs_unreadable"


class OnNetworkDisk(JournalError):
    """SQLite's write-ahead log works on the disks of one machine only."""

    kind = "network_disk"


class JournalNewer(JournalError):
    """The schema is newer than this program."""

    kind = "journal_newer"


class JournalCorrupt(JournalError):
    """The file cannot be trusted."""

    kind = "journal_corrupt"


class JournalUnwritable(JournalError):
    """The journal cannot be written, so nothing may be sent."""

    kind = "journal_unwritable"
    exit_code = ExitCode.PAUSED


class JournalBusy(JournalUnwritable):
    """Another program than ours holds SQLite's lock."""

    kind = "journal_busy"


class NotRecorded(JournalUnwritable):
    """There is no room or no permission for a new job, so that there is none: nothing was begun."""

    exit_code = ExitCode.REFUSED


class NotRemoved(JournalUnwritable):
    """The system does not let us remove the job's folder; the job is as it was."""

    exit_code = ExitCode.REFUSED
