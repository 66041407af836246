"""The body of an error: its codes and its words, in any of the shapes that were seen.

Shapes, from the OpenAPI specification, the official SDKs and observation: `{message}`, `{code, message}`, `errors` of
`{code, message}`, `{field, code}`, `{property, constraints}`, `{instancePath, message}` or plain texts,
`{error, error_description}`, and the HTML, text or nothing of a proxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from tui_importer.text import safe
from tui_importer.workos import bounded_json
from tui_importer.workos.explanations import CODES
from tui_importer.workos.masking import NO_SECRETS, Masker

LONGEST_TEXT = 500
_LONGEST_CODE = 80
_MOST_ERRORS = 20
_TEXTS = ("message", "error_description", "error", "detail", "title")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]*")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """`codes` are `code` and all `errors[].code` in this order; `text` is one harmless line, possibly empty."""

    codes: tuple[str, ...] = ()
    text: str = ""


def read_error_body(content: bytes, masker: Masker = NO_SECRETS) -> ErrorBody:
    """Read any body; never fails. `masker` hides secrets in texts, before they are cut.

    A code with a secret in it is none; those that the API is known for stay, whatever the password is.
    """
    try:
        body = bounded_json.parse(content)
    except ValueError:
        return ErrorBody(text=_plain(content, masker))
    if not isinstance(body, dict):
        body = {"errors": body}
    errors = _errors(body)
    codes = [body.get("code"), *(error.get("code") for error in errors if isinstance(error, Mapping))]
    if "error_description" in body:
        codes.insert(1, body.get("error"))
    known = [code for code in map(_code, codes) if code and (code in CODES or masker.text(code) == code)]
    shown = masker.value([{name: body.get(name) for name in _TEXTS}, errors])
    assert isinstance(shown, list)  # noqa: S101 - as it was given
    return ErrorBody(tuple(dict.fromkeys(known)), _text(*shown))


def _errors(body: Mapping[str, object]) -> list[object]:
    return list(islice(_each_error(body.get("errors")), _MOST_ERRORS))


def _each_error(errors: object) -> Iterator[object]:
    if isinstance(errors, Mapping):
        # {"email": ["taken"]}: by field instead of as a list
        for field, value in errors.items():
            yield {"field": field, "message": value} if not isinstance(value, Mapping) else {"field": field, **value}
    elif isinstance(errors, list):
        yield from errors
    elif errors:
        yield errors


def _code(value: object) -> str | None:
    if isinstance(value, str) and len(value) <= _LONGEST_CODE and _CODE.fullmatch(value):
        return value
    return None


def _text(body: Mapping[str, object], errors: list[object]) -> str:
    candidates = (body.get(name) for name in _TEXTS)
    main = next(filter(None, map(_words, candidates)), "")
    details = [detail for detail in dict.fromkeys(map(_detail, errors)) if detail and detail not in main]
    if not details:
        return safe(main, LONGEST_TEXT)
    joint = " " if main[-1:] in {".", "!", "?", ":", ""} else ": "
    return safe(f"{main}{joint}{'; '.join(details)}".strip(), LONGEST_TEXT)


def _detail(error: object) -> str:
    """One of `errors` in words, with the field it is about."""
    if not isinstance(error, Mapping):
        return _words(error)
    constraints = error.get("constraints")
    words = _words(error.get("message")) or _words(
        list(constraints.values()) if isinstance(constraints, Mapping) else constraints
    )
    words = words or _words(error.get("code"))
    field = next(filter(None, (_words(error.get(name)) for name in ("field", "property", "instancePath"))), "")
    return f"{field}: {words}" if field and words and field not in words else words or field


def _words(value: object) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return ", ".join(filter(None, (_words(item) for item in value[:_MOST_ERRORS])))
    return ""


def _plain(content: bytes, masker: Masker) -> str:
    """The title of a page, else the beginning of its text."""
    # Half a secret at the end of what is searched would not be seen as one.
    text = masker.text(content[:32_768].decode("utf-8", "replace"))[:16_384]
    if title := _TITLE.search(text):
        text = title[1]
    elif "<" in text:
        text = _TAGS.sub(" ", text)
    return safe(" ".join(text.split()), 200)
