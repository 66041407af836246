"""Password hashes in the forms the API takes: which one it is, what is wrong with it, what can be corrected.

Nothing here returns, raises or logs a part of a hash: faults are words about the form.
"""

from __future__ import annotations

import base64
import re
from typing import Final, NamedTuple

_B: Final = "[A-Za-z0-9+/]"
_SALT: Final = f"(?:{_B}{{4}}){{3,}}(?:{_B}[AQgw]|{_B}{{2}}[AEIMQUYcgkosw048])?"
"""Canonical base64 without padding (bits that no byte needs are zero) of 9 bytes or more."""
_PADDED: Final = f"(?:{_B}[AQgw]==|{_B}{{2}}[AEIMQUYcgkosw048]=)?$"
_POWER: Final = "(?:1024|2048|4096|8192|16384|32768|65536|131072|262144|524288|1048576)"

ORDINARY: Final = {
    "bcrypt": r"^\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$",
    "scrypt": rf"^\$scrypt\$v=1\$n={_POWER},r=[1-9][0-9]?,p=[1-9][0-9]?,kl=64\${_SALT}\${_B}{{85}}[AQgw]$",
    "pbkdf2": (
        rf"^\$pbkdf2\$i=(?:[6-9][0-9]{{5}}|1000000),d=(?:sha256\${_SALT}\${_B}{{42}}[AEIMQUYcgkosw048]"
        rf"|sha512\${_SALT}\${_B}{{85}}[AQgw])$"
    ),
    "argon2": (
        r"^\$argon2(?:id?|d)\$v=19\$m=(?:409[6-9]|4[1-9][0-9]{2}|[5-9][0-9]{3}|[1-9][0-9]{4}|1[0-9]{5}|2[0-5][0-9]{4}),"
        rf"t=[3-5],p=[1-8]\${_SALT}\${_B}{{42}}[AEIMQUYcgkosw048]$"
    ),
    "ssha": rf"^\{{SSHA\}}(?:{_B}{{4}}){{7,}}{_PADDED}",
    "ssha256": rf"^\{{SSHA256\}}(?:{_B}{{4}}){{11,}}{_PADDED}",
}  # fmt: skip
"""By type, the form of nearly all good hashes; any other is checked by `fault`."""

BEGINNINGS: Final = {
    "$2a$": "bcrypt", "$2b$": "bcrypt", "$2y$": "bcrypt", "$argon2": "argon2", "$scrypt$": "scrypt",
    "$pbkdf2": "pbkdf2", "$firebase-scrypt$": "firebase-scrypt", "{SSHA}": "ssha", "{SSHA256}": "ssha256",
}  # fmt: skip
"""The type of a hash by its beginning; none is the beginning of another."""


class _Form(NamedTuple):
    """A PHC string: fields before the salt, as an expression with named numbers, and how it is written."""

    pattern: re.Pattern[str]
    written: str


def _phc(pattern: str, written: str) -> _Form:
    return _Form(re.compile(pattern.replace("N", "(?:0|[1-9][0-9]{0,9})")), written)


_FORMS: Final = {
    "scrypt": _phc(r"\$scrypt\$v=1\$n=(?P<n>N),r=(?P<r>N),p=(?P<p>N),kl=(?P<kl>N)", "$scrypt$v=1$n=…,r=…,p=…,kl=…"),
    "pbkdf2": _phc(r"\$pbkdf2\$i=(?P<i>N),d=(?P<d>sha256|sha512)", "$pbkdf2$i=…,d=sha256 (or sha512)"),
    "argon2": _phc(
        r"\$argon2(?P<v>id|i|d)\$v=19\$m=(?P<m>N),t=(?P<t>N),p=(?P<p>N)", "$argon2id$v=19$m=…,t=…,p=…"
    ),
    "firebase-scrypt": _phc(
        r"\$firebase-scrypt\$v=1\$r=(?P<r>N),m=(?P<m>N),ss=(?P<ss>[A-Za-z0-9+/_=-]*),sk=(?P<sk>[A-Za-z0-9+/_=-]+)",
        "$firebase-scrypt$v=1$r=…,m=…,ss=…,sk=…",
    ),
}  # fmt: skip
_LDAP: Final = {"ssha": ("{SSHA}", 20), "ssha256": ("{SSHA256}", 32)}
_OTHER_FIREBASE: Final = re.compile(
    rf"\$firebase-scrypt\$hash={_B}+=*\$salt={_B}+=*\$sk={_B}+=*\$ss={_B}*=*\$r=[1-9][0-9]?\$m=[1-9][0-9]?"
)
"""What the official importer writes."""
_LOWEST: Final = {"sha256": 600_000, "sha512": 210_000}
_MOST_ROUNDS: Final = 1_000_000


def type_of(text: str) -> str | None:
    """The type that a hash says it is."""
    return next((kind for beginning, kind in BEGINNINGS.items() if text.startswith(beginning)), None)


def fault(kind: str, text: str) -> tuple[str, str] | None:
    """The fault of a hash of a type: the kind of finding and words; None when the API should take it.

    `hash_malformed` and `hash_limits` are errors; `hash_doubtful` is what the documentation does not promise.
    """
    if kind == "bcrypt":
        return None if re.fullmatch(ORDINARY["bcrypt"][1:-1], text) else _malformed(_bcrypt(text))
    if kind in _LDAP:
        words = _ldap(kind, text)
        return _malformed(words) if words else None
    if kind == "firebase-scrypt" and _OTHER_FIREBASE.fullmatch(text):
        return "hash_doubtful", "it has the form of the official importer, which the documentation does not name"
    form = _FORMS[kind]
    head, *rest = _cut(text)
    match = form.pattern.fullmatch(head)
    if match is None or len(rest) != 2:
        said = type_of(text)
        other = f"; it begins like {said}" if said not in {kind, None} else ""
        return _malformed(f"a hash of type {kind} is written {form.written}$salt$hash{other}")
    salt, hashed = (_bytes(part) for part in rest)
    if salt is None or hashed is None:
        part = "salt" if salt is None else "hash"
        return _malformed(f"its {part} is not standard base64 without “=”")
    return _RULES[kind](match, len(salt), len(hashed))


