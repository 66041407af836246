"""Entry point of the command line, from its arguments to its exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from tui_importer.cli.error_boundary import guarded
from tui_importer.cli.operating_system import require_supported_system
from tui_importer.cli.output import prepare_streams
from tui_importer.cli.signals import interrupt_on_signals

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLLECTIONS = (20_000, 10, 10)
"""How seldom garbage is collected: at Python's own pace that is a tenth of a start."""
_ANYWHERE = (["--help"], ["-h"], ["--version"], ["-V"])
"""What is answered on every system."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    gc.set_threshold(*_COLLECTIONS)
    if asked := os.environ.get("_TUI_IMPORTER_COMPLETE"):  # by a shell, at a Tab
        from tui_importer.cli.completion import answer
        from tui_importer.cli.group import cli

        sys.exit(answer(asked, cli))
    given = list(sys.argv[1:] if arguments is None else arguments)

    def call() -> int:
        interrupt_on_signals()
        prepare_streams()
        if given not in _ANYWHERE:
            require_supported_system()
        if not given:  # the console appears sooner when nothing has to be taken apart
            from tui_importer.cli.console_start import start_console

            return start_console()
        from tui_importer.cli.group import call

        return call(given)

    as_json = "--json" in given[: given.index("--")] if "--" in given else "--json" in given
    code = guarded(call, as_json=as_json)
    gc.freeze()  # what is left goes with the process; Python would search all of it several times at the end
    sys.exit(code)
