"""Completers of values: words, jobs, profiles, mappings, kinds of failures and files.

They answer within a prompt, so that they import little and wait for nothing.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from tui_importer.errors import ImporterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

_HARMLESS = re.compile(r"[\w.@%+:,/=-]+", re.ASCII)
"""What no shell reads as anything but itself: suggestions end up on a command line without quotes."""


def values(words: Iterable[str]) -> Completer:
    """A completer of fixed words."""
    known = tuple(words)
    return lambda _context, _parameter, incomplete: _items(known, incomplete)


def jobs(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Names of the jobs, read from nothing but their folders' names, the newest first."""
    from tui_importer.config.paths import paths
    from tui_importer.engine.job.listing import is_job

    try:
        found = [(folder.stat().st_mtime, folder.name) for folder in paths().jobs.iterdir() if is_job(folder)]
    except OSError:  # there are none
        return []
    return _items((name for _, name in sorted(found, reverse=True)), incomplete)


def jobs_or_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Names of the jobs, and files."""
    return [*jobs(context, parameter, incomplete), CompletionItem(incomplete, type="file")]


def profiles(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Profiles of the config file."""
    from tui_importer.config import load

    return _items(load().profiles, incomplete)


def mappings(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Mappings of the config file."""
    from tui_importer.config import load

    return _items(load().mappings, incomplete)


def kinds(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Kinds of failures that the job has, the most frequent first."""
    from tui_importer.config.paths import paths
    from tui_importer.journal.journal import open_reader

    # With the flag still without its value, click leaves the job among what it has not taken.
    job = context.params.get("job") or next(iter(context.args), "")
    if not job or os.sep in job:
        return []
    try:
        with open_reader(paths().jobs / job) as reader:
            found = reader.retryable_kinds()
    except ImporterError:  # no such job, or one that cannot be read
        return []
    return _items(found, incomplete)


def _items(words: Iterable[str], incomplete: str) -> list[CompletionItem[str]]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete) and _HARMLESS.fullmatch(word)]
