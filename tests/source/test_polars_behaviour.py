"""What this layer relies on in polars, and what it works around: a new version must be reviewed when one changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tui_importer.source._polars import NOT_LITERAL, pl, register_io_source
from tui_importer.text import BLANKS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
TWO = {"a": pl.String, "b": pl.String}


def read(data: bytes, schema: dict[str, type[pl.String]] | None = None) -> list[tuple[str | None, ...]]:
    rows = pl.scan_csv(data, has_header=False, schema=schema or TWO).collect(engine="streaming").rows()
    return [tuple(row) for row in rows]


def test_blanks_are_the_same_as_in_python() -> None:
    everything = [chr(code) for code in range(0x11_0000) if not 0xD800 <= code < 0xE000]
    stripped = pl.Series(everything).str.strip_chars()
    assert "".join(text for text, left in zip(everything, stripped, strict=True) if left == "") == BLANKS


def test_values_are_read_exactly() -> None:
    assert read(b'"a\rb",c\r\n"x\r\ny"," z "\r\n') == [("a\rb", "c"), ("x\r\ny", " z ")]
    assert read(b'"a""b",""""\n') == [('a"b', '"')]
    assert read(b'001,1e5\ntrue,NULL\n') == [("001", "1e5"), ("true", "NULL")]  # fmt: skip
    assert read(b"#a,b\nc,d") == [("#a", "b"), ("c", "d")]


def test_blank_lines_and_short_rows_look_like_empty_values() -> None:
    assert read(b"a,b\n\n,\nc\n") == [("a", "b"), (None, None), (None, None), ("c", None)]


def test_a_byte_order_mark_is_dropped_even_inside_a_file() -> None:
    assert read("\ufeffa,b\n".encode()) == [("a", "b")]


@pytest.mark.parametrize("prefix", NOT_LITERAL[1:])
def test_some_texts_are_taken_for_compressed_ones(prefix: bytes) -> None:
    with pytest.raises((OSError, pl.exceptions.ComputeError)):
        read(prefix + b"y,b\n" * 10)
    with pytest.raises((OSError, pl.exceptions.ComputeError)):
        pl.scan_lines(prefix + b"y,b\n" * 10).collect(engine="streaming")


@pytest.mark.parametrize("data", [b"a,\xff\n", b"a,\xed\xa0\x80\n", b"a,b\n\xc3(,d\n"])
def test_invalid_utf_8_is_refused(data: bytes) -> None:
    with pytest.raises(pl.exceptions.ComputeError):
        read(data)
    with pytest.raises(pl.exceptions.ComputeError):
        pl.scan_lines(data).collect(engine="streaming")


def test_lines_end_with_a_newline_only() -> None:
    lines = pl.scan_lines(b'a\r\nb\x0bc\r\r\n\n"d\n').collect()["line"].to_list()
    assert lines == ["a", "b\x0bc\r", "", '"d']
    assert pl.Series(["a\n", "a"]).str.contains("^a$").to_list() == [False, True]


def test_json_path_match_is_null_for_invalid_json() -> None:
    cells = pl.Series(["{", '{"a": 1} x', '{"a": 1}', None])
    assert cells.str.json_path_match("$").to_list() == [None, None, '{"a":1}', None]
    with pytest.raises(pl.exceptions.ComputeError):
        pl.Series(["{"]).str.json_decode(pl.Struct({"a": pl.String}))


def test_a_sink_reads_a_generator_in_order_and_passes_its_exception_on(tmp_path: Path) -> None:
    class NoMoreError(Exception):
        pass

    def source(*_pushed_down: object) -> Iterator[pl.DataFrame]:
        for number in range(30):
            yield pl.DataFrame({"number": [number] * 700})

    def failing(*_pushed_down: object) -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"number": [1]})
        raise NoMoreError

    schema = {"number": pl.Int64()}
    path = tmp_path / "numbers.parquet"
    register_io_source(source, schema=schema).sink_parquet(path, row_group_size=500, engine="streaming")
    assert pl.read_parquet(path)["number"].to_list() == [number for number in range(30) for _ in range(700)]
    with pytest.raises(NoMoreError):
        register_io_source(failing, schema=schema).sink_parquet(path, engine="streaming")


def test_merge_sorted_mixes_equal_keys() -> None:
    left = pl.LazyFrame({"row": [1, 2, 2, 4], "from": ["left"] * 4})
    right = pl.LazyFrame({"row": [2, 3, 4], "from": ["right"] * 3})
    merged = left.merge_sorted(right, key="row").collect(engine="streaming")
    assert merged["row"].to_list() == [1, 2, 2, 2, 3, 4, 4]
    assert merged["from"].to_list()[1:4] == ["left", "right", "left"]


def test_null_is_a_group_of_its_own() -> None:
    frame = pl.DataFrame({"key": ["a", None, None, "a"], "row": [1, 2, 3, 4]})
    assert frame.select(pl.col("row").shift(1).over("key"))["row"].to_list() == [None, None, 2, 1]


LARGEST_PIECE = """
import sys, warnings
from tui_importer.source._polars import pl
warnings.simplefilter("ignore")  # collect_batches is said to be unstable
pieces = pl.scan_csv(sys.argv[1], has_header=False, schema={"a": pl.String}).collect_batches(maintain_order=True)
print(max(piece.estimated_size() for piece in pieces))
"""


def largest_piece(source: Path, **variables: str) -> int:
    """Bytes of the largest piece in which a fresh process with these variables reads the file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLARS_")}
    command = [sys.executable, "-c", LARGEST_PIECE, str(source)]
    done = subprocess.run(command, cwd=ROOT, env=environment | variables, capture_output=True, check=True, timeout=120)
    return int(done.stdout)


def test_the_memory_of_a_read_is_bounded_by_the_variable_that_we_set(tmp_path: Path) -> None:
    """The pieces are what the threads hold in memory. A polars that ignores the variable reads as with the large one.

    Then another way must be found to keep a read small, or the range of versions in pyproject.toml must end before it.
    """
    path = tmp_path / "large.csv"
    path.write_bytes((b"x" * 99 + b"\n") * 80_000)
    assert largest_piece(path) <= 1 << 20
    assert largest_piece(path, POLARS_CSV_CHUNK_SIZE=str(1 << 25)) > 2 << 20
