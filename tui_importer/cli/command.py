"""The click class of the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.cli.help import HelpedCommand
from tui_importer.cli.scratch_folders import sweep

if TYPE_CHECKING:
    import click


class ImporterCommand(HelpedCommand):
    """A command that, before it runs, removes what killed commands have left."""

    def invoke(self, ctx: click.Context) -> int:
        """Run the command; return its exit code."""
        sweep()
        code: int = super().invoke(ctx)
        return code
