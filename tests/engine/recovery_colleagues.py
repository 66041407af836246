"""Colleagues in a recovery test: they delete, deactivate and rename what the rows are about, at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.engine.recovery_source import PLACES, email_of, organization_for
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.engine.recovery_server import ModelServer
    from tests.engine.recovery_source import FileRow


class What(StrEnum):
    """What a colleague does."""

    DELETE_USER = "deletes the user"
    DELETE_ORGANIZATION = "deletes the organization"
    DEACTIVATE = "deactivates the membership"
    RENAME_ORGANIZATION = "renames the organization"
    CHANGE_ADDRESS = "changes the user's address"


@dataclass(frozen=True, slots=True)
class Change:
    """Something happens to what row `pick` is about, if it is there."""

    pick: int
    what: What


CHANGES = st.builds(Change, st.integers(0, 5), st.sampled_from(What))
_MOMENTS = st.integers(1, 5)
MEANWHILE: st.SearchStrategy[dict[int, Change]] = st.one_of(
    st.just({}), st.just({}), st.dictionaries(_MOMENTS, CHANGES, min_size=1, max_size=2)
)
"""Changes just before the request of this number, of those that one step sends."""


def change(done: Change, server: ModelServer, file: Sequence[FileRow]) -> None:
    """Do it; what the row asks for and is not there, or not any more, stays as it is."""
    person, place = file[done.pick % len(file)]
    user = server.user_of(email_of(person))
    organization = None if place is None else organization_for(server, PLACES[place])
    if user is not None and done.what is What.DELETE_USER:
        server.delete_user(user.thing.id)
    elif user is not None and done.what is What.CHANGE_ADDRESS:
        server.rename(user, f"{user.thing.id}@moved.example.com")
    elif organization is not None and done.what is What.DELETE_ORGANIZATION:
        server.delete_organization(organization.thing.id)
    elif organization is not None and done.what is What.RENAME_ORGANIZATION:
        server.rename(organization, f"Renamed {organization.thing.id}")
    elif user is not None and organization is not None and done.what is What.DEACTIVATE:
        pair = (user.thing.id, organization.thing.id)
        if pair in server.memberships:
            server.put_membership(*pair, MembershipStatus.INACTIVE, "other")
