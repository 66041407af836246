"""Nothing that a terminal executes or hides passes `safe`."""

from __future__ import annotations

import codecs
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_importer.text import MAX_LENGTH, safe, safe_lines, simplified

# Surrogates included: undecodable bytes of file names arrive as such.
anything = st.text(st.characters(), max_size=60)


def harmful(character: str) -> bool:
    code = ord(character)
    direction_or_invisible = unicodedata.bidirectional(character) in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI"}
    return code < 0x20 or 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF or direction_or_invisible


def test_every_code_point_is_harmless_afterwards() -> None:
    bad = [code for code in range(sys.maxunicode + 1) if harmful(safe(chr(code))) or len(safe(chr(code))) != 1]
    assert bad == []


@pytest.mark.parametrize(
    "code",
    [0x200B, 0x200E, 0x200F, 0x202A, 0x202E, 0x2028, 0x2029, 0x2066, 0x2069, 0xFEFF, 0xAD, 0x3164, 0xFFA0, 0x34F,
     0xE0041, 0xE0100, 0x600, 0x605, 0x6DD, 0x70F, 0x8E2, 0x110BD, 0x180B, 0x180F, 0xFE00, 0xFE0D, 0x13430, 0x1BCA0,
     0x1D173, 0x1D17A],
)  # fmt: skip
def test_invisible_and_direction_changing_characters_are_seen(code: int) -> None:
    assert safe(f"a{chr(code)}b") == "a�b"


def test_no_format_character_but_the_joiner_of_emoji_is_left() -> None:
    codes = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
    assert [code for code in codes if chr(code) in safe(chr(code))] == [0x200D]


@pytest.mark.parametrize("mark", ["\u0301", "\u20dd", "\u0e49", "\ufe0f", "\u200d"])
def test_marks_do_not_pile_up(mark: str) -> None:
    assert safe(f"e{mark * 4}") == f"e{mark * 4}"
    assert safe(f"e{mark * 7}x{mark}") == f"e{mark * 4}���x{mark}"
    assert safe(mark * 300).count(mark) == 4


@given(st.text(st.characters(categories=["M", "Cf", "Ll"]), max_size=60))
def test_no_character_carries_more_than_four_marks(text: str) -> None:
    shown = safe(text)
    runs = "".join("m" if unicodedata.category(c).startswith("M") else " " for c in shown).split()
    assert max(map(len, runs), default=0) <= 4
    assert safe(shown) == shown


@given(anything)
def test_it_can_be_written_as_utf8(text: str) -> None:
    assert safe(text).encode().decode() == safe(text)


@given(anything, st.integers(1, 80))
def test_never_longer_than_the_limit_and_stable(text: str, limit: int) -> None:
    once = safe(text, limit)
    assert len(once) <= limit
    assert safe(once, limit) == once


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=60))
def test_visible_text_stays_visible_in_length(text: str) -> None:
    assert len(safe(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "Zoë Müller",
        "名前",
        "o'Brien <b>[/nope]$x",
        "👩‍💻",
        "e\u0301",
        "❤\ufe0f",
        "👁\ufe0f\u200d🗨\ufe0f",
        "ที่นี่",
        "क्षत्रिय",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_escape_sequences_become_pictures() -> None:
    assert safe("\x1b]2;PWNED\x1b\\") == "␛]2;PWNED␛\\"
    assert safe("\x9b31m") == "�31m"
    assert safe("a\r\nb\tc\x7f\x00") == "a␍⏎b c␡␀"


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert safe("x" * (MAX_LENGTH + 1)) == "x" * (MAX_LENGTH - 1) + "…"
    assert safe("x" * MAX_LENGTH) == "x" * MAX_LENGTH


def test_other_values_are_shown_as_text() -> None:
    assert safe(None) == "None"
    assert safe(ValueError("no\nway")) == "no⏎way"


def test_lines_are_kept_apart_and_harmless() -> None:
    assert safe_lines("one\ntwo\x1b[0m\r\nthree") == ["one", "two␛[0m", "three"]
    assert safe_lines("x" * 10, limit=4) == ["xxxx"]


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("✔ done … 3 × “a”", "ascii", 'v done ~ 3 x "a"'),
        ("✔ 3 × a", "latin-1", "v 3 × a"),
        ("━━═×┅──", "ascii", "---x---"),
        ("Zoë Šimůnková", "ascii", "Zoe Simunkova"),
        ("Zoë Šimůnková", "latin-1", "Zoë Simunková"),
        ("漢字 ok", "ascii", "???? ok"),
        ("naïve", "utf-8", "naïve"),
    ],
)
def test_what_a_terminal_lacks_becomes_something_simple(text: str, encoding: str, expected: str) -> None:
    codecs.register_error("simplified", simplified)
    assert text.encode(encoding, "simplified").decode(encoding) == expected


@pytest.mark.parametrize("block", [(0x20, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x2500, 0x259F), (0x4E00, 0x4FFF)])
def test_simple_characters_take_as_many_cells(block: tuple[int, int]) -> None:
    codecs.register_error("simplified", simplified)
    characters = [chr(code) for code in range(block[0], block[1] + 1) if chr(code).isprintable()]
    for character in filter(cell_len, characters):
        shown = character.encode("ascii", "simplified").decode("ascii")
        assert len(shown) == cell_len(character), character
