"""Wrong answers, as no correct server gives: about another object, to no filter, too deep, too large, with an echo.

A client that believes what it did not ask about writes into the wrong account; these answers show whether it does.
"""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from tui_importer.sandbox.answers import Answer, Refused, Request, json_answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.sandbox.answers import JsonObject
    from tui_importer.sandbox.routes import Route
    from tui_importer.sandbox.state import World

DEPTH = 450
"""How deep a `deep` answer is nested: more than Python's recursion allows to walk, less than its parser refuses."""

HUGE = 24 * 2**20
"""Bytes of a `huge` answer."""

YEAR = 365 * 24 * 3600

_FIXED = {
    "deep": Answer(422, b'{"message":' + b"[" * DEPTH + b"1" + b"]" * DEPTH + b"}"),
    "long_wait": Answer(
        429,
        b'{"message":"Too many requests.","code":"rate_limit_exceeded"}',
        headers=((b"Retry-After", b"%d" % YEAR),),
    ),
}
_FILTERS = ("email", "user_id", "organization_id", "search", "domains", "domains[]")
_SECRET_FIELDS = ("password", "password_hash")


def wrong_answer(kind: str, world: World, route: Route, request: Request, right: Answer) -> Answer:
    """The answer under the fault `kind` instead of the answer that would be `right`."""
    if kind == "other_object":
        return _other_object(world, right)
    if kind == "same_id":
        return _same_id(world, right)
    if kind == "unfiltered":
        return _unfiltered(world, route, request)
    if kind == "echo":
        return _echo(request, world.settings.key)
    if kind == "huge":
        return Answer(422, b'{"message":"' + b"x" * HUGE + b'"}')
    return _FIXED.get(kind, right)


def _other_object(world: World, right: Answer) -> Answer:
    """The same kind of object or list, of another person; a refusal stays as it is."""
    try:
        body = json.loads(right.body)
    except ValueError:
        return right
    if right.status >= 300 or not isinstance(body, dict):
        return right
    if isinstance(body.get("data"), list):
        body["data"] = [_another(world, each) for each in body["data"]]
        return json_answer(right.status, body)
    return json_answer(right.status, _another(world, body))


def _same_id(world: World, right: Answer) -> Answer:
    """The right object under the id of the oldest of its kind."""
    body = json.loads(right.body) if right.status < 300 and right.body else {}
    kinds: dict[str, Iterable[str]] = {
        "organization": world.organizations,
        "user": world.users,
        "organization_membership": world.memberships,
    }
    oldest = next(iter(kinds.get(str(body.get("object")), {})), None)
    return right if oldest is None else json_answer(right.status, body | {"id": oldest})


def _another(world: World, body: JsonObject) -> JsonObject:
    """The oldest other object of the same kind, else the same one under another identity."""
    kinds: dict[str, Iterable[JsonObject]] = {
        "organization": (each.body() for each in world.organizations.values()),
        "user": (each.body() for each in world.users.values()),
        "organization_membership": (each.body() for each in world.memberships.values()),
    }
    others = kinds.get(str(body.get("object")), ())
    invented = {"id": "other_01", "email": "somebody.else@example.org", "external_id": "other", "user_id": "user_other"}
    changed = {name: value for name, value in invented.items() if name in body}
    return next((each for each in others if each["id"] != body.get("id")), body | changed)


def _unfiltered(world: World, route: Route, request: Request) -> Answer:
    """A list of everything that there is, whatever was asked for."""
    if not route.call.startswith("list_"):
        return route.handler(world, request)
    if route.call == "list_memberships":  # the real list insists on a filter
        everything = [each.body() for each in reversed(world.memberships.values())]
        metadata = {"before": None, "after": None}
        return json_answer(200, {"object": "list", "data": everything[:100], "list_metadata": metadata})
    kept = {name: values for name, values in request.query().items() if name not in _FILTERS}
    query = "&".join(f"{name}={value}" for name, values in kept.items() for value in values)
    return route.handler(world, Request(request.params, query, request.raw))


def _echo(request: Request, key: str) -> Answer:
    """A refusal that repeats what it was sent, the key too, in every place and in several disguises."""
    try:
        body = request.json()
    except Refused:
        body = {}
    secret = next((str(body[name]) for name in _SECRET_FIELDS if name in body), "nothing")
    answer = {
        "code": secret,
        "message": f"The value {secret} is not accepted ({base64.b64encode(secret.encode()).decode()}).",
        "errors": [
            {"field": field, "code": each, "message": f"not {each}"}
            for field, value in (("password", secret), ("key", key))
            for each in _disguises(value)
        ],
        secret: secret,
    }
    header = "".join(character for character in secret if 0x20 < ord(character) < 0x7F).encode()
    headers = ((b"Location", b"https://example.com/" + header), (b"X-Request-ID", b"req_" + header))
    return Answer(422, json_answer(422, answer).body, headers=headers)


def _disguises(secret: str) -> list[str]:
    content = secret.encode()
    return [
        secret,
        base64.b64encode(content).decode(),
        secret.upper(),
        json.dumps(json.dumps(secret)),
        base64.urlsafe_b64encode(b"ada:" + content).decode().rstrip("="),
        content.hex(),
        quote(secret, safe=""),
        quote(quote(secret, safe=""), safe=""),
        html.escape(secret),
        "".join(f"\\u{ord(character):04x}" for character in secret),
    ]
