"""Connection to the API, with the limits that the options set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.workos.connection import Connection
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from tui_importer.engine.options import RunOptions
    from tui_importer.secret import Secret


def connect(base_url: str, key: Secret, options: RunOptions) -> Connection:
    """Make the connection that these options mean. Raises BadBaseUrl, InsecureUrl."""
    return Connection(base_url, key, RateLimiter(writes_per_10s=options.writes_per_10s, share=options.share))
