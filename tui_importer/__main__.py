"""The program: `tui-importer`, and `python -m tui_importer`."""

import signal
from typing import NoReturn

_handler = signal.getsignal(signal.SIGINT)
if _handler is signal.default_int_handler:  # not one that ignores it, as below nohup
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C before `main` can catch it prints no traceback


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    from tui_importer.cli.main import main

    main(on_interrupt=_handler)


if __name__ == "__main__":
    main()
