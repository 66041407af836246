"""A value that must not be shown."""

from __future__ import annotations


class Secret:
    """An API key, password or hash: masked in every representation, never pickled.

    `reveal()` is the only way to the value; call it where the value leaves the process and nowhere else.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    @property
    def hint(self) -> str:
        """The prefix and the last four characters, e.g. `sk_test_…x7Qd`; a very short value shows no tail."""
        value = self._value
        prefix = next((p for p in ("sk_test_", "sk_live_", "sk_") if value.startswith(p)), "")
        return f"{prefix}…{value[-4:]}" if len(value) - len(prefix) >= 7 else f"{prefix}••••"

    def salted_hash(self, salt: str) -> str:
        """A keyed SHA-256 (hex) by which the same secret is recognised again without storing it."""
        import hashlib  # not before the first screen: this module is read by every start
        import hmac

        return hmac.new(salt.encode(), self._value.encode(), hashlib.sha256).hexdigest()

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        import hmac

        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not written anywhere")
