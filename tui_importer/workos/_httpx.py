"""The one place that imports httpx, without its command line, which is a third of its import or more.

When rich, click and pygments are installed, httpx loads them for a command that is not called here. A module that is
None in `sys.modules` cannot be imported; httpx then does without its command, as where those three are missing.
"""

import sys

_COMMAND = "httpx._main"

if "httpx" not in sys.modules:
    sys.modules[_COMMAND] = None  # type: ignore[assignment] # so Python knows what must not be imported

import httpx  # noqa: E402 - only now

if _COMMAND in sys.modules and sys.modules[_COMMAND] is None:
    del sys.modules[_COMMAND]

__all__ = ["httpx"]
