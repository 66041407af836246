"""Deliberate mistakes by which a secret would be kept where it does not belong, or a mask be taken for one."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

KILLED: Final = "cli/test_secrets_killed.py"
ECHOED: Final = "cli/test_secrets_echoed.py"
MASKING: Final = "workos/test_workos_masking.py"

MISTAKES: Final = (
    Mistake(
        "a scan writes passwords to the disk",
        "source/frozen/writer.py",
        "**secrets})) if keeps_secrets else None",
        "**secrets}))",
        (
            f"{KILLED}::test_a_scan_that_is_killed_leaves_no_password",
            f"{KILLED}::test_a_scan_that_is_killed_while_it_reads_leaves_no_password",
        ),
    ),
    Mistake(
        "a dry run writes passwords to the disk",
        "engine/job/job.py",
        "keeps_secrets=not dry_run",
        "keeps_secrets=True",
        (f"{KILLED}::test_a_dry_run_that_is_killed_leaves_no_password",),
    ),
    Mistake(
        "what a killed command has left stays",
        "cli/scratch_folders.py",
        "        for left in dead:\n            _remove_dead(left)\n",
        "",
        (f"{KILLED}::test_every_command_sweeps[command0]",),
    ),
    Mistake(
        "the folder of a living command is swept",
        "cli/scratch_folders.py",
        "    except (JournalError, OSError):  # held, or not to be locked: then it is not known to be dead\n"
        "        return\n",
        "    except (JournalError, OSError):\n        shutil.rmtree(left, ignore_errors=True)\n        return\n",
        (f"{KILLED}::test_nothing_but_our_own_dead_folders_is_swept",),
    ),
    Mistake(
        "what is not ours is swept",
        "cli/scratch_folders.py",
        '    return {path.name for path in left.iterdir()} <= {"lock", _KEPT}\n',
        "    return True\n",
        (f"{KILLED}::test_nothing_but_our_own_dead_folders_is_swept",),
    ),
    Mistake(
        "headers of an answer are kept as they are",
        "workos/transport.py",
        'safe(self._masker.text(answer.headers.get(name, "")), longest)',
        'safe(answer.headers.get(name, ""), longest)',
        (f"{ECHOED}::test_what_a_server_echoes_is_kept_nowhere",),
    ),
    Mistake(
        "the words of an error are kept as they are",
        "workos/transport.py",
        "return read_error_body(answer.content, self._masker)",
        "return read_error_body(answer.content, Masker(()))",
        (f"{ECHOED}::test_what_a_server_echoes_is_kept_nowhere",),
    ),
    Mistake(
        "the key is no secret of an exchange",
        "workos/transport.py",
        "self._connection.in_flight.masker(self._connection.key, *credentials)",
        "self._connection.in_flight.masker(*credentials)",
        (f"{ECHOED}::test_what_a_server_echoes_is_kept_nowhere",),
    ),
    Mistake(
        "a secret in capitals is kept",
        "workos/secret_search.py",
        "        small = folded(text)\n        for form in self._tiny:",
        "        small = text\n        for form in self._tiny:",
        (f"{MASKING}::test_the_case_of_letters_hides_nothing",),
    ),
    Mistake(
        "an escaped secret is kept",
        "workos/secret_search.py",
        "for layer in _layers(text) for place",
        "for layer in list(_layers(text))[:1] for place",
        (f"{MASKING}::test_a_value_the_server_repeats_is_masked_in_any_disguise",),
    ),
    Mistake(
        "a secret in base64 is kept",
        "workos/secret_search.py",
        "        for before in range(3):\n",
        "        for before in ():\n",
        (f"{MASKING}::test_a_value_the_server_repeats_is_masked_in_any_disguise",),
    ),
    Mistake(
        "a secret in hex is kept",
        "workos/secret_search.py",
        "    yield content.hex(), _anywhere, False\n",
        "",
        (f"{MASKING}::test_a_value_the_server_repeats_is_masked_in_any_disguise",),
    ),
    Mistake(
        "a mask in a file is taken for a password",
        "source/checks/values.py",
        '            if field in SECRET_FIELDS:\n                self._findings.add("value_masked"',
        '            if False:\n                self._findings.add("value_masked"',
        (f"{ECHOED}::test_an_export_says_that_it_holds_no_secrets_and_is_no_source_of_them",),
    ),
    Mistake(
        "a mask that was frozen is sent",
        "source/frozen/row_builder.py",
        "problem = problem or self._masked(row, line, secrets)",
        "problem = problem",
        ("source/test_frozen.py::test_a_mask_that_was_frozen_as_a_secret_is_a_problem_of_its_row_and_no_secret",),
    ),
    Mistake(
        "an export does not say that it holds no secrets",
        "report/failures.py",
        "which are never exported: ",
        "",
        (f"{ECHOED}::test_an_export_says_that_it_holds_no_secrets_and_is_no_source_of_them",),
    ),
    Mistake(
        "a secret of a broken row is kept",
        "source/checks/rows.py",
        '(pl.col("hidden_from") <= index)',
        '(pl.col("hidden_from") < index)',
        ("source/test_broken_rows.py::test_a_secret_of_a_broken_row_is_neither_kept_nor_shown",),
    ),
    Mistake(
        "a row with a problem has secrets",
        "source/frozen/row_builder.py",
        "secrets=secrets if problem is None else {},",
        "secrets=secrets,",
        ("source/test_frozen.py::test_a_mask_that_was_frozen_as_a_secret_is_a_problem_of_its_row_and_no_secret",),
    ),
    Mistake(
        "addresses and names in queries are kept",
        "workos/transport.py",
        "shown = {name: MASK if name in _PERSONAL else value",
        "shown = {name: value if name in _PERSONAL else value",
        ("workos/test_workos_errors.py::TestAttempts::test_no_query_of_a_person",),
    ),
    Mistake(
        "a secret that is written in entities is kept",
        "workos/secret_search.py",
        "text = html.unescape(escape[0])",
        "text = escape[0]",
        ("workos/test_workos_masking.py::test_a_value_the_server_repeats_is_masked_in_any_disguise",),
    ),
    Mistake(
        "a finished job keeps the passwords",
        "engine/job/job.py",
        "        self._context.keep_secrets()\n",
        "",
        ("cli/test_journeys_secrets.py::test_secrets_are_nowhere_and_gone_when_all_is_done",),
    ),
    Mistake(
        "an export can be read by others",
        "report/new_file.py",
        "part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)",
        "part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)",
        ("cli/test_journeys_lists.py::test_errors_are_a_csv_that_no_spreadsheet_runs_and_no_file_is_overwritten",),
    ),
)
