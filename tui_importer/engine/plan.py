"""What an import would do: the numbers an operator agrees to before any write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.engine.snapshot import EnvironmentName


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the key leads: named by the server or the key's prefix, with some of its organizations by name."""

    name: EnvironmentName
    key_hint: str
    base_url: str
    organizations: tuple[str, ...] = ()


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
class Plan:
    """Counts, requests and time of an import. `requests` is an upper estimate without retries; seconds are a range.

    `refused_rows` are rows the scan refused; `problems` counts findings by kind; `roles_missing` is None when the
    environment's roles could not be read.
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
