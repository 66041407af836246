"""The body of `sandbox`: the stand-in server in the foreground."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui_importer.cli.output import note, write, write_json
from tui_importer.errors import ExitCode

if TYPE_CHECKING:
    from tui_importer.cli.requests import SandboxRequest
    from tui_importer.sandbox.settings import SandboxSettings


def sandbox(request: SandboxRequest) -> int:
    """Serve until SIGINT or SIGTERM; 0 then. Raises SandboxError, click.UsageError."""
    from tui_importer.sandbox.server import serve_forever

    settings = sandbox_settings(request)

    def announce(url: str) -> None:
        if request.json:
            write_json({"url": url, "key": settings.key})
        else:
            write(f"{url} {settings.key}")
        sys.stdout.flush()
        if not request.json:
            note(f"Elsewhere: export WORKOS_BASE_URL={url} WORKOS_API_KEY={settings.key}")
            note("Ctrl-C ends it; nothing is kept.")

    serve_forever(settings, request.host, request.port, announce, allow_remote=True)  # the host was chosen by hand
    return ExitCode.DONE


def sandbox_settings(request: SandboxRequest) -> SandboxSettings:
    """The settings that the flags mean. Raises click.UsageError for faults that cannot be."""
    from tui_importer.sandbox.settings import SandboxSettings, parse_fault

    try:
        return SandboxSettings(
            latency=request.latency_ms / 1000,
            writes_per_10s=request.writes_per_10s,
            reads_per_10s=request.reads_per_10s,
            visible_after=request.visible_after_ms / 1000,
            revoke_after=request.revoke_after,
            faults=dict(parse_fault(text) for text in request.faults),
            seed=request.seed,
        )
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context(silent=True)) from None
