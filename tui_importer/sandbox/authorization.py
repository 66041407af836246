"""/authorization and /webhook_endpoints: what an import reads about the environment before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.sandbox import organizations
from tui_importer.sandbox.answers import Answer, Request, json_answer

if TYPE_CHECKING:
    from tui_importer.sandbox.objects import Role
    from tui_importer.sandbox.state import World


def list_roles(world: World, request: Request) -> Answer:  # noqa: ARG001 - a handler's signature
    """GET /authorization/roles: the environment's roles, not paged."""
    return _roles(world.roles())


def list_organization_roles(world: World, request: Request) -> Answer:
    """GET /authorization/organizations/{id}/roles: the environment's roles and the organization's own, not paged."""
    return _roles(world.roles(organizations.find(world, request.params[0]).id))


def list_webhook_endpoints(world: World, request: Request) -> Answer:  # noqa: ARG001 - a handler's signature
    """GET /webhook_endpoints: as many enabled ones as the settings say."""
    now = world.now()
    data = [
        {
            "object": "webhook_endpoint",
            "id": f"we_{index:026d}",
            "endpoint_url": f"https://hooks.example.com/{index}",
            "status": "enabled",
            "events": ["user.created", "organization_membership.created"],
            "created_at": now,
            "updated_at": now,
        }
        for index in range(world.settings.webhook_endpoints)
    ]
    return json_answer(200, {"object": "list", "data": data, "list_metadata": {"before": None, "after": None}})


def _roles(roles: list[Role]) -> Answer:
    return json_answer(200, {"object": "list", "data": [role.body() for role in roles]})
