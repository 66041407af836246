"""The grammar: counts agree with a strict reader, or the place of the first mistake is named."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_importer.source._polars import pl
from tui_importer.source.cells import CellError, documented, parse_metadata
from tui_importer.source.checks.fast_metadata import all_flat
from tui_importer.source.read.blocks import _line_grammar
from tui_importer.source.read.rfc4180 import (
    BrokenGrammarError,
    Violation,
    field_counts,
    first_record_end,
    first_violation,
    record_end,
)

BYTES = st.lists(st.sampled_from([b'"', b",", b"\n", b"\r\n", b"a", b" "]), max_size=20).map(b"".join)
STRICT_FIELD = rb'(?:[^",\r\n]*|"(?:[^"]|"")*")'
STRICT_FILE = re.compile(rb"(?:%b(?:,%b)*\r?\n)*" % (STRICT_FIELD, STRICT_FIELD))


def complete(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data + b"\n"


@settings(max_examples=250, deadline=None)
@given(BYTES)
def test_counts_agree_with_a_grammar_and_with_the_csv_module(data: bytes) -> None:
    data = complete(data)
    strict = STRICT_FILE.fullmatch(data) is not None
    assert (first_violation(data, 1) is None) == strict
    if not strict:
        with pytest.raises(BrokenGrammarError):
            field_counts(data)
        return
    records = list(csv.reader(io.StringIO(data.decode(), newline="\n"), strict=True))
    assert field_counts(data) == [len(record) for record in records]
    assert record_end(data) == len(data)


@settings(max_examples=100, deadline=None)
@given(BYTES, BYTES)
def test_a_cut_is_behind_a_record(data: bytes, more: bytes) -> None:
    whole = complete(data + more)
    if first_violation(whole, 1) is not None:
        return
    end = record_end(data)
    assert field_counts(whole[:end]) + field_counts(whole[end:]) == field_counts(whole)
    first = first_record_end(whole)
    assert len(field_counts(whole[:first])) == 1


@settings(max_examples=100, deadline=None)
@given(BYTES, st.integers(1, 3))
def test_a_regular_line_is_a_record_of_the_right_width(data: bytes, width: int) -> None:
    lines = complete(data).decode().replace("\r\n", "\n").split("\n")[:-1]
    matches = pl.Series(lines, dtype=pl.String).str.contains(_line_grammar(width, ",")).to_list()
    for line, regular in zip(lines, matches, strict=True):
        try:
            (count,) = field_counts(line.encode() + b"\n")
        except (BrokenGrammarError, ValueError):
            count = -1
        assert regular == (count == width), line


@pytest.mark.parametrize(
    ("data", "violation"),
    [
        (b'a,b\nc,d"e\n', Violation("mid_value", 2, 1, 2)),
        (b'a,b\nc, "d"\n', Violation("space_before", 2, 1, 2)),
        (b'a,"b\nc",d\n"e"f,g\n', Violation("after_close", 3, 0, 3)),
        (b'a,"b\nc\nd,e\n"f\n', Violation("after_close", 1, 1, 4)),
        (b'a,"b \\"c\\""\n', Violation("backslash", 1, 1, 1)),
        (b'a,b \\"c\\"\n', Violation("backslash", 1, 1, 1)),
        (b'a,b\n\n"c\n', Violation("unbalanced", 3, 0, 4)),
        (b"a,b\rc,d\n", Violation("lone_cr", 1, 1, 1)),
        (b'a,"b"\rc\n', Violation("lone_cr", 1, 1, 1)),
    ],
)
def test_places(data: bytes, violation: Violation) -> None:
    assert first_violation(data, 1) == violation
    assert first_violation(data, 11) == Violation(
        violation.mistake, violation.line + 10, violation.field, violation.end_line + 10
    )


JSON = st.lists(
    st.sampled_from(["{", "}", '"', ":", ",", " ", "a", '""', '"a"', '"a":"b"', '{"a":"b"}', '"c" : "d"', "\\", "1"]),
    max_size=9,
).map("".join)
OBJECT = st.dictionaries(st.text('ab"ä', max_size=3), st.text("xy,:{}", max_size=4), max_size=3)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.one_of(JSON, OBJECT.map(lambda it: str(it).replace("'", '"'))), min_size=1, max_size=3))
def test_accepted_metadata_is_what_the_json_module_reads(cells: list[str]) -> None:
    cells = [cell for text in cells if (cell := text.strip())]
    if not all_flat(pl.Series(cells, dtype=pl.String)):
        return
    for cell in cells:
        metadata = parse_metadata(cell)
        assert documented(metadata, cell) == cell.isascii()


@pytest.mark.parametrize(
    "cell",
    [
        '{"a":"b"}',
        '{ "a" : "b" , "c":"d"}',
        '{"a":"b,c:{}"}',
        '{"ä":"ö"}',
        f'{{"{"k" * 40}":"{"v" * 600}"}}',
    ],
)
def test_ordinary_metadata_is_accepted(cell: str) -> None:
    assert all_flat(pl.Series([cell, '{"x":"y"}', cell]))


@pytest.mark.parametrize(
    "cell",
    [
        "{}",
        '{"a":1}',
        '{"a":"1","a":"2"}',
        '{"a":"b"}{"c":"d"}',
        '{"a":"b"},{"c":"d"}',
        '"a":"b"',
        '{"a":"b"',
        '{"a":"\\n"}',
        '{"a" "b"}',
        '{"a":"b""c":"d"}',
        '{"a":["b"]}',
        f'{{"{"k" * 41}":"v"}}',
        f'{{"k":"{"v" * 601}"}}',
        json.dumps({str(number): "v" for number in range(11)}),
    ],
)
def test_other_metadata_is_looked_at(cell: str) -> None:
    for cells in ([cell], ['{"x":"y"}', cell], [cell, '{"x":"y"}'], [cell, cell]):
        assert not all_flat(pl.Series(cells))


def test_split_objects_do_not_make_up_for_each_other() -> None:
    assert not all_flat(pl.Series(['{"a":"b","c":}', '{"d" "e":"f"}']))
    assert not all_flat(pl.Series(['{"a":"b"}{"c":"d"}', '{"e":"f"', '"g":"h"}']))
    with pytest.raises(CellError):
        parse_metadata('{"a":"b"}{"c":"d"}')
