"""`sandbox`: serve a stand-in for the WorkOS API in the foreground."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.flags import json_flag
from tui_importer.cli.output import note, write, write_json
from tui_importer.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.sandbox.settings import SandboxSettings

_KINDS = "500, 503, html, drop_before, drop_after, no_answer, slow, truncated"


def _count(flag: str, default: int | None, text: str, *, metavar: str = "N") -> Callable[[Any], Any]:
    number = click.IntRange(min=0)
    return click.option(flag, type=number, metavar=metavar, default=default, show_default=True, help=text)


@click.command(
    "sandbox",
    cls=ImporterCommand,
    groups={
        "Where": ("host", "port"),
        "How it answers": ("latency_ms", "writes_per_10s", "reads_per_10s", "visible_after_ms", "revoke_after"),
        "What goes wrong": ("faults", "seed"),
    },
    examples=("tui-importer sandbox --latency-ms 80 --fault 500:0.02 --fault drop_after:0.02",),
)
@click.option("--host", metavar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), metavar="N", default=4100, show_default=True, help="0 takes a free one."
)
@_count("--latency-ms", 0, "Time that each answer takes.", metavar="MS")
@_count("--writes-per-10s", 500, "0 lifts the limit.")
@_count("--reads-per-10s", 1000, "0 lifts the limit.")
@_count("--visible-after-ms", 0, "How late lookups find a new organization.", metavar="MS")
@_count("--revoke-after", None, "Refuse the key after so many requests.")
@click.option(
    "--fault", "faults", metavar="KIND:P", multiple=True, help=f"A fault and its probability, repeatable: {_KINDS}."
)
@click.option("--seed", type=int, metavar="N", default=None, help="Makes faults repeatable.")
@json_flag
def command(host: str, port: int, *, json: bool, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Serve a stand-in for the WorkOS API on this machine until Ctrl-C.

    The first line says where it is and which key it accepts.
    """
    from tui_importer.sandbox.server import serve_forever

    settings = _settings(**values)

    def announce(url: str) -> None:
        if json:
            write_json({"url": url, "key": settings.key})
        else:
            write(f"{url} {settings.key}")
        sys.stdout.flush()
        if not json:
            note(f"Elsewhere: export WORKOS_BASE_URL={url} WORKOS_API_KEY={settings.key}")
            note("Ctrl-C ends it; nothing is kept.")

    serve_forever(settings, host, port, announce, allow_remote=True)  # the host was chosen by hand
    return ExitCode.DONE


def _settings(*, latency_ms: int, visible_after_ms: int, faults: tuple[str, ...], **others: Any) -> SandboxSettings:  # noqa: ANN401 - named alike
    """Turn flags into the sandbox's settings. Raises click.UsageError for faults that cannot be."""
    from tui_importer.sandbox.settings import SandboxSettings, parse_fault

    try:
        return SandboxSettings(
            latency=latency_ms / 1000,
            visible_after=visible_after_ms / 1000,
            faults=dict(parse_fault(text) for text in faults),
            **others,
        )
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context(silent=True)) from None
