"""Deliberate mistakes by which something wrong would be written, each with the tests that notice it.

`(name, file, old, new, tests)`: the old text is in the file exactly once; the files are below the package, the tests
below `tests/`.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Mistake(NamedTuple):
    """One change of the program that must not go unnoticed."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MISTAKES: Final = (
    Mistake(
        "a later row of a membership trusts that its user is fresh",
        "engine/run/workers.py",
        "fresh=made and row.twin_row is None",
        "fresh=made",
        ("engine/test_deactivated.py",),
    ),
    Mistake(
        "an answer about another user is believed",
        "workos/answer_checks.py",
        '        _same("user", "address", email and email.lower(), found.email.lower())\n',
        "",
        ("engine/test_wrong_answers.py",),
    ),
    Mistake(
        "an external id is compared without regard to case",
        "workos/answer_checks.py",
        "if asked is not None and asked != found:",
        "if asked is not None and asked.casefold() != (found or '').casefold():",
        ("engine/test_wrong_answers.py",),
    ),
    Mistake(
        "memberships of others are believed",
        "workos/answer_checks.py",
        '        _same("membership", "user_id", user_id, found.user_id)\n',
        "",
        ("engine/test_wrong_answers.py",),
    ),
    Mistake(
        "one id serves two organizations",
        "engine/run/organizations.py",
        "if other[1] != title:",
        "if False:",
        ("engine/test_wrong_answers.py",),
    ),
    Mistake(
        "an organization that was deleted has no id while it is resolved again",
        "engine/run/deleted_objects.py",
        "            run.forget_organization(record, self._meant().get(key, ()))\n",
        "            run.forget_organization(record, self._meant().get(key, ()))\n            run.cache.forget(key)\n",
        ("engine/test_deleted_objects.py",),
    ),
    Mistake(
        "an organization is resolved again by every row",
        "engine/run/deleted_objects.py",
        "            if now is not None and now != gone:\n                return now\n",
        "",
        ("engine/test_deleted_objects.py",),
    ),
    Mistake(
        "a deleted user is made again from the row that misses it",
        "engine/run/deleted_objects.py",
        "first = row if owner == row.row else run.store.row(owner)",
        "first = row",
        ("engine/test_deleted_objects.py",),
    ),
    Mistake(
        "organizations are not checked after a canary",
        "engine/job/state.py",
        'return kind == "canary" or time.time() - moment > OLD_AFTER',
        "return False",
        ("engine/test_deleted_objects.py",),
    ),
    Mistake(
        "retry imports all other rows, too",
        "engine/run/run.py",
        "return self.only is None or row in self.only",
        "return True",
        ("engine/test_canary.py",),
    ),
    Mistake(
        "two jobs are recorded at the same moment and both go on",
        "engine/job/job.py",
        "        if not self.begun:\n            self._journal.flush()\n            refuse_later",
        "        if False:\n            self._journal.flush()\n            refuse_later",
        ("engine/test_same_source.py",),
    ),
    Mistake(
        "an agreement holds for any environment",
        "engine/job/acceptance.py",
        "return bool(record) and record == acceptance(environment, frozen_options)",
        "return bool(record)",
        ("cli/test_journeys_accepted.py",),
    ),
    Mistake(
        "a plan that nobody agreed to is taken for one that was",
        "engine/job/acceptance.py",
        "return bool(record) and record == acceptance(environment, frozen_options)",
        "return True",
        ("cli/test_journeys_accepted.py", "cli/test_journeys_asking.py"),
    ),
)
