"""Deliberate mistakes about a job's folder, its journal and its lock, about exports, and about what a machine lacks."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

MACHINE: Final = "cli/test_journeys_machine.py"
UNREADABLE: Final = "cli/test_journeys_unreadable.py::test_it_is_listed_with_its_problem_and_all_other_jobs_work"
LACKING: Final = "cli/test_journeys_lacking.py"
DAMAGED: Final = "journal/test_journal_damaged.py"

MISTAKES: Final = (
    Mistake(
        "a commit that failed is acknowledged",
        "journal/writer.py",
        "            commit.finish(self._error)\n",
        "            commit.finish()\n",
        ("engine/test_machine.py::test_a_full_disk_pauses_the_job_and_with_room_it_goes_on",),
    ),
    Mistake(
        "a folder that was removed is written to",
        "journal/writer.py",
        "            self._guard.check()\n",
        "",
        (f"{MACHINE}::test_a_folder_that_is_removed_halts_the_job_at_once",),
    ),
    Mistake(
        "a folder that becomes read-only is noticed at the end",
        "journal/file_guard.py",
        "if not os.access(folder, os.W_OK | os.X_OK):",
        "if False:",
        (f"{MACHINE}::test_a_job_that_becomes_read_only_is_told_so_and_goes_on_when_it_is_writable_again",),
    ),
    Mistake(
        "a full disk is not named",
        "journal/sqlite_errors.py",
        "    if primary == sqlite3.SQLITE_FULL:\n",
        "    if False:\n",
        (
            "engine/test_machine.py::test_a_full_disk_pauses_the_job_and_with_room_it_goes_on",
            f"{MACHINE}::test_a_disk_that_gets_full_in_the_import_pauses_it",
        ),
    ),
    Mistake(
        "half an export is left behind",
        "report/new_file.py",
        "        part.unlink(missing_ok=True)\n    sync_folder",
        "        pass\n    sync_folder",
        ("cli/test_journeys_exports.py::test_one_for_which_there_is_no_room_leaves_its_name_free",),
    ),
    Mistake(
        "an export has its name before it is complete",
        "report/new_file.py",
        'part = path.with_name(f".{path.name[:200]}.{os.getpid()}.{number}.part")',
        "part = path",
        (
            "cli/test_journeys_exports.py::test_one_that_is_interrupted_leaves_its_name_free",
            "cli/test_journeys_exports.py::test_one_for_which_there_is_no_room_leaves_its_name_free",
        ),
    ),
    Mistake(
        "nobody is told how a summary without room is shown again",
        "cli/output.py",
        "        if not job:\n            raise\n        why",
        "        if True:\n            raise\n        why",
        ("cli/test_journeys_delivery.py::test_a_finished_job_whose_summary_has_no_room_is_finished[form0]",),
    ),
    Mistake(
        "a folder that may not be looked into is no job",
        "engine/job/listing.py",
        "        return folder.is_dir()\n",
        "        return False\n",
        (UNREADABLE,),
    ),
    Mistake(
        "one folder that may not be looked into hides all jobs",
        "engine/job/listing.py",
        "        return folder.is_dir()\n",
        "        raise\n",
        (UNREADABLE,),
    ),
    Mistake(
        "too little memory is a defect",
        "errors.py",
        "        if isinstance(cause, MemoryError):\n",
        "        if False:\n",
        (
            f"{LACKING}::test_too_little_memory_in_a_command_is_a_sentence",
            f"{LACKING}::test_too_little_memory_in_the_engine_halts_the_job_which_is_resumed",
        ),
    ),
    Mistake(
        "too few open files are a defect",
        "errors.py",
        """\
        if isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
            return _FILES
        if not isinstance(cause, ImporterError) and "Too many open files" in str(
            cause
        ):  # libraries keep the words only
            return _FILES
""",
        "",
        (
            f"{LACKING}::test_too_few_open_files_are_named_wherever_they_end[tui_importer.engine.run.run:Run.import_rows]",
        ),
    ),
    Mistake(
        "SQLite is not asked whether the journal is sound",
        "journal/journal.py",
        '                if verdict != "ok":\n',
        "                if False:\n",
        (
            f"{DAMAGED}::test_an_index_that_lies_is_noticed",
            f"{DAMAGED}::test_any_damage_is_noticed_or_harmless_and_the_job_can_be_listed_and_removed",
        ),
    ),
    Mistake(
        "totals are not compared with rows",
        "journal/journal.py",
        "                _check_counts(connection, path)\n",
        "",
        (f"{DAMAGED}::test_a_damaged_journal_is_refused_and_listed_with_its_problem_and_can_be_purged",),
    ),
    Mistake(
        "a damaged journal hides all jobs",
        "engine/job/listing.py",
        "    except (ImporterError, OSError) as error:\n        try:",
        "    except OSError as error:\n        try:",
        (f"{DAMAGED}::test_a_damaged_journal_is_refused_and_listed_with_its_problem_and_can_be_purged",),
    ),
    Mistake(
        "two processes work on one job",
        "journal/lock.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)",
        ("journal/test_journal.py::test_a_second_holder_is_refused_and_learns_who_has_the_job",),
    ),
    Mistake(
        "nobody is told who has the job",
        "journal/lock.py",
        "({_holder(file)})",
        "(process unknown)",
        ("journal/test_journal.py::test_a_second_holder_is_refused_and_learns_who_has_the_job",),
    ),
    Mistake(
        "the lock file of a dead process is an obstacle",
        "journal/lock.py",
        "os.O_RDWR | os.O_CREAT, 0o600",
        "os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600",
        ("journal/test_journal_lock.py::test_a_lock_file_that_nobody_holds_is_no_obstacle_whatever_is_in_it",),
    ),
    Mistake(
        "what is queued behind a commit that failed is dropped",
        "journal/writer.py",
        "            self._stuck = statements\n",
        "            self._stuck = commit.statements\n",
        ("engine/test_machine.py::test_another_programs_lock_pauses_the_job_and_nothing_is_sent_meanwhile",),
    ),
    Mistake(
        "half a commit is kept when the rest of it fails",
        "journal/writer.py",
        '                connection.execute("ROLLBACK")',
        '                connection.execute("COMMIT")',
        ("journal/test_journal_writing.py::test_a_commit_whose_second_statement_fails_leaves_nothing",),
    ),
    Mistake(
        "the name of a job is not made durable",
        "engine/job/folders.py",
        "        sync_name(folder)\n",
        "",
        ("engine/test_job_folders.py::test_a_job_that_cannot_be_written_down_leaves_nothing",),
    ),
    Mistake(
        "a refused file leaves a job",
        "cli/new_import.py",
        "        if refusal.exit_code == ExitCode.REFUSED and not job.begun:\n            jobs.purge(name)\n",
        "",
        ("cli/test_journeys_run.py::test_a_file_that_cannot_be_imported_leaves_no_job[no_email]",),
    ),
)
