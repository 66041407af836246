"""No sentence says "1 rows": a count that can be one gets its noun by `plural`."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import tui_importer
from tui_importer.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(tui_importer.__path__[0])
NOUNS = (
    "rows users people organizations problems warnings findings columns requests memberships jobs files lines failures "
    "errors workers chunks times seconds minutes hours days hits misses retries bytes roles endpoints attempts names "
    "keys members profiles mappings settings values characters conflicts kinds groups outcomes records copies rounds "
    "are were have wait come exist"
).replace(" ", "|")
COUNTED = re.compile(rf"\{{[^{{}}]*\}}(?: [a-z-]+){{0,2}} (?:{NOUNS})\b")
"""A value, perhaps a word or two, and a noun or verb that says "several"."""

NEVER_ONE: Final = {
    "organizations are named",  # the search of one name found several
    "jobs are unfinished",  # one would be resumed
    "columns could be meant",  # or there would be no doubt
    "characters, at most",  # said of what is too long
    "keys, at most",
    "columns; at most",
    "characters long",  # constants of the API's, or of ours
    "keys.",
    "characters.",
    "bytes; it cannot be a header",
    "bytes and a salt",
    "iterations are allowed",
    "times.",  # a fault that cannot happen -1 times
    "rows are too many to copy",
}
OF_NO_COUNT: Final = {
    "are both mapped", "are both named", "requests/s", "rows/s", "shows all", "chooses columns", "writes the rows",
    "names a SOCKS4", "names {safe(path", "workers {", "other {", "has at most", "of other kinds", "may exist already",
}  # fmt: skip
"""What stands before the noun is a name, a rate or a state."""


def sentences() -> Iterator[tuple[str, str]]:
    """Every f-string of the package as it is written, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", "".join(map(written, node.values))


def written(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    is_plural = isinstance(part.value, ast.Call) and ast.unparse(part.value.func) == "plural"
    return "{plural}" if is_plural else f"{{{ast.unparse(part.value).translate(str.maketrans('{}', '()'))}}}"


def test_no_count_has_a_noun_of_its_own() -> None:
    exempt = NEVER_ONE | OF_NO_COUNT
    used = set()
    found = []
    for place, sentence in sentences():
        for match in COUNTED.finditer(sentence):
            around = sentence[max(0, match.start() - 20) : match.end() + 30]
            reasons = {words for words in exempt if words in around}
            used |= reasons
            if not match[0].startswith("{plural}") and not reasons:
                found.append((place, sentence))
    assert found == []
    assert used == exempt, "nothing is exempt for nothing"


def test_the_check_sees_what_it_is_for() -> None:
    assert COUNTED.search("{totals.rows} rows")
    assert COUNTED.search("Going on with the other {n} pending rows?")
    assert not COUNTED.search("{n:,} created, {m:,} existing")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (plural(1, "row"), "1 row"),
        (plural(0, "row"), "0 rows"),
        (plural(2_000, "row"), "2,000 rows"),
        (plural(1, "miss", "misses"), "1 miss"),
        (plural(3, "retry", "retries"), "3 retries"),
        (plural(1, "row is", "rows are"), "1 row is"),
        (plural(-1, "row"), "-1 rows"),
    ],
)
def test_a_count_and_its_noun_agree(words: str, wanted: str) -> None:
    assert words == wanted
