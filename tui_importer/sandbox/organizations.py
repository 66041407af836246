"""/organizations: create, read, find, change, remove."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from tui_importer.sandbox import rules
from tui_importer.sandbox.answers import Answer, JsonObject, Refused, Request, invalid, json_answer, not_found
from tui_importer.sandbox.lists import many, one, page
from tui_importer.sandbox.objects import Organization

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.sandbox.state import World

_DOMAIN_STATES = ("pending", "verified")


def _message_only(handler: Callable[[World, Request], Answer]) -> Callable[[World, Request], Answer]:
    """Organizations answer 422 without a `code` (the specification has none there)."""

    @wraps(handler)
    def wrapped(world: World, request: Request) -> Answer:
        try:
            return handler(world, request)
        except Refused as refused:
            if refused.status == 422:
                refused.body.pop("code", None)
            raise

    return wrapped


def find(world: World, identifier: str) -> Organization:
    """The organization of this id, else 404."""
    organization = world.organizations.get(identifier)
    if organization is None:
        raise not_found("Organization", identifier)
    return organization


@_message_only
def create(world: World, request: Request) -> Answer:
    """POST /organizations."""
    body = request.json()
    name = rules.required_text(body, "name")
    external_id = rules.external_id(body)
    metadata = rules.metadata(body)
    domains = _domains(body)
    _external_id_free(world, external_id, None)
    organization = Organization(**world.stamp("org"), name=name, external_id=external_id, metadata=metadata)
    _set_domains(world, organization, domains or [])
    world.add_organization(organization)
    return json_answer(201, organization.body())


def get(world: World, request: Request) -> Answer:
    """GET /organizations/{id}: consistent at once."""
    return json_answer(200, find(world, request.params[0]).body())


def get_by_external_id(world: World, request: Request) -> Answer:
    """GET /organizations/external_id/{external_id}: lags by `visible_after`."""
    external_id = request.params[0]
    organization = world.visible(world.organization_by_external_id.get(external_id) or _of_any_case(world, external_id))
    if organization is None:
        raise not_found("Organization", external_id)
    return json_answer(200, organization.body())


def _of_any_case(world: World, external_id: str) -> Organization | None:
    """An organization whose external id differs in case only, on servers that do not tell them apart."""
    if not world.settings.lookups_ignore_case:
        return None
    found = world.organization_by_external_id.items()
    return next((each for given, each in found if given.casefold() == external_id.casefold()), None)


@_message_only
def list_all(world: World, request: Request) -> Answer:
    """GET /organizations: `search` in the name without regard to case, `domains`, paging; lags."""
    query = request.query()
    search = (one(query, "search") or "").casefold()
    domains = {domain.lower() for domain in many(query, "domains")}
    found = (
        each
        for each in world.organizations.values()
        if world.visible(each)
        and search in each.name.casefold()
        and (not domains or any(domain["domain"] in domains for domain in each.domains))
    )
    return page(found, query, Organization.body)


@_message_only
def update(world: World, request: Request) -> Answer:
    """PUT /organizations/{id}: what is left out stays; `external_id` null clears it; domains are replaced."""
    organization = find(world, request.params[0])
    body = request.json()
    name = rules.required_text(body, "name") if "name" in body else organization.name
    external_id = rules.external_id(body) if "external_id" in body else organization.external_id
    metadata = rules.metadata(body, organization.metadata)
    domains = _domains(body)
    _external_id_free(world, external_id, organization)
    if "stripe_customer_id" in body:
        _set_stripe_customer(world, organization, rules.text(body, "stripe_customer_id"))
    world.move_organization(organization, external_id)
    organization.name, organization.metadata = name, metadata
    if domains is not None:
        _set_domains(world, organization, domains)
    organization.updated_at = world.now()
    return json_answer(200, organization.body())


def delete(world: World, request: Request) -> Answer:
    """DELETE /organizations/{id}."""
    world.remove_organization(find(world, request.params[0]))
    return Answer(200, b"")


def _external_id_free(world: World, external_id: str | None, owner: Organization | None) -> None:
    """Refuse an external id that is taken, visible in lookups or not. The text is the live one (observed)."""
    if external_id is None or world.organization_by_external_id.get(external_id, owner) is owner:
        return
    world.conflicts["organization_external_id"] += 1
    message = "The external_id provided has already been assigned to another organization."
    raise Refused(400, {"message": message, "code": "external_id_already_used"})


def _set_stripe_customer(world: World, organization: Organization, customer: str | None) -> None:
    others = (each for each in world.organizations.values() if each is not organization)
    if customer is not None and any(each.stripe_customer_id == customer for each in others):
        message = "The stripe_customer_id provided is already used by another organization."
        raise Refused(400, {"message": message, "code": "stripe_customer_id_already_used"})
    organization.stripe_customer_id = customer


def _domains(body: JsonObject) -> list[tuple[str, str]] | None:
    """(domain, state) pairs of `domain_data` or the older `domains`; None when neither is given."""
    given, older = body.get("domain_data"), body.get("domains")
    if given is None and older is None:
        return None
    if given is None:
        given = [{"domain": each, "state": "verified"} for each in older] if isinstance(older, list) else older
    pairs: list[tuple[str, str]] = []
    for entry in given if isinstance(given, list) else [given]:
        domain, state = (entry.get("domain"), entry.get("state")) if isinstance(entry, dict) else (None, None)
        if not isinstance(domain, str) or "." not in domain or state not in _DOMAIN_STATES:
            raise invalid("domain_data", "domain_data_invalid")
        pairs.append((domain.lower(), state))
    return pairs


def _set_domains(world: World, organization: Organization, domains: list[tuple[str, str]]) -> None:
    now = world.now()
    organization.domains = [
        {
            "object": "organization_domain",
            "id": world.ids.new("org_domain"),
            "organization_id": organization.id,
            "domain": domain,
            "state": state,
            "verification_strategy": "manual",
            "created_at": now,
            "updated_at": now,
        }
        for domain, state in domains
    ]
