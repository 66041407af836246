"""/user_management/users: create, read, find, change, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.sandbox import rules
from tui_importer.sandbox.answers import Answer, Refused, Request, json_answer, not_found
from tui_importer.sandbox.lists import one, page
from tui_importer.sandbox.objects import ACTIVE, User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.sandbox.state import World


def find(world: World, identifier: str) -> User:
    """The user of this id, else 404."""
    user = world.users.get(identifier)
    if user is None:
        raise not_found("User", identifier)
    return user


def create(world: World, request: Request) -> Answer:
    """POST /user_management/users: e-mail and external id are unique in the environment."""
    body = request.json()
    email = rules.email(body.get("email"))
    first_name, last_name, name = (rules.text(body, field) for field in ("first_name", "last_name", "name"))
    verified = rules.boolean(body, "email_verified") or False
    external_id = rules.external_id(body)
    rules.password(body)
    metadata = rules.metadata(body)
    if email in world.user_by_email:
        world.conflicts["user_email"] += 1
        raise _not_created("email_not_available", "This email is not available.")
    if external_id is not None and external_id in world.user_by_external_id:
        world.conflicts["user_external_id"] += 1
        raise _not_created("external_id_already_used", "This external_id is already used.")
    user = User(
        **world.stamp("user"),
        email=email,
        email_verified=verified,
        external_id=external_id,
        metadata=metadata,
        first_name=first_name,
        last_name=last_name,
        name=name,
    )
    world.add_user(user)
    return json_answer(201, user.body())


def get(world: World, request: Request) -> Answer:
    """GET /user_management/users/{id}: consistent at once."""
    return json_answer(200, find(world, request.params[0]).body())


def get_by_external_id(world: World, request: Request) -> Answer:
    """GET /user_management/users/external_id/{external_id}: lags by `users_visible_after`."""
    external_id = request.params[0]
    user = world.visible(world.user_by_external_id.get(external_id))
    if user is None:
        raise not_found("User", external_id)
    return json_answer(200, user.body())


def list_all(world: World, request: Request) -> Answer:
    """GET /user_management/users: `email` exact but for case, `organization_id`, paging; lags."""
    query = request.query()
    address = one(query, "email")
    organization_id = one(query, "organization_id") or one(query, "organization")
    found: Iterable[User] = world.users.values()
    if address is not None:
        user = world.user_by_email.get(rules.email(address))
        found = [] if user is None else [user]
    if organization_id is not None:
        memberships = world.memberships_of_organization.get(organization_id, {}).values()
        members = {each.user.id for each in memberships if each.status == ACTIVE}
        found = [user for user in found if user.id in members]
    return page((user for user in found if world.visible(user)), query, User.body)


def update(world: World, request: Request) -> Answer:
    """PUT /user_management/users/{id}: what is left out stays; another e-mail is unverified unless the body says so."""
    user = find(world, request.params[0])
    body = request.json()
    email = rules.email(body["email"]) if body.get("email") is not None else user.email
    names = {name: rules.text(body, name) for name in ("first_name", "last_name", "name") if name in body}
    verified = rules.boolean(body, "email_verified")
    external_id = rules.external_id(body) if "external_id" in body else user.external_id
    locale = rules.locale(body) if "locale" in body else user.locale
    rules.password(body)
    metadata = rules.metadata(body, user.metadata)
    if world.user_by_email.get(email, user) is not user:
        world.conflicts["user_email"] += 1
        raise Refused(400, {"message": "This email is not available.", "code": "email_not_available"})
    if external_id is not None and world.user_by_external_id.get(external_id, user) is not user:
        world.conflicts["user_external_id"] += 1
        raise Refused(400, {"message": "This external_id is already used.", "code": "external_id_already_used"})
    if verified is not None:
        user.email_verified = verified
    elif email != user.email:
        user.email_verified = False
    world.move_user(user, email=email, external_id=external_id)
    for name, value in names.items():
        setattr(user, name, value)
    user.metadata, user.locale, user.updated_at = metadata, locale, world.now()
    return json_answer(200, user.body())


def delete(world: World, request: Request) -> Answer:
    """DELETE /user_management/users/{id}."""
    world.remove_user(find(world, request.params[0]))
    return Answer(200, b"")


def _not_created(code: str, message: str) -> Refused:
    """The live body of a duplicate (checked by WorkOS engineers in public, github:workos/emulate #108)."""
    errors = [{"code": code, "message": message}]
    return Refused(400, {"message": "Could not create user.", "code": "user_creation_error", "errors": errors})
