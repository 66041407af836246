"""Settings of a sandbox: limits, latency, lag, faults. All times are seconds, all probabilities 0 to 1.

The limits' defaults are those of the live API (workos.com/docs/reference/rate-limits, 2026).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

DEFAULT_KEY = "sk_test_sandbox"

FAULT_KINDS = ("500", "503", "html", "drop_before", "drop_after", "no_answer", "slow", "truncated")
"""Kinds of fault, and whether the request takes effect under them:

`500`, `503`  a JSON error; half of them after the request took effect
`html`        a proxy's 502 page in HTML; half of them after the request took effect
`drop_before` the connection ends without an answer, nothing took effect
`drop_after`  the same, but the request took effect
`no_answer`   the request took effect and is never answered; the connection stays open until the client leaves
`slow`        answered `slow_seconds` late
`truncated`   took effect; half of the body arrives under the full Content-Length, then the connection ends
"""

WRONG_ANSWERS = ("other_object", "same_id", "unfiltered", "deep", "huge", "echo", "slow_head", "long_wait")
"""Kinds of answers as no correct server gives them:

`other_object`  the object answered about is another one of its kind; lists hold others
`same_id`       the right object, with the id of another one
`unfiltered`    lists ignore what they were asked for
`deep`          an error nested 450 deep
`huge`          an error of 24 MiB
`echo`          an error that repeats the secrets of the request, and its key, in its codes, texts and headers
`slow_head`     the answer's head arrives a byte at a time, `slow_seconds` apart
`long_wait`     a 429 that asks for a year of waiting

