"""The environment behind the sandbox: its objects, and what must be unique among them.

Only the server's event loop touches it, so nothing here is locked.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from tui_importer.sandbox.objects import Membership, Organization, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.sandbox.settings import SandboxSettings

T = TypeVar("T", Organization, User, Membership)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SEEDED_AGE = 86_400.0
LONG_AGO = -math.inf


def _base32(number: int, length: int) -> str:
    digits = [""] * length
    for place in range(length - 1, -1, -1):
        digits[place] = _CROCKFORD[number & 31]
        number >>= 5
    return "".join(digits)


class Ids:
    """Ids in the form of the live ones: 26 characters after the prefix, in ascending order."""

    def __init__(self, seed: int | None) -> None:
        entropy = os.urandom(16) if seed is None else str(seed).encode()
        self._start = "01" + _base32(int.from_bytes(hashlib.sha256(entropy).digest()[:10], "big"), 16)
        self._count = 0

    def new(self, prefix: str) -> str:
        """`org_01...`; never the same twice."""
        self._count += 1
        return f"{prefix}_{self._start}{_base32(self._count, 8)}"


class World:
    """All objects of one environment. `settings` may be replaced at any time."""

    def __init__(self, settings: SandboxSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.ids = Ids(settings.seed)
        self.organizations: dict[str, Organization] = {}
        self.users: dict[str, User] = {}
        self.memberships: dict[str, Membership] = {}
        self.custom_roles: list[Role] = []
        self.organization_by_external_id: dict[str, Organization] = {}
        self.user_by_email: dict[str, User] = {}
        self.user_by_external_id: dict[str, User] = {}
        self.memberships_of_user: dict[str, dict[str, Membership]] = {}
        self.memberships_of_organization: dict[str, dict[str, Membership]] = {}
        self.conflicts: Counter[str] = Counter()
        self._monotonic = monotonic
        self._started = self.now()

    def wall(self) -> float:
        """The server's clock, seconds since the epoch."""
        return time.time() + self.settings.clock_skew

    def now(self, age: float = 0.0) -> str:
        """The server's clock `age` seconds ago, as the API writes times."""
        moment = datetime.fromtimestamp(self.wall() - age, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

    def stamp(self, prefix: str, *, seeded: bool = False) -> dict[str, Any]:
        """Id and times of a new object; a seeded one is a day old and visible at once."""
        created = self.now(_SEEDED_AGE if seeded else 0.0)
        born = LONG_AGO if seeded else self._monotonic()
        return {"id": self.ids.new(prefix), "born": born, "created_at": created, "updated_at": created}

    def visible(self, found: T | None) -> T | None:
        """`found` if lists and lookups show it already."""
        if found is None:
            return None
        settings = self.settings
        if isinstance(found, Organization):
            lag = settings.visible_after
        elif isinstance(found, User):
            lag = settings.users_visible_after
        else:
            lag = settings.memberships_visible_after
        return found if not lag or self._monotonic() - found.born >= lag else None

    # Adding and removing keeps the indexes; what may be added is the callers' business.

    def add_organization(self, organization: Organization) -> None:
        """Add it with its external id."""
        self.organizations[organization.id] = organization
        if organization.external_id is not None:
            self.organization_by_external_id[organization.external_id] = organization

    def add_user(self, user: User) -> None:
        """Add it with its e-mail and external id."""
        self.users[user.id] = user
        self.user_by_email[user.email] = user
        if user.external_id is not None:
            self.user_by_external_id[user.external_id] = user

    def add_membership(self, membership: Membership) -> None:
        """Add it to its user and organization."""
        self.memberships[membership.id] = membership
        self.memberships_of_user.setdefault(membership.user.id, {})[membership.id] = membership
        self.memberships_of_organization.setdefault(membership.organization.id, {})[membership.id] = membership

    def move_organization(self, organization: Organization, external_id: str | None) -> None:
        """Give it another external id, or none."""
        if organization.external_id is not None:
            del self.organization_by_external_id[organization.external_id]
        organization.external_id = external_id
        if external_id is not None:
            self.organization_by_external_id[external_id] = organization

    def move_user(self, user: User, *, email: str, external_id: str | None) -> None:
        """Give it another address and external id."""
        del self.user_by_email[user.email]
        if user.external_id is not None:
            del self.user_by_external_id[user.external_id]
        user.email, user.external_id = email, external_id
        self.user_by_email[email] = user
        if external_id is not None:
            self.user_by_external_id[external_id] = user

    def remove_organization(self, organization: Organization) -> None:
        """Remove it and its memberships."""
        for membership in list(self.memberships_of_organization.get(organization.id, {}).values()):
            self.remove_membership(membership)
        self.move_organization(organization, None)
        del self.organizations[organization.id]

    def remove_user(self, user: User) -> None:
        """Remove it and its memberships."""
        for membership in list(self.memberships_of_user.get(user.id, {}).values()):
            self.remove_membership(membership)
        self.move_user(user, email=user.email, external_id=None)
        del self.user_by_email[user.email]
        del self.users[user.id]

    def remove_membership(self, membership: Membership) -> None:
        """Remove it from its user and organization."""
        del self.memberships[membership.id]
        del self.memberships_of_user[membership.user.id][membership.id]
        del self.memberships_of_organization[membership.organization.id][membership.id]

    def pair(self, user_id: str, organization_id: str) -> Membership | None:
        """The membership of this user in this organization, whatever its status."""
        found = self.memberships_of_user.get(user_id, {}).values()
        return next((each for each in found if each.organization.id == organization_id), None)

    def roles(self, organization_id: str | None = None) -> list[Role]:
        """The environment's roles, then the organization's own."""
        own = [
            Role(
                id=f"role_{index:026d}",
                born=LONG_AGO,
                created_at=self._started,
                updated_at=self._started,
                slug=slug,
            )
            for index, slug in enumerate(self.settings.roles)
        ]
        shared = [role for role in self.custom_roles if role.organization_id is None]
        custom = [role for role in self.custom_roles if organization_id and role.organization_id == organization_id]
        return own + shared + custom
