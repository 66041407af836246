"""Seeded objects, older than the first request: a day old, visible at once.

Each function returns the API's object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from tui_importer.sandbox.objects import ACTIVE, STATUSES, Membership, Organization, Role, User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui_importer.sandbox.answers import JsonObject
    from tui_importer.sandbox.state import World


class OrganizationFields(TypedDict, total=False):
    """`created_at` as the API writes times: `2026-11-23T21:00:00.000Z`."""

    external_id: str | None
    metadata: Mapping[str, str]
    created_at: str


class UserFields(TypedDict, total=False):
    """Fields of a user beside its address."""

    first_name: str | None
    last_name: str | None
    email_verified: bool
    external_id: str | None
    metadata: Mapping[str, str]
    created_at: str


class MembershipFields(TypedDict, total=False):
    """`status`: active (default), inactive, pending; `roles`: the primary one first, default member."""

    status: str
    roles: Sequence[str]
    directory_managed: bool
    created_at: str


class RoleFields(TypedDict, total=False):
    """`organization_id`: whose own role it is; only roles with `resource_type` organization go on a membership."""

    organization_id: str | None
    resource_type: str


def seed_organization(world: World, name: str, **fields: Unpack[OrganizationFields]) -> JsonObject:
    """Add an organization. Raises ValueError when the external id is taken."""
    external_id = fields.get("external_id")
    if external_id is not None and external_id in world.organization_by_external_id:
        raise ValueError(f"The sandbox has an organization with external id {external_id} already.")
    organization = Organization(
        **_stamp(world, "org", fields.get("created_at")),
        name=name,
        external_id=external_id,
        metadata=dict(fields.get("metadata", {})),
    )
    world.add_organization(organization)
    return organization.body()


def seed_user(world: World, email: str, **fields: Unpack[UserFields]) -> JsonObject:
    """Add a user. Raises ValueError when the address or the external id is taken."""
    external_id = fields.get("external_id")
    if email.lower() in world.user_by_email:
        raise ValueError(f"The sandbox has a user {email} already.")
    if external_id is not None and external_id in world.user_by_external_id:
        raise ValueError(f"The sandbox has a user with external id {external_id} already.")
    user = User(
        **_stamp(world, "user", fields.get("created_at")),
        email=email.lower(),
        email_verified=fields.get("email_verified", False),
        first_name=fields.get("first_name"),
        last_name=fields.get("last_name"),
        external_id=external_id,
        metadata=dict(fields.get("metadata", {})),
    )
    world.add_user(user)
    return user.body()


def seed_membership(world: World, user_id: str, organization_id: str, **fields: Unpack[MembershipFields]) -> JsonObject:
    """Add a membership. Raises ValueError for a pair that has one and for an unknown status, KeyError for ids."""
    status = fields.get("status", ACTIVE)
    if status not in STATUSES:
        raise ValueError(f"A membership is {', '.join(STATUSES)}, not {status}.")
    if world.pair(user_id, organization_id) is not None:
        raise ValueError(f"The sandbox has a membership of {user_id} in {organization_id} already.")
    membership = Membership(
        **_stamp(world, "om", fields.get("created_at")),
        user=world.users[user_id],
        organization=world.organizations[organization_id],
        status=status,
        roles=tuple(fields.get("roles", ("member",))),
        directory_managed=fields.get("directory_managed", False),
    )
    world.add_membership(membership)
    return membership.body()


def seed_role(world: World, slug: str, **fields: Unpack[RoleFields]) -> JsonObject:
    """Add a role of the environment, or of one organization."""
    role = Role(
        **_stamp(world, "role", None),
        slug=slug,
        organization_id=fields.get("organization_id"),
        resource_type=fields.get("resource_type", "organization"),
    )
    world.custom_roles.append(role)
    return role.body()


def _stamp(world: World, prefix: str, created_at: str | None) -> JsonObject:
    stamp = world.stamp(prefix, seeded=True)
    if created_at is not None:
        stamp["created_at"] = stamp["updated_at"] = created_at
    return stamp
