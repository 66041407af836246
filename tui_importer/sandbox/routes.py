"""Routes: which call of the API a request is, and its handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from tui_importer.sandbox import authorization, memberships, organizations, users
from tui_importer.sandbox.answers import Answer, Request

if TYPE_CHECKING:
    from tui_importer.sandbox.state import World

Handler = Callable[["World", Request], Answer]


class Route(NamedTuple):
    """One call of the API; `limits` are the classes of rate limit it counts towards."""

    method: str
    pattern: str
    call: str
    handler: Handler

    @property
    def limits(self) -> tuple[str, ...]:
        """Classes of rate limit: reads and writes differ on /user_management only; everything counts as `overall`."""
        if self.call == "delete_organization":
            return ("overall", "organization_deletes")
        if not self.pattern.startswith("/user_management/"):
            return ("overall",)
        return ("overall", "reads" if self.method == "GET" else "writes")


_USERS = "/user_management/users"
_MEMBERSHIPS = "/user_management/organization_memberships"

ROUTES = (
    Route("POST", "/organizations", "create_organization", organizations.create),
    Route("GET", "/organizations", "list_organizations", organizations.list_all),
    Route("GET", "/organizations/{}", "get_organization", organizations.get),
    Route(
        "GET",
        "/organizations/external_id/{}",
        "get_organization_by_external_id",
        organizations.get_by_external_id,
    ),
    Route("PUT", "/organizations/{}", "update_organization", organizations.update),
    Route("DELETE", "/organizations/{}", "delete_organization", organizations.delete),
    Route("POST", _USERS, "create_user", users.create),
    Route("GET", _USERS, "list_users", users.list_all),
    Route("GET", _USERS + "/{}", "get_user", users.get),
    Route("GET", _USERS + "/external_id/{}", "get_user_by_external_id", users.get_by_external_id),
    Route("PUT", _USERS + "/{}", "update_user", users.update),
    Route("DELETE", _USERS + "/{}", "delete_user", users.delete),
    Route("POST", _MEMBERSHIPS, "create_membership", memberships.create),
    Route("GET", _MEMBERSHIPS, "list_memberships", memberships.list_all),
    Route("GET", _MEMBERSHIPS + "/{}", "get_membership", memberships.get),
    Route("PUT", _MEMBERSHIPS + "/{}", "update_membership", memberships.update),
    Route("PUT", _MEMBERSHIPS + "/{}/deactivate", "deactivate_membership", memberships.deactivate),
    Route("PUT", _MEMBERSHIPS + "/{}/reactivate", "reactivate_membership", memberships.reactivate),
    Route("DELETE", _MEMBERSHIPS + "/{}", "delete_membership", memberships.delete),
    Route("GET", "/authorization/roles", "list_roles", authorization.list_roles),
    Route(
        "GET",
        "/authorization/organizations/{}/roles",
        "list_organization_roles",
        authorization.list_organization_roles,
    ),
    Route("GET", "/webhook_endpoints", "list_webhook_endpoints", authorization.list_webhook_endpoints),
)

CALLS = frozenset(route.call for route in ROUTES)
UNKNOWN_CALL = "unknown"


class _Node:
    __slots__ = ("children", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.routes: dict[str, tuple[Route, tuple[str, ...]]] = {}


def _tree() -> _Node:
    root = _Node()
    for route in ROUTES:
        node = root
        for segment in route.pattern.split("/")[1:]:
            node = node.children.setdefault(segment, _Node())
        node.routes[route.method] = (route, route.limits)
    return root


_ROOT = _tree()


def match(method: str, path: str) -> tuple[Route, tuple[str, ...], tuple[str, ...]] | None:
    """The route of `path` (still percent-encoded), its classes of limits and its decoded variable segments."""
    node = _ROOT
    params: list[str] = []
    for segment in path.split("/")[1:]:
        child = node.children.get(segment)
        if child is None:
            child = node.children.get("{}")
            if child is None:
                return None
            params.append(unquote(segment))
        node = child
    found = node.routes.get(method)
    return None if found is None else (*found, tuple(params))
