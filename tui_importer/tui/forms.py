"""What an operator typed for a new job, checked and turned into options."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tui_importer.engine.options import FrozenOptions, NewJob, OnExisting, RunOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_WORKERS: Final = 256
MOST_CHUNK: Final = 100_000
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME: Final = re.compile(r"[\w][\w .@+-]{0,99}")


@dataclass(frozen=True, slots=True)
class OptionTexts:
    """The fields as typed."""

    base_url: str
    name: str
    workers: str
    share: str
    chunk_size: str
    limit: str
    on_existing: OnExisting


def texts_of(base_url: str, run: RunOptions, frozen: FrozenOptions) -> OptionTexts:
    """The fields as they are shown first."""
    return OptionTexts(
        base_url=base_url,
        name="",
        workers="auto" if run.workers is None else str(run.workers),
        share=str(run.share),
        chunk_size="auto" if frozen.chunk_size is None else str(frozen.chunk_size),
        limit="all" if frozen.limit is None else str(frozen.limit),
        on_existing=frozen.on_existing,
    )


def problems_of(texts: OptionTexts) -> Mapping[str, str]:
    """What is wrong, by field; empty when nothing is."""
    problems: dict[str, str] = {}
    if (reason := base_url_problem(texts.base_url)) is not None:
        problems["base_url"] = reason
    if not _NAME.fullmatch(texts.name.strip()):
        problems["name"] = "letters, digits, blank . _ - @ +, at most 100"
    if texts.workers.strip().lower() not in {"auto", ""} and _whole(texts.workers, 1, MOST_WORKERS) is None:
        problems["workers"] = f"auto, or 1 to {MOST_WORKERS}"
    if _whole(texts.share, 1, 100) is None:
        problems["share"] = "1 to 100 percent"
    if texts.chunk_size.strip().lower() not in {"auto", ""} and _whole(texts.chunk_size, 1, MOST_CHUNK) is None:
        problems["chunk_size"] = f"auto, or 1 to {MOST_CHUNK:,}"
    if texts.limit.strip().lower() not in {"all", ""} and _whole(texts.limit, 1, 10**9) is None:
        problems["limit"] = "all, or a number of rows"
    return problems


def base_url_problem(url: str) -> str | None:
    """Why `url` cannot be used, None when it can: https anywhere, http on loopback only."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "not an address"
    if parts.scheme not in {"https", "http"} or not host:
        return "an address like https://api.workos.com"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "http is for this machine only; use https"
    return None


def new_job(source: Path, texts: OptionTexts, run: RunOptions) -> NewJob:
    """The job as chosen; `texts` have no problems."""
    frozen = FrozenOptions(
        base_url=texts.base_url.strip().rstrip("/"),
        on_existing=texts.on_existing,
        limit=_whole(texts.limit, 1, 10**9),
        chunk_size=_whole(texts.chunk_size, 1, MOST_CHUNK),
    )
    chosen = replace(
        run, workers=_whole(texts.workers, 1, MOST_WORKERS), share=_whole(texts.share, 1, 100) or run.share
    )
    return NewJob(source=source, name=texts.name.strip(), frozen=frozen, run=chosen)


def _whole(text: str, least: int, most: int) -> int | None:
    digits = text.strip().replace(",", "").replace("_", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        return None
    value = int(digits)
    return value if least <= value <= most else None
