"""Start of the console without a command, as fast as possible."""

from __future__ import annotations

import gc

from tui_importer.cli.prompts import require_terminal


def start_console() -> int:
    """Start the console at the list of jobs."""
    require_terminal()
    gc.disable()  # a start throws nothing away, and the first screen comes a tenth sooner; the app collects again
    try:
        from tui_importer.cli.console import start
        from tui_importer.cli.scratch_folders import sweep
        from tui_importer.tui.launch import StartAt

        sweep()
        return start(StartAt.jobs())
    finally:
        gc.enable()
