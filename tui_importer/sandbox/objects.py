"""The environment's objects and how the API shows them. Source: WorkOS OpenAPI specification v0.61.0."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_importer.sandbox.answers import JsonObject

ACTIVE, INACTIVE, PENDING = "active", "inactive", "pending"
STATUSES = (ACTIVE, INACTIVE, PENDING)


@dataclass(slots=True, kw_only=True)
class Stamped:
    """The fields that all objects have. `born` is the monotonic time of creation, for lookups that lag."""

    id: str
    born: float
    created_at: str
    updated_at: str


@dataclass(slots=True, kw_only=True)
class Organization(Stamped):
    """An organization; `domains` are the API's objects."""

    name: str
    external_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    domains: list[JsonObject] = field(default_factory=list)
    stripe_customer_id: str | None = None

    def body(self) -> JsonObject:
        """The object as answered."""
        return {
            "object": "organization",
            "id": self.id,
            "name": self.name,
            "allow_profiles_outside_organization": False,
            "domains": self.domains,
            "stripe_customer_id": self.stripe_customer_id,
            "external_id": self.external_id,
            "metadata": self.metadata,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


@dataclass(slots=True, kw_only=True)
class User(Stamped):
    """A user; `email` is lower-case."""

    email: str
    email_verified: bool = False
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    external_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    locale: str | None = None

    def body(self) -> JsonObject:
        """The object as answered."""
        return {
            "object": "user",
            "id": self.id,
            "email": self.email,
            "email_verified": self.email_verified,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": self.name,
            "profile_picture_url": None,
            "last_sign_in_at": None,
            "locale": self.locale,
            "external_id": self.external_id,
            "metadata": self.metadata,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


@dataclass(slots=True, kw_only=True)
class Membership(Stamped):
    """A user's membership of an organization; the primary role comes first."""

    user: User
    organization: Organization
    status: str = ACTIVE
    roles: tuple[str, ...] = ("member",)
    directory_managed: bool = False

    def body(self, *, with_user: bool = True) -> JsonObject:
        """The object as answered."""
        body: JsonObject = {
            "object": "organization_membership",
            "id": self.id,
            "user_id": self.user.id,
            "organization_id": self.organization.id,
            "organization_name": self.organization.name,
            "status": self.status,
            "directory_managed": self.directory_managed,
            "custom_attributes": {},
            "role": {"slug": self.roles[0]},
            "roles": [{"slug": slug} for slug in self.roles],
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        if with_user:
            body["user"] = self.user.body()
        return body


@dataclass(slots=True, kw_only=True)
class Role(Stamped):
    """A role of the environment, or of one organization if `organization_id` is set."""

    slug: str
    organization_id: str | None = None
    resource_type: str = "organization"

    def body(self) -> JsonObject:
        """The object as answered."""
        return {
            "object": "role",
            "id": self.id,
            "slug": self.slug,
            "name": self.slug.removeprefix("org-").replace("-", " ").capitalize(),
            "description": None,
            "type": "OrganizationRole" if self.organization_id else "EnvironmentRole",
            "resource_type_slug": self.resource_type,
            "permissions": [],
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
