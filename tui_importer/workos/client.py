"""The API's calls, one request a method (lists that are paged: one a page); nothing is sent twice.

Source: WorkOS OpenAPI specification v0.61.0. Every method raises the errors of `errors.py`, AnswerMismatch among them
when an answer is about another object than the one asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Self, TypeVar
from urllib.parse import quote

from tui_importer.text import safe
from tui_importer.workos import answer_checks, decoding
from tui_importer.workos.errors import Refused, ServiceFailed
from tui_importer.workos.explanations import explain
from tui_importer.workos.models import MembershipStatus, Page
from tui_importer.workos.rate_limiter import Budget
from tui_importer.workos.transport import Call, Exchange

if TYPE_CHECKING:
    import threading
    from types import TracebackType

    from tui_importer.secret import Secret
    from tui_importer.workos.models import Membership, Organization, Role, User
    from tui_importer.workos.transport import SharedConnection

T = TypeVar("T")

PAGE_SIZE: Final = 100
MOST_PAGES: Final = 10
ALL_STATUSES: Final = (MembershipStatus.ACTIVE, MembershipStatus.INACTIVE, MembershipStatus.PENDING)

_ORGANIZATIONS = "/organizations"
_USERS = "/user_management/users"
_MEMBERSHIPS = "/user_management/organization_memberships"
_ROLES = "/authorization/roles"
_SANDBOX = "/__sandbox"


class WorkosClient:
    """A client for one thread; made by `Connection.client`. A context manager: close it."""

    def __init__(self, connection: SharedConnection, cancelled: threading.Event | None = None) -> None:
        self._exchange = Exchange(connection, cancelled)

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()

    def abandon(self, after: float = 0.0) -> None:
        """End a wait of `after` seconds or more, from another thread: the answer is lost (ServiceFailed)."""
        self._exchange.abandon(after)

    @property
    def unevaluated(self) -> str:
        """The method of the last request if it was sent and failed before it was known what came of it, else empty."""
        return self._exchange.unevaluated

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def is_sandbox(self) -> bool:
        """Whether the server is our sandbox; asked without the key, past the limiter, and not an attempt.

        Only this machine is asked: the API is never bothered with a path that it does not have.
        """
        if not self._exchange.is_local:
            return False
        body = self._exchange.probe(_SANDBOX)
        return isinstance(body, Mapping) and body.get("sandbox") is True

    # Organizations

    def get_organization(self, organization_id: str) -> Organization:
        """An organization by its id. Raises NotFound."""
        path = f"{_ORGANIZATIONS}/{segment(organization_id)}"
        return self._get(
            "get_organization", path, answer_checks.organization(decoding.organization, id_=organization_id)
        )

    def get_organization_by_external_id(self, external_id: str) -> Organization:
        """An organization by its external id; may answer NotFound for seconds after the creation."""
        path = f"{_ORGANIZATIONS}/external_id/{segment(external_id)}"
        read = answer_checks.organization(decoding.organization, external_id=external_id)
        return self._get("get_organization_by_external_id", path, read)

    def list_organizations(
        self, *, limit: int = PAGE_SIZE, search: str | None = None, after: str | None = None
    ) -> Page[Organization]:
        """One page, newest first. `search` matches in the name; how, is not specified: compare names yourself."""
        query = {"limit": str(limit)}
        if search is not None:
            query["search"] = search
        if after is not None:
            query["after"] = after
        return self._get("list_organizations", _ORGANIZATIONS, decoding.page(decoding.organization), query)

    def find_organizations(self, search: str) -> list[Organization]:
        """All that the search for a name finds. Raises Refused beyond 1,000: one more could be the one."""
        return _all_pages(
            lambda after: self.list_organizations(search=search, after=after),
            f"organizations for the name {safe(search, 80)}",
            advice="Name the organization by org_id or org_external_id instead.",
        )

    def create_organization(self, name: str, external_id: str | None = None) -> Organization:
        """A new organization; names need not be unique, external ids do."""
        body = {"name": name} if external_id is None else {"name": name, "external_id": external_id}
        read = answer_checks.organization(decoding.organization, external_id=external_id, name=name)
        return self._write("create_organization", "POST", _ORGANIZATIONS, read, body=body)

    # Users

    def list_users(self, *, email: str) -> list[User]:
        """The user with this address, if there is one."""
        read = decoding.page(answer_checks.user(decoding.user, email=email))
        return list(self._get("list_users", _USERS, read, {"email": email}).data)

    def get_user(self, user_id: str) -> User:
        """A user by the id. Raises NotFound."""
        return self._get("get_user", f"{_USERS}/{segment(user_id)}", answer_checks.user(decoding.user, id_=user_id))

    def get_user_by_external_id(self, external_id: str) -> User:
        """A user by the external id. Raises NotFound."""
        read = answer_checks.user(decoding.user, external_id=external_id)
        return self._get("get_user_by_external_id", f"{_USERS}/external_id/{segment(external_id)}", read)

    def create_user(self, payload: Mapping[str, object], secrets: Mapping[str, Secret] | None = None) -> User:
        """A new user; `secrets` are the fields that must not be seen: password, password_hash."""
        read = answer_checks.user(
            decoding.user, email=_given(payload, "email"), external_id=_given(payload, "external_id")
        )
        return self._write("create_user", "POST", _USERS, read, body=payload, secrets=secrets)

    def update_user(
        self, user_id: str, payload: Mapping[str, object], secrets: Mapping[str, Secret] | None = None
    ) -> User:
        """Change the fields of `payload`; others stay, metadata is merged. Raises NotFound."""
        read = answer_checks.user(decoding.user, id_=user_id)
        return self._write("update_user", "PUT", f"{_USERS}/{segment(user_id)}", read, body=payload, secrets=secrets)

    # Memberships

    def list_memberships(
        self,
        user_id: str,
        organization_id: str | None = None,
        statuses: Sequence[MembershipStatus] = ALL_STATUSES,
    ) -> list[Membership]:
        """A user's memberships, of one organization or all. The API's own default is active ones only.

        Statuses are comma-joined as the API wants it; the official emulator ignores that form and lists all.
        """
        query = {"user_id": user_id, "statuses": ",".join(statuses), "limit": str(PAGE_SIZE)}
        if organization_id is not None:
            query["organization_id"] = organization_id

        read = answer_checks.membership(decoding.membership, user_id=user_id, organization_id=organization_id)

        def fetch(after: str | None) -> Page[Membership]:
            more = query if after is None else {**query, "after": after}
            return self._get("list_memberships", _MEMBERSHIPS, decoding.page(read), more)

        return _all_pages(fetch, "memberships of one user")

    def create_membership(self, user_id: str, organization_id: str, roles: Sequence[str] = ()) -> Membership:
        """An active membership, at once; no e-mail is sent. Without roles it gets the environment's default.

        An inactive one of the pair is silently active again: list before.
        """
        body = {"user_id": user_id, "organization_id": organization_id, **_roles(roles)}
        read = answer_checks.membership(decoding.membership, user_id=user_id, organization_id=organization_id)
        return self._write("create_membership", "POST", _MEMBERSHIPS, read, body=body)

    def update_membership(self, membership_id: str, roles: Sequence[str]) -> Membership:
        """Replace the roles. Raises NotFound."""
        path = f"{_MEMBERSHIPS}/{segment(membership_id)}"
        read = answer_checks.membership(decoding.membership, id_=membership_id)
        return self._write("update_membership", "PUT", path, read, body=_roles(roles))

    # Roles

    def list_roles(self) -> list[Role]:
        """The environment's roles. Raises PermissionDenied or NotFound where roles cannot be read."""
        return self._list_roles("list_roles", _ROLES)

    def list_organization_roles(self, organization_id: str) -> list[Role]:
        """The environment's roles and the organization's own."""
        path = f"/authorization/organizations/{segment(organization_id)}/roles"
        return self._list_roles("list_organization_roles", path)

    def count_webhooks(self) -> int:
        """The number of enabled webhook endpoints of the environment (reference section 9). Raises PermissionDenied."""

        def fetch(after: str | None) -> Page[bool]:
            query = {"limit": "100"} | ({"after": after} if after else {})
            return self._get("list_webhooks", "/webhook_endpoints", decoding.page(decoding.webhook_enabled), query)

        return sum(_all_pages(fetch, "webhook endpoints"))

    def _list_roles(self, name: str, path: str) -> list[Role]:
        # Not paginated live, where a parameter might be refused; the official emulator pages by ten.
        def fetch(after: str | None) -> Page[Role]:
            return self._get(name, path, decoding.page(decoding.role), {} if after is None else {"after": after})

        return _all_pages(fetch, "roles", pages=10 * MOST_PAGES)

    def _get(self, name: str, path: str, read: Callable[[object], T], query: Mapping[str, str] | None = None) -> T:
        budget = Budget.READS if path.startswith("/user_management/") else Budget.OTHER
        return self._exchange.send(Call(name, "GET", path, budget, query or {}), read)

    def _write(
        self,
        name: str,
        method: str,
        path: str,
        read: Callable[[object], T],
        *,
        body: Mapping[str, object],
        secrets: Mapping[str, Secret] | None = None,
    ) -> T:
        budget = Budget.WRITES if path.startswith("/user_management/") else Budget.OTHER
        return self._exchange.send(Call(name, method, path, budget, body=body, secrets=secrets or {}), read)


