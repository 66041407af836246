"""The API's objects from JSON. An answer that is not what was asked for is `Unreadable`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from tui_importer.workos import bounded_json
from tui_importer.workos.http_dates import plausible
from tui_importer.workos.models import Membership, MembershipStatus, Organization, Page, Role, User

T = TypeVar("T")


PROFILE = ("first_name", "last_name", "name", "email_verified", "external_id", "metadata")
"""Fields of a user that a file can give, as far as the API shows them."""


class Unreadable(Exception):
    """A successful status whose body does not say what became of the request; the client makes it ServiceFailed."""


class Mismatched(Unreadable):
    """A readable answer about something else than what was asked for."""


def decode(content: bytes) -> object:
    """The JSON of an answer."""
    try:
        return bounded_json.parse(content)
    except bounded_json.OutOfBounds as error:
        raise Unreadable(f"the answer {error}") from error
    except ValueError as error:
        raise Unreadable("the answer is not JSON" if content else "the answer is empty") from error


def organization(body: object) -> Organization:
    """An organization."""
    fields = _object(body, "organization")
    return Organization(
        id=_id(fields),
        name=_text(fields, "name") or "",
        external_id=_text(fields, "external_id"),
        created_at=_time(fields, "created_at"),
        updated_at=_time(fields, "updated_at"),
    )


def user(body: object) -> User:
    """A user."""
    fields = _object(body, "user")
    return User(
        id=_id(fields),
        email=_text(fields, "email") or "",
        external_id=_text(fields, "external_id"),
        created_at=_time(fields, "created_at"),
        updated_at=_time(fields, "updated_at"),
        profile={name: fields.get(name) for name in PROFILE},
    )


def membership(body: object) -> Membership:
    """A membership. Older API versions have `role` only, a pending one may have none."""
    fields = _object(body, "organization_membership")
    several = fields.get("roles")
    slugs = [_slug(fields.get("role")), *(map(_slug, several) if isinstance(several, list) else ())]
    try:
        status = MembershipStatus(_text(fields, "status") or "")
    except ValueError:
        status = MembershipStatus.UNKNOWN
    return Membership(
        id=_id(fields),
        user_id=_id(fields, "user_id"),
        organization_id=_id(fields, "organization_id"),
        status=status,
        roles=tuple(dict.fromkeys(slug for slug in slugs if slug)),
        directory_managed=fields.get("directory_managed") is True,
        created_at=_time(fields, "created_at"),
        updated_at=_time(fields, "updated_at"),
    )


def role(body: object) -> Role:
    """A role. An emulator leaves `resource_type_slug` out: then it is one of an organization."""
    fields = _object(body, "role")
    return Role(
        slug=_id(fields, "slug"),
        name=_text(fields, "name") or "",
        type=_text(fields, "type") or "",
        resource_type=_text(fields, "resource_type_slug") or "organization",
    )


def webhook_enabled(body: object) -> bool:
    """Whether a webhook endpoint is enabled; one that does not say so is."""
    return (_text(_object(body, "webhook_endpoint"), "status") or "enabled") == "enabled"


def page(read: Callable[[object], T]) -> Callable[[object], Page[T]]:
    """A reader of lists of what `read` reads. Lists that are not paginated have no `list_metadata`."""

    def read_page(body: object) -> Page[T]:
        fields = _object(body, "list")
        data = fields.get("data")
        if not isinstance(data, list):
            raise Unreadable("the answer is not a list")
        metadata = fields.get("list_metadata")
        after = _text(metadata, "after") if isinstance(metadata, Mapping) else None
        return Page(tuple(read(item) for item in data), after or None)

    return read_page


def _object(body: object, kind: str) -> Mapping[str, object]:
    if not isinstance(body, Mapping) or body.get("object", kind) != kind:
        raise Unreadable(f"the answer is not of type {kind}")
    return body


def _id(fields: Mapping[str, object], name: str = "id") -> str:
    value = _text(fields, name)
    if not value:
        raise Unreadable(f"the answer has no {name}")
    return value


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    if not isinstance(value, str):
        return None
    # JSON can hold half a surrogate pair, UTF-8 (a database, a file) cannot.
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _slug(value: object) -> str | None:
    return _text(value, "slug") if isinstance(value, Mapping) else None


def _time(fields: Mapping[str, object], name: str) -> datetime | None:
    try:
        return plausible(datetime.fromisoformat(_text(fields, name) or ""))
    except ValueError:
        return None