The request took effect, but for `deep`, `huge`, `echo` and `long_wait`.
"""

_NOT_NEGATIVE = (
    "latency", "jitter", "slow_seconds", "visible_after", "users_visible_after", "memberships_visible_after",
    "writes_per_10s", "reads_per_10s", "overall_per_60s", "organization_deletes_per_60s", "webhook_endpoints",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """The probability of a kind of fault, and the calls that it happens to.

    `calls` restricts it to these calls (names as in `routes.CALLS`), `times` ends it after that many, `applied`
    settles for `500`, `503` and `html` whether the request took effect (None: every second time, by chance).
    """

    probability: float
    calls: Collection[str] | None = None
    times: int | None = None
    applied: bool | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"A fault's probability is a number from 0 to 1, not {self.probability}.")
        if self.times is not None and self.times < 0:
            raise ValueError(f"A fault cannot happen {self.times} times.")


@dataclass(frozen=True, kw_only=True)
class SandboxSettings:
    """Everything that can be set; a running sandbox takes changes through `Sandbox.update`.

    latency, jitter       every answer takes `latency`, give or take up to `jitter`; the request takes effect half-way
    writes_per_10s ...    requests per window and class, 0 for no limit; lifting writes or reads lifts the overall one
    window_seconds,
    overall_window_seconds  the windows' lengths; short ones make a test of limits short
    window_kind           `sliding`: the last `window_seconds`; `fixed`: consecutive windows that follow each other
    visible_after         organizations appear this late in lists, searches and lookups by external id, although the
                          external id is taken at once; a GET by id is always consistent. `users_visible_after` and
                          `memberships_visible_after` are the same for the other two
    faults                kind -> probability or `Fault`; see FAULT_KINDS and WRONG_ANSWERS
    slow_applied          whether a `slow` request takes effect `first` (in its usual time) or `last` (late)
    revoke_after          the key is refused after this many accepted requests
    forbidden             calls answered with 403; `*` means all of them
    seed                  fixes the faults, the jitter and the ids. None: faults and jitter as with 0, ids unique to
                          this start (so another sandbox never knows them, as it is between real environments)
    roles                 slugs of the environment's roles
    multiple_roles        whether `role_slugs` is accepted (by default it is refused, even with one slug: observed)
    retry_after_form      Retry-After of a 429 in `seconds`, as a `date`, or `none`
    clock_skew            how far the server's clock (Date, created_at) is ahead of this machine's
    date_skew             how far `Date` is ahead of `created_at`
    lookups_ignore_case   whether a lookup by external id finds one that differs in case
    webhook_endpoints     how many enabled webhook endpoints the environment has
    """

    key: str = DEFAULT_KEY
    latency: float = 0.0
    jitter: float = 0.0
    writes_per_10s: int = 500
    reads_per_10s: int = 1000
    overall_per_60s: int = 6000
    organization_deletes_per_60s: int = 50
    window_seconds: float = 10.0
    overall_window_seconds: float = 60.0
    window_kind: Literal["sliding", "fixed"] = "sliding"
    visible_after: float = 0.0
    users_visible_after: float = 0.0
    memberships_visible_after: float = 0.0
    faults: Mapping[str, Fault | float] = field(default_factory=lambda: MappingProxyType({}))
    slow_seconds: float = 3.0
    slow_applied: Literal["first", "last"] = "first"
    revoke_after: int | None = None
    forbidden: Collection[str] = ()
    seed: int | None = None
    roles: tuple[str, ...] = ("member", "admin")
    multiple_roles: bool = False
    retry_after_form: Literal["seconds", "date", "none"] = "seconds"
    send_date: bool = True
    clock_skew: float = 0.0
    date_skew: float = 0.0
    lookups_ignore_case: bool = False
    webhook_endpoints: int = 0

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise ValueError(problem)

    @property
    def overall_limit(self) -> int:
        """Requests of any class per `overall_window_seconds`, 0 for no limit."""
        return self.overall_per_60s if self.writes_per_10s and self.reads_per_10s else 0

    @property
    def fault_table(self) -> dict[str, Fault]:
        """The faults in the order of FAULT_KINDS and WRONG_ANSWERS, bare probabilities wrapped."""
        given = {kind: self.faults[kind] for kind in FAULT_KINDS + WRONG_ANSWERS if kind in self.faults}
        return {kind: fault if isinstance(fault, Fault) else Fault(fault) for kind, fault in given.items()}

    def _problems(self) -> Iterator[str]:
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                yield f"The sandbox's {name} cannot be negative."
        if self.window_seconds <= 0 or self.overall_window_seconds <= 0:
            yield "A limit's window must be longer than 0 seconds."
        if self.revoke_after is not None and self.revoke_after < 0:
            yield "The sandbox's revoke_after cannot be negative."
        if not self.key:
            yield "The sandbox needs a key."
        if "member" not in self.roles:
            yield "The roles must include member: every environment has it."
        yield from self._fault_problems()

    def _fault_problems(self) -> Iterator[str]:
        for kind in self.faults:
            if kind not in FAULT_KINDS + WRONG_ANSWERS:
                yield _unknown_kind(kind)
        faults = self.fault_table.values()
        for call in {None, *(call for fault in faults for call in fault.calls or ())}:
            chances = (fault.probability for fault in faults if fault.calls is None or call in fault.calls)
            if sum(chances) > 1 + 1e-9:
                yield "The probabilities of all faults together cannot exceed 1."


def parse_fault(text: str) -> tuple[str, Fault]:
    """`KIND:P` as the command line takes it, for example `500:0.02`. Raises ValueError with a sentence."""
    kind, separator, probability = text.strip().partition(":")
    if not separator:
        raise ValueError(f"A fault is written KIND:P, for example 500:0.02, not {text!r}.")
    if kind not in FAULT_KINDS + WRONG_ANSWERS:
        raise ValueError(_unknown_kind(kind))
    try:
        number = float(probability)
    except ValueError:
        raise ValueError(f"A fault's probability is a number from 0 to 1, not {probability!r}.") from None
    return kind, Fault(number)


def _unknown_kind(kind: str) -> str:
    return f"There is no fault {kind!r}; the kinds are {', '.join(FAULT_KINDS + WRONG_ANSWERS)}."
