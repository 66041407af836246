"""Search for secrets in a text, whatever a server has made of them: escaped, encoded, in other letters, cut off.

Two ways lead to it. Escapes are undone, layer by layer, as any mixture of them was seen: JSON (also twice, as a log
within a log is), HTML, URLs. Encodings are made of the secret and searched: base64 in its two alphabets and at each
of its three alignments, as within `Basic` credentials; hex. Letters are compared without their case, and the beginning
of a long secret is enough, for servers quote long values in part.
"""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SHORT = 6
"""Characters below which a secret is searched as a word only: it would be found within every other one."""
TINY = 3
"""Characters below which it is searched as a whole value or in quotes only: masking every `a` would reveal it."""

_BEGINNING = 16
"""Characters of a beginning that are enough; fewer would be found in words such as `password`."""
_MOST_LAYERS = 8
_ESCAPES = (
    ("\\", re.compile(
        r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})"
        r"|\\([\"'\\/bfnrt])", re.IGNORECASE,
    )),
    ("&", re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)),
    ("%", re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)),
)  # fmt: skip
"""Escapes of JSON, HTML and URLs, each with the character without which there is none of them."""
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_OF_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
_QUOTES = frozenset("\"'`“”‘’„«»‹›")


class Form(NamedTuple):
    """One form to search: `text` with small letters; `least` characters of its beginning are enough.

    `allowed` says whether a place is one for it; `widens` that what is around it belongs to it: base64 of more.
    """

    text: str
    least: int
    allowed: Callable[[str, int, int], bool]
    widens: bool = False


def forms_of(value: str) -> tuple[Form, ...]:
    """All forms in which `value` is searched."""
    found: dict[str, Form] = {}
    stripped = value.strip()
    variants = (value, stripped, " ".join(value.split()), value.replace(" ", "+"), _as_latin_1(value))
    for variant in dict.fromkeys(each for text in variants for each in _normalised(text)):
        text = folded(variant)
        if not text.strip():
            continue
        if len(text) < SHORT:
            found.setdefault(text, Form(text, len(text), _quoted if len(text) < TINY else _word))
        else:
            found.setdefault(text, Form(text, _enough(text), _anywhere))
    for variant in {value, stripped}:
        for text, allowed, widens in _encodings(variant):
            found.setdefault(text, Form(text, _enough(text), allowed, widens))
    return tuple(found.values())


