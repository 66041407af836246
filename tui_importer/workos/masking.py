"""Masking of secrets in what is kept of an exchange: bodies, codes, sentences, headers."""

from __future__ import annotations

import json
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from tui_importer.workos import bounded_json
from tui_importer.workos.secret_search import Form, Forms, forms_of

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

_LONGEST = 16 * LARGEST_BODY
"""Characters of a text that are searched; the rest is left out."""
_DEEPEST = 32
"""Levels of a JSON value that are kept."""


def clip(text: str, size: int = LARGEST_BODY) -> str:
    """`text` as storable UTF-8 of at most `size` bytes, cut with `…`."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - 3].decode("utf-8", "ignore") + "…"


class SecretsInFlight:
    """The secrets that a job's clients have sent last, all of them together with the key.

    An answer may repeat those of another request: one that comes late on a connection is taken for the next one's, and
    a server quotes from its own log.
    """

    def __init__(self) -> None:
        self._sent: dict[object, _Sent] = {}

    def send(self, client: object, secrets: Iterable[Secret]) -> None:
        """Remember what `client` sends now instead of what it sent before."""
        self._sent[client] = _Sent(tuple(secrets))

    def forget(self, client: object) -> None:
        """Forget what `client` has sent: it is closed."""
        self._sent.pop(client, None)

    def masker(self, *others: Secret) -> Masker:
        """A masker for all of them, and `others`."""
        return Masker(others, chain.from_iterable(sent.forms for sent in list(self._sent.values())))


class _Sent:
    """The secrets of one request; their forms are made when something failed."""

    def __init__(self, secrets: tuple[Secret, ...]) -> None:
        self._secrets = secrets

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        return _forms(self._secrets)


class Masker:
    """A mask of secrets by name and, in any text, by value: a server may repeat in words and codes what it was sent."""

    def __init__(self, secrets: Iterable[Secret], forms: Iterable[Form] = ()) -> None:
        self._forms = Forms((*forms, *_forms(secrets)))

    def text(self, text: str) -> str:
        """`text` without the secrets' values in any of their disguises; what is beyond a limit is left out."""
        return self._forms.masked(text[:_LONGEST], MASK)

    def value(self, value: object) -> object:
        """A JSON value without the secrets, names of members included; what is nested too deeply is left out."""
        return self._value(value, _DEEPEST, by_name=False)

    def request(self, body: object) -> str:
        """A request's body as an attempt keeps it; `body` holds no secret but under a secret's name."""
        return "" if body is None else clip(self.text(_dump(_without_secrets(body))))

    def response(self, content: bytes) -> str:
        """An answer's body as an attempt keeps it, JSON or not."""
        try:
            body = bounded_json.parse(content) if len(content) <= 4 * _LONGEST else None
            text = _dump(self._value(body, _DEEPEST, by_name=True)) if body is not None else _text(content)
        except ValueError:
            text = _text(content)
        return clip(self.text(text))

    def _value(self, value: object, depth: int, *, by_name: bool) -> object:
        match value:
            case str():
                return self.text(value)
            case dict() | list() if not depth:
                return "…"
            case dict():
                return {
                    self.text(name): MASK
                    if by_name and name.lower() in SECRET_FIELDS and item is not None
                    else self._value(item, depth - 1, by_name=by_name)
                    for name, item in value.items()
                }
            case list():
                return [self._value(item, depth - 1, by_name=by_name) for item in value]
            case int() | float() if not isinstance(value, bool):
                shown = self.text(str(value))  # a password may be a number
                return value if shown == str(value) else shown
        return value


def _forms(secrets: Iterable[Secret]) -> tuple[Form, ...]:
    return tuple(chain.from_iterable(forms_of(secret.reveal()) for secret in secrets))


def _text(content: bytes) -> str:
    return content[: 4 * _LONGEST].decode("utf-8", "replace")


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


NO_SECRETS = Masker(())
