"""Cache of parsed styles for each theme."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class ThriftyStylesheet(Stylesheet):
    """Stylesheet that parses a source again only when it or the theme's variables have changed.

    Textual parses all sources again whenever it refreshes the styles, three times before the first frame: a fifth of
    the time until then (`tests/benchmarks/cold_start.py`).
    """

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parsed_with = dict(variables or {})

    def set_variables(self, variables: dict[str, str]) -> None:
        """Forget what was parsed if one of the variables has changed."""
        if variables != self._parsed_with:
            self._parsed_with = dict(variables)
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what is not known yet. Raises StylesheetError, StylesheetParseError, and keeps the old rules then."""
        self.parse()
