"""Errors that keep the sandbox from starting."""

from __future__ import annotations

from tui_importer.errors import ImporterError


class SandboxError(ImporterError):
    """The sandbox cannot listen at the address it was given."""

    kind = "sandbox"
