"""Fast acceptance of ordinary metadata, without parsing each cell in Python.

Nearly all metadata is flat JSON objects of strings. Split at the quotes, such an object is a strict pattern: opening
brace, key, colon, value, comma, key, …, closing brace. Three quotes more make the number of pieces a multiple of four,
so that all keys, colons, values and separators of a block are each one slice of one column of pieces. That takes half
the time of the json module and leaves the interpreter to the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source.cells import DOCUMENTED_KEYS, MAX_KEY, MAX_VALUE

if TYPE_CHECKING:
    from tui_importer.source._polars import pl

_UNUSUAL = 100
"""With more different ways to space commas and braces it is no longer worth it."""


def all_flat(cells: pl.Series) -> bool:
    """Whether all `cells` (trimmed, not null) are flat JSON objects of 1 to 10 strings with different keys.

    Also checks the lengths of keys and values. False only means that each cell must be parsed.
    """
    objects = cells.str.starts_with("{") & cells.str.ends_with("}") & ~cells.str.contains("\\", literal=True)
    if not cells.len() or not objects.all():
        return False
    lists = (cells + '"""').str.split('"')
    sizes = lists.list.len()
    if (sizes % 4 != 0).any() or (sizes > 4 * DOCUMENTED_KEYS + 4).any():
        return False
    pieces = lists.explode()
    separators, keys, colons, values = (pieces.gather_every(4, offset) for offset in range(4))
    cell = separators.str.starts_with("{").cum_sum()
    members = keys.hash() ^ cell.hash()  # a collision only costs the slower way
    # Each cell ends in an empty key, colon and value, the three quotes more.
    return (
        _are(separators, {"{": cells.len(), "}": cells.len(), ",": None})
        and _are(colons, {":": None, "": cells.len()})
        and not (keys.str.len_chars() > MAX_KEY).any()
        and not (values.str.len_chars() > MAX_VALUE).any()
        and members.n_unique() == members.len()
    )


def _are(texts: pl.Series, expected: dict[str, int | None]) -> bool:
    """Whether `texts`, but for JSON's white space, are the expected ones, as often as expected (None: any number)."""
    counted = texts.value_counts()
    if counted.height > _UNUSUAL:
        return False
    found = dict.fromkeys(expected, 0)
    for text, count in counted.iter_rows():
        bare = text.translate({0x20: None, 0x09: None, 0x0A: None, 0x0D: None})
        if bare not in found:
            return False
        found[bare] += count
    return all(wanted is None or found[text] == wanted for text, wanted in expected.items())