def segment(value: str) -> str:
    """`value` as one segment of a path, every reserved character encoded.

    Raises Refused for what would be another path: the empty one and dots, which servers resolve even when encoded.
    """
    if value in {"", ".", ".."}:
        raise Refused(f"An id cannot be {value!r}.", "Correct the id in the row; an empty cell means no id.")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise Refused("An id has characters that are no text.", "Correct the id in the row.") from None


def _given(payload: Mapping[str, object], name: str) -> str | None:
    value = payload.get(name)
    return value if isinstance(value, str) else None


def _roles(roles: Sequence[str]) -> dict[str, object]:
    # One role always as role_slug: role_slugs is refused where several are not enabled, even with one (seen live).
    if len(roles) == 1:
        return {"role_slug": roles[0]}
    return {"role_slugs": list(roles)} if roles else {}


def _all_pages(
    fetch: Callable[[str | None], Page[T]], what: str, *, advice: str = "", pages: int = MOST_PAGES
) -> list[T]:
    found: list[T] = []
    after: str | None = None
    for _ in range(pages):
        page = fetch(after)
        found += page.data
        if page.after is None:
            return found
        if page.after == after:
            raise ServiceFailed(f"The server does not get on with its list of {what}.", explain(status=500).advice)
        after = page.after
    raise Refused(f"There are more than {len(found):,} {what}.", advice)
