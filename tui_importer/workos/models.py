"""The API's objects, as far as an importer needs them. Source: WorkOS OpenAPI specification v0.61.0."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

T = TypeVar("T")


class MembershipStatus(StrEnum):
    """Status of an organization membership; anything unknown is read as `unknown`."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Organization:
    """`GET /organizations/{id}`."""

    id: str
    name: str
    external_id: str | None
    created_at: datetime | None
    updated_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class User:
    """`GET /user_management/users/{id}`. `profile` are the fields that a file can give, as answered."""

    id: str
    email: str
    external_id: str | None
    created_at: datetime | None
    updated_at: datetime | None = field(default=None, compare=False)
    profile: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """`GET /user_management/organization_memberships/{id}`. `roles` has the primary role first."""

    id: str
    user_id: str
    organization_id: str
    status: MembershipStatus
    roles: tuple[str, ...]
    directory_managed: bool
    created_at: datetime | None
    updated_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Role:
    """`GET /authorization/roles`; `resource_type` is `organization` for roles a membership can have."""

    slug: str
    name: str
    type: str
    resource_type: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `after` is where the next part begins, None at the end."""

    data: tuple[T, ...]
    after: str | None
