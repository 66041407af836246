"""Mojibake: text that was UTF-8 and read as Windows-1252 somewhere on its way, “JÃ¶rg” for “Jörg”.

A file in two encodings, and one that an earlier tool converted once too often, are well-formed: nothing but the letters
tells. A value is taken for misread only when all of it reads as UTF-8 the other way round, and as something that people
write: “NESTLÉ®” and “JOSÉ’S” can be read so, too, and are right as they are.
"""

from __future__ import annotations

import re
from typing import Final

from tui_importer.text import OUTER

_UPPER: Final = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0))
"""The characters that the later bytes of a UTF-8 sequence become."""

CANDIDATE: Final = f"[\u00c2-\u00f4][\u0080-\u009f{_UPPER}]"
"""A regular expression for what a misread value has somewhere: a first byte, then a later one."""

_BYTES: Final = {character: 0x80 + place for place, character in enumerate(_UPPER)}
_IN_BYTES: Final = re.compile(rb"\xc3[\x82-\xb4](?:\xc2[\x80-\xbf]|[\xc5\xc6\xcb\xe2])")

_LATIN: Final = 0x180
"""Where the letters end that Western and Central European languages have."""

_TWO_BYTES: Final = 0x7FF
"""Where the characters end that are two bytes of UTF-8."""

_WORD: Final = re.compile("[\u0180-\u07ff]{3}")
"""Part of a word of another script; one such letter alone is more likely a capital letter with a sign behind it."""

_CAPITAL_AND_SIGN: Final = re.compile("[ÄÅ][\u00a0\u00ad’“”–—…®™·«»]")


def may_be_misread(data: bytes) -> bool:
    """Whether UTF-8 text has a candidate; says no at once for text that is ASCII."""
    return not data.isascii() and _IN_BYTES.search(data) is not None


def original_of(text: str) -> str | None:
    """The original of a misread text, without outer blanks; None when it is none."""
    text = text.strip(OUTER)
    try:
        raw = bytes(_BYTES.get(character) or ord(character) for character in text)
        was = raw.decode()
    except ValueError:  # a character beyond the encoding, or bytes that are no UTF-8
        return None
    if was == text or _CAPITAL_AND_SIGN.sub("", text).isascii():
        return None
    likely = all(ord(letter) < _LATIN or ord(letter) > _TWO_BYTES for letter in was)
    return was if likely or _WORD.search(was) else None
