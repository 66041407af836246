"""Building the row that an importer works with from frozen cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_importer.source.cells import (
    HASH_TYPE_NAMES,
    HASH_TYPES,
    MASK,
    MASKED,
    TRUE,
    parse_metadata,
    parse_roles,
    present,
)
from tui_importer.source.checks.metadata_columns import joined
from tui_importer.source.checks.password_hashes import type_of
from tui_importer.source.models import SECRET_FIELDS, SourceRow
from tui_importer.source.problems import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.secret import Secret
    from tui_importer.source.columns.recognise import Columns
    from tui_importer.source.models import Problem


class RowBuilder:
    """A builder of rows from values in the order `row`, `line`, `email`, `organization_key`, `refused`, cells."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns.names
        self._positions = columns.positions
        self._added = {name: columns.names.index(name) for name in columns.added}
        self._roles = [self._positions[field] for field in ("role_slug", "role_slugs") if field in self._positions]
        by_place = {self._positions[field]: field for field in SECRET_FIELDS if field in self._positions}
        self._secret = [(by_place.get(place, ""), place) for place in columns.secret]

    def build(
        self,
        values: tuple[Any, ...],
        secrets: Mapping[str, Secret],
        problem: Problem | None,
        first_row: int | None,
        twin_row: int | None,
        *,
        profile: tuple[Any, ...] | None = None,
    ) -> SourceRow:
        """One row; a refused one (with a `problem`) has no secrets, no roles, and no payload but its e-mail.

        `profile` are the values of the row of the same person that its profile is taken from, when that is another.
        """
        row, line, email, key, _refused, *cells = values
        problem = problem or self._masked(row, line, secrets)
        user: dict[str, object] = {"email": email} if email else {}
        roles: tuple[str, ...] = ()
        if problem is None:
            user |= self._user(cells if profile is None else list(profile[5:]), secrets)
            roles = parse_roles(cells[position] for position in self._roles)
        for field, position in self._secret:
            cells[position] = self._mask(field, cells) if cells[position] else None
        return SourceRow(
            row=row,
            line=line,
            email=email or "",
            user=user,
            organization_key=key,
            roles=roles,
            cells=dict(zip(self._columns, [value or None for value in cells[: len(self._columns)]], strict=True)),
            secrets=secrets if problem is None else {},
            problem=problem,
            first_row=first_row,
            twin_row=twin_row,
        )

    def _masked(self, row: int, line: int, secrets: Mapping[str, Secret]) -> Problem | None:
        """The problem of a row with masks that an older version froze without one: nothing of it is sent either."""
        for field, secret in secrets.items():
            if MASKED.fullmatch(secret.reveal().strip()):
                return describe(row, line, self._columns[self._positions[field]], "value_masked", None)
        return None

    def _user(self, cells: list[Any], secrets: Mapping[str, Secret]) -> dict[str, object]:
        """The payload beyond the e-mail; absent values are left out."""
        user: dict[str, object] = {}
        for field in ("first_name", "last_name", "name"):
            if value := self._value(field, cells):
                user[field] = value
        if verified := self._value("email_verified", cells):
            user["email_verified"] = verified.lower() in TRUE
        if value := self._value("external_id", cells):
            user["external_id"] = value
        text = self._value("metadata", cells)
        metadata = parse_metadata(text) if text else {}
        if self._added:
            metadata = joined(metadata, {name: cells[place] for name, place in self._added.items()})
        if metadata:
            user["metadata"] = metadata
        if kind := self._value("password_hash_type", cells):
            user["password_hash_type"] = HASH_TYPE_NAMES.get(kind.lower(), kind.lower())
        elif (hashed := secrets.get("password_hash")) and (said := type_of(hashed.reveal())):
            user["password_hash_type"] = said
        return user

    def _value(self, field: str, cells: list[Any]) -> str | None:
        position = self._positions.get(field)
        return None if position is None else present(cells[position])

    def _mask(self, field: str, cells: list[Any]) -> str:
        written = (self._value("password_hash_type", cells) or "").lower()
        kind = HASH_TYPE_NAMES.get(written, "")
        return f"{MASK} ({kind})" if field == "password_hash" and kind in HASH_TYPES else MASK