def corrected(kind: str, text: str) -> str:
    """The hash with URL-safe base64 and padding written as the API wants them; anything else stays as it is."""
    if kind in _LDAP:
        prefix = _LDAP[kind][0]
        if not text.startswith(prefix):
            return text
        plain = _standard(text[len(prefix) :])
        return prefix + plain + "=" * (-len(plain) % 4)
    form = _FORMS.get(kind)
    if form is None:
        return text
    head, *rest = _cut(text)
    match = form.pattern.fullmatch(head)
    if match is None or len(rest) != 2:
        return text
    if kind == "firebase-scrypt":
        head = f"{head[: match.start('ss')]}{_standard(match['ss'])},sk={_standard(match['sk'])}"
    return "$".join([head, *map(_standard, rest)])


def _cut(text: str) -> list[str]:
    """Split into what stands before the salt, the salt, the hash."""
    return text.rsplit("$", 2)


def _standard(text: str) -> str:
    return text.replace("-", "+").replace("_", "/").rstrip("=")


def _bytes(text: str, *, padded: bool = False) -> bytes | None:
    """The bytes of canonical base64, None when it is not."""
    padding = "" if padded else "=" * (-len(text) % 4)
    if not padded and "=" in text:
        return None
    try:
        found = base64.b64decode(text + padding, validate=True)
    except ValueError:  # also for what is not ASCII
        return None
    return found if base64.b64encode(found).decode() == text + padding else None


def _malformed(words: str) -> tuple[str, str]:
    return "hash_malformed", words


def _limits(words: str) -> tuple[str, str]:
    return "hash_limits", words


def _bcrypt(text: str) -> str:
    said = type_of(text)
    if said not in {"bcrypt", None}:
        return f"it begins like {said}, not like bcrypt"
    if said is None:
        return "a hash of type bcrypt begins with $2a$, $2b$ or $2y$"
    if len(text) != 60:
        return f"a hash of type bcrypt has 60 characters, this one {len(text)}"
    return "behind the cost (04 to 31) there are 53 characters of letters, digits, “.” and “/”"


def _ldap(kind: str, text: str) -> str:
    prefix, digest = _LDAP[kind]
    if not text.startswith(prefix):
        return f"a hash of type {kind} begins with {prefix}"
    found = _bytes(text[len(prefix) :], padded=True)
    if found is None:
        return f"what follows {prefix} is not standard base64 with its padding"
    if len(found) <= digest:
        return f"there must be a digest of {digest} bytes and a salt behind it"
    return ""


def _scrypt(found: re.Match[str], salt: int, hashed: int) -> tuple[str, str] | None:
    n, r, p, length = (int(found[name]) for name in ("n", "r", "p", "kl"))
    if n < 2 or n & (n - 1):
        return _malformed("n must be a power of two, as 16384; not its logarithm")
    if not r or not p or r * p >= 1 << 30:
        return _malformed("r and p must be at least 1 and their product below 2³⁰")
    if length != hashed or not hashed:
        return _malformed("kl must be the number of bytes in the hash: one of them is wrong, or the hash is cut off")
    return None if salt else _malformed("there is no salt")


def _pbkdf2(found: re.Match[str], salt: int, hashed: int) -> tuple[str, str] | None:
    rounds, lowest = int(found["i"]), _LOWEST[found["d"]]
    if not salt or hashed < 16:
        return _malformed("the salt is missing, or the hash is cut off")
    if not rounds or rounds > _MOST_ROUNDS:
        return _limits(f"at most {_MOST_ROUNDS:,} iterations are allowed, and at least one")
    if rounds < lowest:
        return (
            "hash_doubtful",
            f"{found['d']} with fewer than {lowest:,} iterations is refused unless WorkOS allowed it",
        )
    return None


def _argon2(found: re.Match[str], salt: int, hashed: int) -> tuple[str, str] | None:
    if salt < 8 or hashed < 4:
        return _malformed("the salt has fewer than 8 bytes or the hash fewer than 4: it is cut off")
    memory, passes, lanes = (int(found[name]) for name in ("m", "t", "p"))
    least = 3 if found["v"] == "i" else 1
    if not 4_096 <= memory <= 262_144:
        return _limits("m must be from 4,096 to 262,144")
    if not least <= passes <= 5:
        return _limits(f"t must be from {least} to 5")
    return None if 1 <= lanes <= 8 else _limits("p must be from 1 to 8")


def _firebase(found: re.Match[str], salt: int, hashed: int) -> tuple[str, str] | None:
    key = _bytes(found["sk"])
    if key is None or _bytes(found["ss"]) is None:
        return _malformed("ss and sk must be standard base64 without “=”")
    if found["r"] == "0" or found["m"] == "0" or not salt:
        return _malformed("r and m must be at least 1, and there must be a salt")
    if hashed != len(key):  # the hash is the signer key, encrypted
        return _malformed("the hash and sk must be of the same length: one of them is cut off")
    return None


_RULES: Final = {"scrypt": _scrypt, "pbkdf2": _pbkdf2, "argon2": _argon2, "firebase-scrypt": _firebase}
RULED: Final = frozenset({"bcrypt", *_LDAP, *_FORMS})
"""The types there are rules for: all that the API takes."""
