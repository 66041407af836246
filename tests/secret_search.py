"""Planted secrets, and the search for them in all bytes of a folder, whatever has become of them."""

from __future__ import annotations

import base64
import io
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def disguises(secret: str) -> set[str]:
    """A secret as it may have been written somewhere, in small letters."""
    content = secret.encode()
    encoded = {
        text.decode().rstrip("=")
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
        for text in (encode(content), encode(b"ada:" + content)[8:-4])
    }
    spelled = "".join(f"\\u{ord(character):04x}" for character in secret)
    return {text.lower() for text in (secret, quote(secret, safe=""), content.hex(), spelled, *encoded)}


def contents(path: Path) -> str:
    """Everything in a file, Parquet files and databases unpacked, in small letters."""
    raw = path.read_bytes()
    text = raw.decode("utf-8", "replace")
    if path.suffix == ".parquet":
        try:
            text += str(pl.read_parquet(io.BytesIO(raw)).rows())
        except pl.exceptions.PolarsError:  # cut off by a kill
            assert "secret" not in path.name
    if raw.startswith(b"SQLite"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            text += "\n".join(database.iterdump())
    return text.lower()


def found_in(folders: Iterable[Path], secrets: Iterable[str], *allowed: str) -> dict[str, set[str]]:
    """The files below `folders` that have any of `secrets`, but those whose name is in `allowed`."""
    wanted = {each: disguises(each) for each in secrets}
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.name not in allowed:
                text = contents(path)
                if here := {each for each, forms in wanted.items() if any(form in text for form in forms)}:
                    found[str(path)] = here
    return found


def seen_in(texts: Iterable[str], secrets: Iterable[str]) -> set[str]:
    """Those of `secrets` that are in one of `texts`."""
    small = [text.lower() for text in texts]
    return {each for each in secrets if any(form in text for form in disguises(each) for text in small)}