def _enough(text: str) -> int:
    return min(len(text), max(_BEGINNING, len(text) // 2))


def folded(text: str) -> str:
    """`text` with small letters, each character in its place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


class Forms:
    """Search for many forms at once: by the beginning of each, however many there are."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._starts: dict[str, list[Form]] = {}
        self._tiny: list[Form] = []
        for form in dict.fromkeys(forms):
            if len(form.text) < TINY:
                self._tiny.append(form)
            else:
                self._starts.setdefault(form.text[:TINY], []).append(form)

    def masked(self, text: str, mask: str) -> str:
        """`text` with `mask` wherever one of them stands."""
        if not (self._starts or self._tiny):
            return text
        spans = [layer.span(*place) for layer in _layers(text) for place in self._places(layer.text)]
        return _covered(text, spans, mask) if spans else text

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        small = folded(text)
        for form in self._tiny:
            begin = small.find(form.text)
            while begin >= 0:
                yield from _place(text, small, begin, form)
                begin = small.find(form.text, begin + 1)
        for begin in range(len(small) - TINY + 1):
            for form in self._starts.get(small[begin : begin + TINY], ()):
                yield from _place(text, small, begin, form)


class _Layer(NamedTuple):
    """A text after some unescaping; `begins` are the places of its characters in the original, and its end."""

    text: str
    begins: list[int] | None

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The place in the original."""
        return (begin, end) if self.begins is None else (self.begins[begin], self.begins[end])


def _layers(text: str) -> Iterator[_Layer]:
    """`text` as it is, and with its escapes undone, kind by kind: what is one to a server may be a password's own."""
    waiting = [_Layer(text, None)]
    seen = {text}
    while waiting:
        layer = waiting.pop(0)
        yield layer
        for sign, escapes in _ESCAPES:
            if sign in layer.text and len(seen) < _MOST_LAYERS:
                inner = _unescaped(layer, escapes)
                if inner.text not in seen:
                    seen.add(inner.text)
                    waiting.append(inner)


def _unescaped(layer: _Layer, escapes: re.Pattern[str]) -> _Layer:
    """`layer` with one layer of escapes of one kind undone."""
    pieces: list[str] = []
    begins: list[int] = []
    outer = layer.begins or range(len(layer.text) + 1)
    behind = 0
    for match in escapes.finditer(layer.text):
        characters, places = _meant(match)
        pieces += layer.text[behind : match.start()], characters
        begins += outer[behind : match.start()]
        begins += (outer[match.start() + place] for place in places)
        behind = match.end()
    pieces.append(layer.text[behind:])
    begins += outer[behind:]
    return _Layer("".join(pieces), begins)


def _meant(escape: re.Match[str]) -> tuple[str, list[int]]:
    """The characters that an escape means, and where in it each of them begins."""
    if escape[0].startswith("%"):
        return _of_percents(escape[0])
    if escape[0].startswith("&"):
        text = html.unescape(escape[0])
    else:
        high, low, braced, unit, byte, simple = escape.groups()
        if simple:
            text = _SIMPLE.get(simple.lower(), simple)
        elif high:
            text = chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
        else:
            text = chr(min(int(braced or unit or byte, 16), 0x10FFFF))
    return text, [0] * len(text)


def _of_percents(text: str) -> tuple[str, list[int]]:
    content = bytes.fromhex(text.replace("%", ""))
    try:
        characters = content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1"), list(range(0, len(text), 3))
    places, place = [], 0
    for character in characters:
        places.append(place)
        place += 3 * len(character.encode())
    return characters, places


def _place(text: str, small: str, begin: int, form: Form) -> Iterator[tuple[int, int]]:
    """Find what of `form` stands at `begin` of `text` (`small` in small letters), if that is enough of it."""
    if not small.startswith(form.text[: form.least], begin):
        return
    end = begin + form.least
    while end < len(small) and end - begin < len(form.text) and small[end] == form.text[end - begin]:
        end += 1
    if form.allowed(text, begin, end):
        yield _widened(text, begin, end) if form.widens else (begin, end)


def _widened(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin and text[begin - 1] in _OF_BASE64:
        begin -= 1
    while end < len(text) and text[end] in _OF_BASE64:
        end += 1
    return begin, end


def _covered(text: str, spans: list[tuple[int, int]], mask: str) -> str:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    edges = [0, *(edge for span in merged for edge in span), len(text)]
    return mask.join(text[begin:end] for begin, end in list(pairwise(edges))[::2])


# -- forms ----------------------------------------------------------------------------------------------------------


def _normalised(text: str) -> Iterator[str]:
    yield text
    if not text.isascii():
        yield unicodedata.normalize("NFC", text)
        yield unicodedata.normalize("NFD", text)


def _as_latin_1(text: str) -> str:
    """What a server shows that takes UTF-8 for Latin-1."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")


def _encodings(value: str) -> Iterator[tuple[str, Callable[[str, int, int], bool], bool]]:
    content = value.encode("utf-8", "replace")
    if len(content) < TINY:
        return
    if len(value) < SHORT:
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(content).decode()
            yield text.lower(), _word, False
            yield text.rstrip("=").lower(), _word, False
        yield content.hex(), _word, False
        return
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            # The characters at both ends depend on what stands before and behind.
            text = encode(b"\0" * before + content).decode().rstrip("=")
            end = len(text) - 1 if (before + len(content)) % 3 else len(text)
            yield text[(0, 2, 3)[before] : end].lower(), _anywhere, True
    yield content.hex(), _anywhere, False


# -- places ---------------------------------------------------------------------------------------------------------


def _anywhere(_text: str, _begin: int, _end: int) -> bool:
    return True


def _word(text: str, begin: int, end: int) -> bool:
    """Whether nothing is next to it that a word or a name in a program has."""
    around = text[max(begin - 1, 0) : begin] + text[end : end + 1]
    return not any(character.isalnum() or character == "_" for character in around)


def _quoted(text: str, begin: int, end: int) -> bool:
    """Whether it is the whole text, or stands in quotes."""
    before, behind = text[:begin].rstrip("\\"), text[end:].lstrip("\\")
    if not before.strip() and not behind.strip():
        return True
    return before[-1:] in _QUOTES and behind[:1] in _QUOTES
