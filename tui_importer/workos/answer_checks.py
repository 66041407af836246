"""Checks that an answer is about what was asked for: the wrong person's object, believed, makes a stranger a member.

Each function wraps a reader of `decoding` and raises `Mismatched` for an object that is another one than asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tui_importer.text import normalised_name, safe
from tui_importer.workos.decoding import Mismatched

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.workos.models import Membership, Organization, User

    T = TypeVar("T")
    Reader = Callable[[object], T]


def user(
    read: Reader[User], *, id_: str | None = None, email: str | None = None, external_id: str | None = None
) -> Reader[User]:
    """A user with this id, address and external id, as far as they are given."""

    def check(body: object) -> User:
        found = read(body)
        _same("user", "id", id_, found.id)
        _same("user", "address", email and email.lower(), found.email.lower())
        _same("user", "external_id", external_id, found.external_id)
        return found

    return check


def organization(
    read: Reader[Organization], *, id_: str | None = None, external_id: str | None = None, name: str | None = None
) -> Reader[Organization]:
    """An organization with this id, external id and name, as far as they are given."""

    def check(body: object) -> Organization:
        found = read(body)
        _same("organization", "id", id_, found.id)
        _same("organization", "external_id", external_id, found.external_id)
        if name is not None:
            _same("organization", "name", normalised_name(name), normalised_name(found.name))
        return found

    return check


def membership(
    read: Reader[Membership], *, id_: str | None = None, user_id: str | None = None, organization_id: str | None = None
) -> Reader[Membership]:
    """A membership with this id, of this user in this organization, as far as they are given."""

    def check(body: object) -> Membership:
        found = read(body)
        _same("membership", "id", id_, found.id)
        _same("membership", "user_id", user_id, found.user_id)
        _same("membership", "organization_id", organization_id, found.organization_id)
        return found

    return check


def _same(what: str, field: str, asked: str | None, found: str | None) -> None:
    if asked is not None and asked != found:
        given = "none" if found is None else safe(found, 120)
        raise Mismatched(f"it is about another {what}: {field} {given} instead of {safe(asked, 120)}")
