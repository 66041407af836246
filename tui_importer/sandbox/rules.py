"""Rules of the live API for bodies, as far as they are documented or were observed.

Source: WorkOS OpenAPI specification v0.61.0 for fields, limits and codes; workos.com/docs/migrate for the hashes'
forms and bounds. Every check raises `Refused` with the API's own status and code.
"""

from __future__ import annotations

import re
from typing import Any

from tui_importer.sandbox.answers import JsonObject, Refused, invalid

MAX_METADATA_KEYS = 50
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 600
MAX_EXTERNAL_ID = 128
MIN_PASSWORD = 10

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s.]+(?:\.[^@\s.]+)+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_B64 = r"[A-Za-z0-9+/]+"
_HASHES = {
    "bcrypt": re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"),
    "firebase-scrypt": re.compile(rf"\$firebase-scrypt\$v=1\$r=\d+,m=\d+,ss={_B64},sk={_B64}\${_B64}\${_B64}"),
    "ssha": re.compile(rf"\{{SSHA\}}{_B64}=*"),
    "ssha256": re.compile(rf"\{{SSHA256\}}{_B64}=*"),
    "scrypt": re.compile(rf"\$scrypt\$v=1\$n=\d+,r=\d+,p=\d+,kl=\d+\${_B64}\${_B64}"),
    "pbkdf2": re.compile(rf"\$pbkdf2\$i=(?P<i>\d+),d=(?P<d>sha256|sha512)\${_B64}\${_B64}"),
    "argon2": re.compile(
        rf"\$argon2(?P<v>id|i|d)\$v=19\$m=(?P<m>\d+),t=(?P<t>\d+),p=(?P<p>\d+)\${_B64}\${_B64}"
    ),
}  # fmt: skip


def text(body: JsonObject, name: str) -> str | None:
    """An optional string."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name, f"{name}_must_be_a_string")
    return value


def boolean(body: JsonObject, name: str) -> bool | None:
    """An optional boolean."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(name, f"{name}_must_be_a_boolean")
    return value


def required_text(body: JsonObject, name: str) -> str:
    """A string with something in it."""
    value = text(body, name)
    if value is None or not value.strip():
        raise invalid(name, f"{name}_required")
    return value


def email(value: object) -> str:
    """An address, lower-cased as the API stores it."""
    if value is None:
        raise invalid("email", "email_required")
    if not isinstance(value, str) or len(value) > 320 or not _EMAIL.fullmatch(value):
        raise invalid("email", "email_invalid")
    return value.lower()


def external_id(body: JsonObject) -> str | None:
    """1 to 128 ASCII characters, or absent."""
    value = text(body, "external_id")
    if value is not None and not (1 <= len(value) <= MAX_EXTERNAL_ID and value.isascii()):
        raise invalid("external_id", "external_id_invalid")
    return value


def locale(body: JsonObject) -> str | None:
    """A language tag, or absent."""
    value = text(body, "locale")
    if value is not None and not _LOCALE.fullmatch(value):
        raise Refused(400, {"message": "Invalid locale.", "code": "invalid_locale"})
    return value


def metadata(body: JsonObject, old: dict[str, str] | None = None) -> dict[str, str]:
    """The object's metadata after this body: on update (`old` given) merged, null deletes, `{}` clears.

    A value that is not a string is answered 422 `metadata_required`, misleading as it is (observed live).
    """
    given = body.get("metadata")
    if given is None:
        return dict(old or {})
    if not isinstance(given, dict):
        raise invalid("metadata", "metadata_required")
    removable = old is not None
    if not all(isinstance(value, str) or (value is None and removable) for value in given.values()):
        raise invalid("metadata", "metadata_required")
    merged = {**(old or {}), **given} if given else {}
    merged = {key: value for key, value in merged.items() if value is not None}
    if len(merged) > MAX_METADATA_KEYS:
        raise _invalid_metadata(f"Metadata can have at most {MAX_METADATA_KEYS} keys.")
    for key, value in merged.items():
        if not 1 <= len(key) <= MAX_METADATA_KEY:
            raise _invalid_metadata(f"Metadata keys have 1 to {MAX_METADATA_KEY} characters.")
        if len(value) > MAX_METADATA_VALUE:
            raise _invalid_metadata(f"Metadata values have at most {MAX_METADATA_VALUE} characters.")
    return merged


def _invalid_metadata(message: str) -> Refused:
    return Refused(400, {"message": message, "code": "invalid_metadata"})


def password(body: JsonObject) -> None:
    """Check the password or the hash of a user; nothing of it is kept."""
    plain, hashed = text(body, "password"), text(body, "password_hash")
    kind, position = text(body, "password_hash_type"), text(body, "password_salt_position")
    if plain is not None and hashed is not None:
        raise _combination("password_and_password_hash_provided")
    if plain is not None and kind is not None:
        raise _combination("password_and_password_hash_type_provided")
    if position is not None and hashed is None:
        raise _combination("password_salt_position_requires_password_hash")
    if kind is not None and kind not in _HASHES:
        raise invalid("password_hash_type", "password_hash_type_invalid")
    if (hashed is None) != (kind is None):
        missing = "password_hash" if hashed is None else "password_hash_type"
        raise invalid(missing, f"{missing}_required")
    if position is not None and (kind != "ssha256" or position not in {"prefix", "suffix"}):
        raise invalid("password_salt_position", "password_salt_position_invalid")
    if plain is not None:
        _strength(plain)
    if hashed is not None and kind is not None and not _well_formed(kind, hashed):
        raise Refused(400, {"message": "The password hash is invalid.", "code": "invalid_password_hash"})


def _combination(code: str) -> Refused:
    return Refused(400, {"message": code.replace("_", " ").capitalize() + ".", "code": code})


def _strength(plain: str) -> None:
    errors: list[dict[str, Any]] = []
    if len(plain) < MIN_PASSWORD:
        message = f"Password must be at least {MIN_PASSWORD} characters long."
        errors.append({"code": "password_too_short", "minimum_length": MIN_PASSWORD, "message": message})
    if len(set(plain)) < 5:
        errors.append({"code": "password_too_weak", "message": "Password is too weak.", "suggestions": []})
    if errors:
        message = "Password does not meet strength requirements."
        raise Refused(400, {"message": message, "code": "password_strength_error", "errors": errors})


def _well_formed(kind: str, hashed: str) -> bool:
    match = _HASHES[kind].fullmatch(hashed)
    if match is None:
        return False
    if kind == "pbkdf2":
        lowest = 600_000 if match["d"] == "sha256" else 210_000
        return lowest <= int(match["i"][:8]) <= 1_000_000
    if kind == "argon2":
        memory, passes, lanes = (int(match[name][:8]) for name in ("m", "t", "p"))
        return 4096 <= memory <= 262_144 and (3 if match["v"] == "i" else 1) <= passes <= 5 and 1 <= lanes <= 8
    return True
