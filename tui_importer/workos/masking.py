"""Bodies without their secrets, as attempts keep them."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from tui_importer.workos import foreign_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.secret import Secret

MASK = "•••"
LARGEST_BODY = 4096
"""Bytes of a body that an attempt keeps."""

SECRET_FIELDS = frozenset(
    {
        "access_token",
        "api_key",
        "authorization",
        "client_secret",
        "password",
        "password_hash",
        "qr_code",
        "refresh_token",
        "secret",
        "token",
        "totp_secret",
        "uri",
        "verification_token",
    }
)
"""Names whose values are masked wherever they stand; `uri` and `qr_code` are those of a TOTP factor."""

_SHORTEST = 4


def clip(text: str, size: int = LARGEST_BODY) -> str:
    """`text` as storable UTF-8 of at most `size` bytes, cut with `…`."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - 3].decode("utf-8", "ignore") + "…"


class Masker:
    """Masks by name and, in free text, by value: a server may repeat in words what it was sent."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        # A value of three characters is found in every other word: masking it would say more than leaving it.
        values = {value for secret in secrets if len(value := secret.reveal()) >= _SHORTEST}
        forms = {form for value in values for form in _forms(value)}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """`text` without the secrets' values, plain or escaped as JSON, HTML or in a URL."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def request(self, body: object) -> str:
        """A request's body as an attempt keeps it; `body` holds no secret but under a secret's name."""
        return "" if body is None else clip(self.text(_dump(_without_secrets(body))))

    def response(self, content: bytes) -> str:
        """An answer's body as an attempt keeps it, JSON or not."""
        try:
            text = _dump(_without_secrets(foreign_json.parse(content)))
        except ValueError:
            text = content[: 16 * LARGEST_BODY].decode("utf-8", "replace")
        return clip(self.text(text))


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: MASK if str(name).lower() in SECRET_FIELDS and item is not None else _without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=str)


def _forms(value: str) -> Iterable[str]:
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield html.escape(value)
    yield quote(value, safe="", errors="replace")
