"""Recognising how a source is written, from bytes that come in any pieces; and unpacking it in bounded memory."""

from __future__ import annotations

import gzip
import io
import threading
import zlib
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_importer.source.errors import SourceFormat
from tui_importer.source.options import Reading
from tui_importer.source.read.decompress import Gunzip, Unzstd
from tui_importer.source.read.dialect import encoding_of
from tui_importer.source.read.fingerprint import fingerprint
from tui_importer.source.scan import ScanCancelled, scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.source.conftest import Sources
    from tui_importer.source.models import ScanProgress

ASCII = b"email,name\n" + b"user@x.example,Ann\n" * 20
LETTERS = st.sampled_from(
    [b"\xc3\xbc", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xe4", b"\xfc", b"a", b"\xe2\x82", b"\xc3"]
)


def in_pieces(content: bytes, size: int) -> list[bytes]:
    """The first piece shows the header, the others are small."""
    return [content[: len(ASCII)], *(content[at : at + size] for at in range(len(ASCII), len(content), size))]


@settings(max_examples=200, deadline=None)
@given(st.lists(LETTERS, max_size=20).map(b"".join), st.integers(1, 5))
def test_the_encoding_does_not_depend_on_where_the_bytes_are_cut(text: bytes, size: int) -> None:
    content = ASCII + text
    try:
        content.decode()
    except UnicodeDecodeError:
        assert encoding_of(iter([content])) in ("utf-8", "cp1252")
        if not any(lead in text for lead in (b"\xc3\xbc", b"\xe2\x82", b"\xf0")):
            assert {encoding_of(iter(in_pieces(content, size))), encoding_of(iter([content]))} <= {"cp1252"}
    else:
        assert encoding_of(iter(in_pieces(content, size))) == encoding_of(iter([content])) == "utf-8"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (b"", "utf-8"),
        ("ü".encode(), "utf-8"),
        (b"\xfc", "cp1252"),
        (b"\xe4\xf6\xfc", "cp1252"),
        ("ü".encode() + b" \xfc", "utf-8"),  # the right half would become other letters without a word
        ("ü".encode() + b" \xfc" * 2, "cp1252"),
        ("ü".encode() * 1_000 + b"\xff" * 999, "utf-8"),
        ("ü".encode() * 10 + b" \xfc" * 1_000, "cp1252"),
        ("€".encode()[:2], "utf-8"),
        (b"\xe4", "cp1252"),
        (b"\x00" * 99, "utf-8"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
def test_the_encoding_of_what_follows_a_long_beginning_of_ascii(text: bytes, encoding: str, size: int) -> None:
    assert encoding_of(iter(in_pieces(ASCII + text, size))) == encoding


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("header", ["email,Größe", "email,Имя,Фамилия", "e-mail", "\r\nemail"])
def test_utf_16_without_a_mark(sources: Sources, encoding: str, header: str) -> None:
    width = header.count(",")
    content = f"{header}\r\na@x.example{',ЖĀ𐀀' * width}\r\n".encode(encoding)  # with zeros where letters have none
    scanned = sources.scan(content)
    assert "UTF-16" in scanned.result.dialect
    assert [list(row.cells.values()) for row in scanned.rows] == [["a@x.example", *["ЖĀ𐀀"] * width]]


def test_one_bad_byte_in_a_large_file(sources: Sources, small_blocks: int) -> None:
    rows = [f"user{number}@x.example,Zoë {number}" for number in range(500)]
    rows[400] = "user400@x.example,\udce9"
    scanned = sources.scan(("email,name\n" + "\n".join(rows)).encode(errors="surrogateescape"))
    assert scanned.findings == [(401, 402, "name", "bytes_invalid")]
    assert scanned.rows[0].cells["name"] == "Zoë 0"


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_an_archive_is_unpacked_in_pieces_however_much_it_holds(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    size = 96 << 20
    packed = io.BytesIO(pack(bytes(size)))
    reader = Unzstd(packed, tmp_path) if pack is zstandard.compress else Gunzip(packed, tmp_path)
    total = 0
    while piece := reader.read(1 << 20):
        assert len(piece) <= 1 << 20
        assert not isinstance(reader, Unzstd) or len(reader._output) <= 40 << 20
        total += len(piece)
    assert total == size


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 4), st.integers(1, 100), st.data())
def test_what_is_unpacked_is_what_was_packed_or_it_is_said(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, frames: int, size: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp()
    packed = zstandard.compress(content) * frames

    def unpacked(archive: bytes) -> bytes:
        reader = Unzstd(io.BytesIO(archive), path)
        return b"".join(iter(lambda: reader.read(size), b""))

    assert unpacked(packed) == content * frames
    cut = data.draw(st.integers(0, len(packed)))
    try:
        found = unpacked(packed[:cut])
    except SourceFormat:
        return
    assert cut % (len(packed) // frames) == 0
    assert found == content * (cut * frames // len(packed))


def test_cancelling_does_not_wait_until_the_source_is_recognised(sources: Sources, small_blocks: int) -> None:
    """The whole file is read for its encoding; here the damaged end would be found first."""
    damaged = gzip.compress(b"".join(b"user%d@x.example\n" % zlib.crc32(b"%d" % n) for n in range(2_000)))[:-1]
    cancelled = threading.Event()
    with pytest.raises(SourceFormat):
        sources.scan(damaged, cancelled=cancelled)
    cancelled.set()
    with pytest.raises(ScanCancelled):
        sources.scan(damaged, cancelled=cancelled)


@pytest.mark.parametrize("limit", [None, 3])
def test_progress_and_fingerprint_of_an_archive_are_those_of_the_file(
    sources: Sources, small_blocks: int, limit: int | None
) -> None:
    rows = b"".join(b"user%d@x.example\n" % zlib.crc32(b"%d" % number) for number in range(500))
    path = sources.write(gzip.compress(b"email\n" + rows), "users.csv.gz")
    seen: list[ScanProgress] = []
    result = scan(path, path.parent / "job", limit=limit, progress=seen.append)
    assert result.rows == (limit or 500)
    assert result.fingerprint == fingerprint(path)
    assert [it.bytes_read for it in seen] == sorted(it.bytes_read for it in seen)
    assert {it.bytes_total for it in seen} == {path.stat().st_size}
    assert seen[-1].bytes_read <= path.stat().st_size


def test_what_the_operator_says_is_not_recognised_otherwise(sources: Sources) -> None:
    content = "email;name\na@x.example;Zoë\n".encode("cp1252")
    scanned = sources.scan(content, reading=Reading(encoding="utf-8", delimiter=";"))
    assert scanned.findings == [(1, 2, "name", "bytes_invalid")]
    assert sources.scan(content, reading=Reading(encoding="latin-1")).rows[0].cells["name"] == "Zoë"
