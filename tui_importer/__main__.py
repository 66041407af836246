"""The program: `tui-importer`, and `python -m tui_importer`."""

import signal
from typing import NoReturn

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it is ignored below nohup
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C before `main` can catch it prints no traceback


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    from tui_importer.cli.main import main

    main()


if __name__ == "__main__":
    main()
