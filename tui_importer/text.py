"""Text from outside: sanitised for showing, normalised for comparing; and counts with their nouns.

Terminals execute what they are sent: ESC sequences set titles and clipboards, newlines break rows, bidi
overrides reorder text. Textual and plain prints both pass ESC through verbatim, so nothing from outside is
shown, logged or exported without `safe`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH = 500
"""Characters shown of one value unless the caller says otherwise."""

BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Characters with Unicode's White_Space property: what polars' `strip_chars` strips."""

INVISIBLE = "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Characters that show nothing and mean nothing at an end of a value. The joiners are not among them: some scripts
write the last letter of a word otherwise with one."""

OUTER = BLANKS + INVISIBLE
"""What does not belong to a value at its ends."""

_WHITE_SPACE = re.compile(f"[{BLANKS}]+")
_REPLACEMENT = "�"
_TABLE: dict[int, str] = {code: chr(0x2400 + code) for code in range(0x20)}
_TABLE |= {0x7F: "␡", 0x09: " ", 0x0A: "⏎", 0x0D: "␍"}
_TABLE |= dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT)
_TABLE |= dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT)
# Zero-width, bidi and invisible formatting characters, signs that enclose the digits after them, variation selectors,
# and controls of musical, shorthand and Egyptian writing. ZWJ (U+200D), VS15 and VS16 stay: emoji are made of them.
_INVISIBLE = [
    0xAD, 0x34F, *range(0x600, 0x606), 0x61C, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x115F, 0x1160, 0x17B4, 0x17B5,
    *range(0x180B, 0x1810), 0x200B, 0x200C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F),
    *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE0E), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFFC), 0x110BD, 0x110CD,
    *range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000),
]  # fmt: skip
_TABLE |= dict.fromkeys(_INVISIBLE, _REPLACEMENT)
# The few of them that Python calls printable; a class of these alone compiles in no time.
_UNSAFE = re.compile("[" + "".join(chr(code) for code in _INVISIBLE if chr(code).isprintable()) + "]")

_MOST_MARKS = 4
"""Marks upon one character: the languages that have most of them need three."""
_JOINER = "\u200d"
# Where there can be too many, as nothing below U+0300 is a mark.
_MAYBE_MARKS = re.compile(f"[\u0300-\U0010ffff]{{{_MOST_MARKS + 1}}}")


# What stands for the characters of screens and sentences where a terminal cannot show them; each is one cell wide.
_SIMPLE: dict[int, str] = {
    ord(character): simple
    for characters, simple in (
        ("─━═╌┄┅┈╴╶–—−▔▁_", "-"), ("│┃┆┊║▏▎▍▌", "|"), ("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛╞╡╪", "+"), ("▂▃", "."), ("▄▅", "o"),
        ("▆▇█▉▊▋■", "#"), ("░▒▓", ":"), ("✔✓", "v"), ("✖✗✘×", "x"), ("▶›→▸", ">"), ("◀‹←◂", "<"), ("↑▲", "^"),
        ("↓▼", "v"), ("↻⟳", "~"), ("‖", "="), ("○◇", "o"), ("●◆◈•◷", "*"), ("·⋅", "."), ("“”„", '"'), ("‘’‚", "'"),
        ("…", "~"), ("⏎", "/"), ("⚠", "!"),
    )
    for character in characters
}  # fmt: skip


def normalised_name(name: str) -> str:
    """Normalise an organization's name for comparing; case counts.

    Outer blanks and invisible characters go, inner white space becomes one blank, then NFC. The polars expression of
    the same name, which the scan uses, gives the same.
    """
    import unicodedata

    return unicodedata.normalize("NFC", _WHITE_SPACE.sub(" ", name.strip(OUTER)))


def simplified(error: UnicodeError) -> tuple[str, int]:
    """Handle an encoding error (see `codecs.register_error`): what a terminal lacks becomes something simple.

    The replacement is as many cells wide as the character, so that the console's lines stay in their columns.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_simple(character, error.encoding) for character in lacking), error.end


def _simple(character: str, encoding: str) -> str:
    import unicodedata

    if unicodedata.combining(character):  # drawn upon the character before
        return ""
    cells = 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    base = unicodedata.normalize("NFKD", character)[:1]  # `e` for `ě`
    for candidate in (_SIMPLE.get(ord(character), ""), base):
        if candidate and candidate.encode(encoding, "replace").decode(encoding) == candidate:
            return candidate.ljust(cells)
    return "?" * cells


def safe(value: object, limit: int = MAX_LENGTH) -> str:
    """Return `value` as one line of harmless text, at most `limit` characters (cut with `…`).

    Control characters become visible signs, newlines `⏎`, invisible and direction-changing characters `�`, and so
    do marks that are too many upon one character: piled up they cover the lines above and below.
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii():
        return text if text.isprintable() else text.translate(_TABLE)
    if not text.isprintable() or _UNSAFE.search(text):
        text = text.translate(_TABLE)
    return _with_few_marks(text) if _MAYBE_MARKS.search(text) else text


def _with_few_marks(text: str) -> str:
    import unicodedata

    marks = 0
    kept = []
    for character in text:
        is_mark = character == _JOINER or unicodedata.category(character).startswith("M")
        marks = marks + 1 if is_mark else 0
        kept.append(character if marks <= _MOST_MARKS else _REPLACEMENT)
    return "".join(kept)


def plural(count: int, noun: str, many: str = "") -> str:
    """Return a count with its noun: 1 row, 2,000 rows. `many` is for what is more than an -s: `rows are`, `retries`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {many or noun + 's'}"


def by_frequency(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names with their counts, the most frequent first, then by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def safe_lines(value: object, limit: int = 16_384) -> list[str]:
    """Return `value` as harmless lines, for a body that may have several."""
    text = value if isinstance(value, str) else str(value)
    return [safe(line, limit) for line in text[:limit].splitlines()]
