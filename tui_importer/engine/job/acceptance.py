"""Which plan an operator has agreed to, remembered by the job: a stop before the first write asks nothing again.

What was agreed to is the environment (production's confirmation with it) and the frozen options; another environment or
other options are another plan.
"""

from __future__ import annotations

import hashlib
import json


def acceptance(environment: str, frozen_options: str) -> str:
    """The record of an agreement to write to `environment` with a job's frozen options, as the journal keeps it."""
    return json.dumps({"environment": environment, "options": _digest(frozen_options)})


def is_accepted(record: str, environment: str, frozen_options: str) -> bool:
    """Whether `record` is an agreement to just that."""
    return bool(record) and record == acceptance(environment, frozen_options)


def _digest(frozen_options: str) -> str:
    return hashlib.sha256(frozen_options.encode()).hexdigest()
