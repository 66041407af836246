"""Requests as handlers see them, and the answers they give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qs

JsonObject = dict[str, Any]

JSON_TYPE = b"application/json; charset=utf-8"

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; the server adds Content-Length, and Date and X-Request-ID unless `headers` have them."""

    status: int
    body: bytes
    content_type: bytes = JSON_TYPE
    headers: tuple[tuple[bytes, bytes], ...] = ()


def json_answer(status: int, body: object) -> Answer:
    """`body` as compact JSON."""
    return Answer(status, _encode(body).encode("ascii"))


class Refused(Exception):  # not an operator's error: it becomes an HTTP answer and never leaves the sandbox
    """A handler's way to answer with an error."""

    def __init__(self, status: int, body: JsonObject) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def not_found(what: str, identifier: str) -> Refused:
    """404 of one object: `message` is documented, `code` and `entity_id` are seen on some of them."""
    body = {"message": f"{what} not found: '{identifier}'.", "code": "entity_not_found", "entity_id": identifier}
    return Refused(404, body)


def invalid(field: str, code: str) -> Refused:
    """422 of a validation, as the SDKs read it."""
    errors = [{"field": field, "code": code}]
    return Refused(422, {"message": "Validation failed", "code": "invalid_request_parameters", "errors": errors})


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


@dataclass(slots=True)
class Request:
    """One request after routing: `params` are the decoded variable segments of the path."""

    params: tuple[str, ...]
    query_string: str
    raw: bytes

    def query(self) -> dict[str, list[str]]:
        """The decoded query, blank values included."""
        return parse_qs(self.query_string, keep_blank_values=True) if self.query_string else {}

    def json(self) -> JsonObject:
        """The body, which must be a JSON object; anything else is refused with 400."""
        try:
            body = json.loads(self.raw.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise Refused(400, {"message": f"The body is not JSON: {reason}", "error": "Bad Request"}) from None
        if not isinstance(body, dict):
            raise Refused(400, {"message": "The body must be a JSON object.", "error": "Bad Request"})
        return body
