"""/user_management/organization_memberships: create, find, change, (de)activate, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.sandbox import organizations, rules, users
from tui_importer.sandbox.answers import Answer, JsonObject, Refused, Request, invalid, json_answer, not_found
from tui_importer.sandbox.lists import many, one, page
from tui_importer.sandbox.objects import ACTIVE, INACTIVE, PENDING, STATUSES, Membership

if TYPE_CHECKING:
    from tui_importer.sandbox.state import World

DEFAULT_ROLE = "member"


def find(world: World, identifier: str) -> Membership:
    """The membership of this id, else 404."""
    membership = world.memberships.get(identifier)
    if membership is None:
        raise not_found("Organization membership", identifier)
    return membership


def create(world: World, request: Request) -> Answer:
    """POST .../organization_memberships: active at once; an inactive one of the pair is active again."""
    body = request.json()
    user_id = rules.required_text(body, "user_id")
    organization_id = rules.required_text(body, "organization_id")
    user, organization = users.find(world, user_id), organizations.find(world, organization_id)
    roles = _roles(world, body, organization_id) or (DEFAULT_ROLE,)
    membership = world.pair(user_id, organization_id)
    if membership is None:
        membership = Membership(**world.stamp("om"), user=user, organization=organization, roles=roles)
        world.add_membership(membership)
        return json_answer(201, membership.body())
    if membership.status == PENDING:
        raise _pending("reactivate")
    if membership.status == ACTIVE:
        world.conflicts["membership"] += 1
        message = "The user is already a member of this organization."
        raise Refused(409, {"message": message, "code": "organization_membership_already_exists"})
    membership.status, membership.roles, membership.updated_at = ACTIVE, roles, world.now()
    return json_answer(201, membership.body())


def get(world: World, request: Request) -> Answer:
    """GET .../organization_memberships/{id}: consistent at once."""
    return json_answer(200, find(world, request.params[0]).body())


def list_all(world: World, request: Request) -> Answer:
    """GET .../organization_memberships: needs a user or an organization; active ones unless `statuses`; lags."""
    query = request.query()
    user_id, organization_id = one(query, "user_id"), one(query, "organization_id")
    if user_id is None and organization_id is None:
        message = "Either user_id or organization_id is required."
        raise Refused(400, {"message": message, "code": "missing_user_id_or_organization_id"})
    statuses = many(query, "statuses") or [ACTIVE]
    if not set(statuses) <= set(STATUSES):
        raise invalid("statuses", "statuses_invalid")
    if user_id is not None:
        scope = world.memberships_of_user.get(user_id, {})
    else:
        scope = world.memberships_of_organization.get(organization_id or "", {})
    found = (
        each
        for each in scope.values()
        if each.status in statuses
        and (organization_id is None or each.organization.id == organization_id)
        and world.visible(each)
    )
    return page(found, query, Membership.body)


def update(world: World, request: Request) -> Answer:
    """PUT .../organization_memberships/{id}: replaces the roles."""
    membership = find(world, request.params[0])
    roles = _roles(world, request.json(), membership.organization.id)
    if roles is not None:
        membership.roles = roles
    membership.updated_at = world.now()
    return json_answer(200, membership.body())


def deactivate(world: World, request: Request) -> Answer:
    """PUT .../{id}/deactivate."""
    return _switch(world, find(world, request.params[0]), INACTIVE, "deactivate")


def reactivate(world: World, request: Request) -> Answer:
    """PUT .../{id}/reactivate."""
    return _switch(world, find(world, request.params[0]), ACTIVE, "reactivate")


def delete(world: World, request: Request) -> Answer:
    """DELETE .../organization_memberships/{id}."""
    world.remove_membership(find(world, request.params[0]))
    return Answer(200, b"")


def _switch(world: World, membership: Membership, status: str, verb: str) -> Answer:
    if membership.status == PENDING:
        raise _pending(verb)
    if membership.status != status:
        membership.status, membership.updated_at = status, world.now()
    return json_answer(200, membership.body())


def _pending(verb: str) -> Refused:
    message = f"Cannot {verb} a pending organization membership."
    return Refused(400, {"message": message, "code": f"cannot_{verb}_pending_organization_membership"})


def _roles(world: World, body: JsonObject, organization_id: str) -> tuple[str, ...] | None:
    """The roles a body asks for, None when it names none.

    `role_slugs` is refused where an environment has not enabled several roles, even with one slug (observed live).
    """
    slug, slugs = rules.text(body, "role_slug"), body.get("role_slugs")
    if slugs is None and slug is None:
        return None
    if slugs is None:
        slugs = [slug]
    elif slug is not None or not isinstance(slugs, list) or not slugs or not all(isinstance(s, str) for s in slugs):
        raise invalid("role_slugs", "role_slugs_invalid")
    elif not world.settings.multiple_roles:
        message = "Multiple roles is not enabled for this environment."
        raise Refused(422, {"message": message, "code": "multiple_roles_not_enabled"})
    known = {role.slug: role for role in world.roles(organization_id)}
    for each in slugs:
        if each not in known:
            raise Refused(422, {"message": f"Role '{each}' is not a valid role.", "code": "invalid_role"})
        if known[each].resource_type != "organization":
            message = f"Role '{each}' cannot be assigned to an organization membership."
            body = {"message": message, "code": "sub_resource_scoped_role_not_allowed", "role_slug": each}
            raise Refused(422, body)
    return tuple(dict.fromkeys(slugs))
