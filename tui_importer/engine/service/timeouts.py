"""How long the engine waits for what; in one place, so that tests can shrink all of it."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, unless said otherwise.

    `organization_lookup` and `organization_search`: how long a lagging lookup is polled before an organization is
    created again or fails (the API's own lag was about 3 s, reference section 8); `user_lookup` and
    `membership_lookup` the same after "already there" answers; `first_backoff` doubles up to `longest_backoff`;
    `probe_longest` bounds the pause between probes in service trouble; `tries` is the number of transient failures
    of one call, while others succeed, after which its row fails; `probes` the probes one row makes before another
    row gets its turn.
    """

    organization_lookup: float = 15.0
    organization_search: float = 15.0
    user_lookup: float = 10.0
    membership_lookup: float = 10.0
    first_poll: float = 0.25
    longest_poll: float = 2.0
    first_backoff: float = 0.5
    longest_backoff: float = 8.0
    probe_longest: float = 30.0
    tries: int = 8
    probes: int = 3

    def backoff(self, failures: int) -> float:
        """Seconds before the next try after `failures` failures, with jitter of half to one and a half."""
        return min(self.first_backoff * 2.0 ** (failures - 1), self.longest_backoff) * random.uniform(0.5, 1.5)
