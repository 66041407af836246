"""Signatures of files that are no CSV: by their first bytes, what they are and how to make a CSV of them."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from tui_importer.source.errors import SourceEncoding, SourceFormat

if TYPE_CHECKING:
    from pathlib import Path

_AS_CSV = "Export it as a CSV file."
_SAVE = "Open it in the spreadsheet program and save it as “CSV UTF-8”."
_UNTAR = "Unpack it with tar and give the CSV file that is in it."

_MAGIC = {
    b"PK\x03\x04": (
        "a spreadsheet (XLSX, ODS, Numbers) or a ZIP archive",
        "Save the spreadsheet as “CSV UTF-8”, or unpack the archive.",
    ),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", _SAVE),
    b"\x1f\x8b": ("an archive within an archive", "Unpack it once and give what is in it."),
    b"\x28\xb5\x2f\xfd": ("an archive within an archive", "Unpack it once and give what is in it."),
    b"BZh": ("a bzip2 archive", "Unpack it with bunzip2, or pack it with gzip or zstd."),
    b"\xfd7zXZ": ("an xz archive", "Unpack it with unxz, or pack it with gzip or zstd."),
    b"7z\xbc\xaf": ("a 7z archive", "Unpack it and give the CSV file that is in it."),
    b"Rar!": ("a RAR archive", "Unpack it and give the CSV file that is in it."),
    b"%PDF": ("a PDF document", _AS_CSV),
    b"{\\rtf": ("an RTF document", "Save it as plain text (UTF-8) and give that file."),
    b"PAR1": ("a Parquet file", _AS_CSV),
    b"SQLite format 3": ("an SQLite database", _AS_CSV),
}
_TAR = slice(257, 262)

_JSON = """Make a CSV of it, for example with: jq -r {}'["email","first_name"], ({} | [.email, .given_name]) | @csv'"""
_FROM_JSON = {b"[": _JSON.format("", ".[]"), b"{": _JSON.format("-s ", ".[]")}


def refuse_binary_formats(start: bytes, path: Path, *, unpacked: bool) -> None:
    """Refuse a file that begins with `start` (as it is, or `unpacked`) by its signature.

    Raises SourceFormat, and SourceEncoding for UTF-32.
    """
    for magic, (what, next_step) in _MAGIC.items():
        if start.startswith(magic):
            raise SourceFormat(path, f"this is {what}, not a CSV file.", next_step)
    if start[_TAR] == b"ustar":
        raise SourceFormat(path, f"this is a tar archive{' that is compressed' * unpacked}, not a CSV file.", _UNTAR)
    zeros = [set(start[place:64:4]) == {0} for place in range(4)]
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) or zeros.count(True) > 2:
        raise SourceEncoding(
            path, "the file is in UTF-32.", "Export it again as “CSV UTF-8” (in Excel: Save as).", line=1
        )


def refuse_text_formats(text: str, path: Path) -> None:
    """Refuse JSON, HTML and XML by the first characters. Raises SourceFormat."""
    start = text[:1].encode()
    if start in _FROM_JSON:
        raise SourceFormat(path, "this looks like JSON, not CSV.", _FROM_JSON[start])
    if start == b"<":
        raise SourceFormat(path, "this looks like HTML or XML, not CSV.", _AS_CSV)
