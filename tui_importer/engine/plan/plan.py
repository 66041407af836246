"""What an import would do: the numbers an operator agrees to before any write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.engine.snapshot.models import EnvironmentName
    from tui_importer.source.models import ColumnUse, Problem, Severity


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the key leads: named by the server or the key's prefix, with some of its organizations by name.

    `proxy` is the address of a proxy on the way and the variable that names it, empty without one.
    """

    name: EnvironmentName
    key_hint: str
    base_url: str
    organizations: tuple[str, ...] = ()
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """Organization keys by what the pre-warm would do with them.

    `conflict` are keys that cannot be resolved unambiguously, `unknown` those whose lookup failed.
    """

    existing: int = 0
    create: int = 0
    conflict: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """The findings of one kind: how many, and the first few with their lines. Rows with an error are not sent."""

    kind: str
    severity: Severity
    count: int
    examples: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class UserPlan:
    """How many of the file's people were looked up, all or a sample, and how many of these exist already."""

    looked_up: int = 0
    existing: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts, requests and time of an import. `requests` is an upper estimate without retries; seconds are a range.

    `refused_rows` are rows the scan refused; `problems` counts findings by kind, `groups` has them with examples,
    errors first; `roles_missing` is None when the environment's roles could not be read; `webhooks` counts enabled
    endpoints, None when they could not be read; `dialect` says how the source is read, `preset` names the export that
    was recognised (or is ""), `coverage` says what becomes of each column; `repairs` counts rows by repair.
    """

    environment: Environment
    rows: int
    refused_rows: int
    users: int
    memberships: int
    organizations: OrganizationPlan
    problems: Mapping[str, int] = field(default_factory=dict)
    roles_missing: tuple[str, ...] | None = ()
    requests: int = 0
    seconds_low: float = 0.0
    seconds_high: float = 0.0
    notes: tuple[str, ...] = ()
    people: UserPlan = UserPlan()
    groups: tuple[ProblemGroup, ...] = ()
    webhooks: int | None = 0
    dialect: str = ""
    preset: str = ""
    coverage: tuple[ColumnUse, ...] = ()
    repairs: Mapping[str, int] = field(default_factory=dict)

    @property
    def read_as(self) -> str:
        """How the source is read and as whose export, in words; "" when it was not said."""
        return ", ".join(filter(None, (self.dialect, f"{self.preset} export" if self.preset else "")))
