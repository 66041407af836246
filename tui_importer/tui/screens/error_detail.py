"""Everything known of one failure: what it means, the row as in the file, and each request with its answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from tui_importer.tui import format as fmt
from tui_importer.tui.actions import Place, When, bindings_of
from tui_importer.tui.drawing import lines
from tui_importer.tui.marks import STYLES
from tui_importer.tui.privacy import is_name_column
from tui_importer.tui.screens.base import ConsoleScreen, Reader
from tui_importer.tui.text import notify_safe, safe, safe_lines
from tui_importer.tui.widgets.header_line import header_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from textual.app import ComposeResult

    from tui_importer.engine.snapshot import AttemptView, FailureDetail, JobView
    from tui_importer.tui.privacy import Privacy
    from tui_importer.tui.widgets.virtual_table import VirtualTable

_BODY = 4_096
"""Characters of a body shown; the journal keeps no more."""


class ErrorDetailScreen(ConsoleScreen[None]):
    """Shows the failure under the cursor of `table`; stepping moves that cursor."""

    BINDINGS = bindings_of(Place.DETAIL)
    AUTO_FOCUS = "#reader"
    place: ClassVar[Place] = Place.DETAIL

    def __init__(self, view: JobView, table: VirtualTable) -> None:
        super().__init__()
        self._view, self._table = view, table
        self.detail: FailureDetail | None = None

    def body(self) -> ComposeResult:
        """One text to scroll through."""
        with Reader(id="reader"):
            yield Static(Content(""), id="detail")

    def on_mount(self) -> None:
        """Show the failure under the cursor."""
        self._load()

    def _load(self) -> None:
        row = self._table.current
        sequence = None if row is None else row["sequence"]
        if not isinstance(sequence, int):
            return
        app = self.console_app
        self.detail = self._view.failure_detail(sequence)
        position = f"error {self._table.cursor + 1:,} of {len(self._table.rows):,}"
        self.show_header(replace(header_of(self._view.snapshot(), masked=app.privacy.on), detail=position))
        shown = detail_lines(self.detail, app.privacy, app.zone)
        self.query_one("#detail", Static).update(lines(shown))
        self.query_one(Reader).scroll_home(animate=False)
        self.refresh_bindings()

    def privacy_changed(self) -> None:
        """Draw it anew."""
        self._load()

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        if when is When.HAS_PREVIOUS:
            return self._table.cursor > 0
        if when is When.HAS_NEXT:
            return self._table.cursor < len(self._table.rows) - 1
        if when is When.HAS_REQUEST_ID:
            return bool(self._request_id)
        return super().holds(when)

    @property
    def _request_id(self) -> str:
        if self.detail is None:
            return ""
        attempts = [attempt.request_id for attempt in self.detail.attempts if attempt.request_id]
        return self.detail.failure.request_id or (attempts[-1] if attempts else "")

    def action_step(self, by: int) -> None:
        """The error before or after."""
        self._table.move_cursor(self._table.cursor + by)
        self._load()

    def action_copy_request_id(self) -> None:
        """Copy the request id; support asks for it."""
        request_id = safe(self._request_id, 200)
        self.app.copy_to_clipboard(request_id)
        notify_safe(self.app, f"Copied {request_id}.")

    def action_back(self) -> None:
        """Back to the errors."""
        self.app.pop_screen()


def detail_lines(detail: FailureDetail, privacy: Privacy, zone: tzinfo | None) -> list[Content]:
    """The whole text: what it means and what to do come first."""
    failure = detail.failure
    names = [value for header, value in detail.cells if value and is_name_column(header)]

    def shown(value: str) -> str:
        return privacy.body(value, names)

    where = [f"row {failure.row:,}" if failure.row is not None else "organization"]
    if failure.line is not None:
        where.append(f"line {failure.line:,}")
    if failure.status:
        where.append(f"HTTP {failure.status}")
    muted = STYLES["muted"]
    result = [
        Content.assemble(
            (f"✖ {safe(failure.kind)}", f"{STYLES['bad']} bold"), (f"   step {safe(failure.step)}", ""),
            (f"   {' · '.join(where)}   {fmt.time_of_day(failure.time, zone)}", muted),
        ),
        Content(safe(shown(failure.message))),
        Content(""),
        *_titled("What it means", [detail.meaning]),
        *_titled("What to do", [detail.advice]),
    ]  # fmt: skip
    if detail.cells:
        result += [_heading("The row, as in the file"), *_cells(detail, privacy), Content("")]
    elif failure.organization:
        result += _titled("Organization", [privacy.text(failure.organization)])
    if not detail.attempts:
        result.append(Content.styled("No request was sent for it.", muted))
    for number, attempt in enumerate(detail.attempts, 1):
        result += [*_attempt(attempt, f"Attempt {number} of {len(detail.attempts)}", privacy, names, zone), Content("")]
    return result


def _heading(text: str) -> Content:
    return Content.styled(text, f"{STYLES['accent']} bold")


def _titled(title: str, texts: list[str]) -> list[Content]:
    return [_heading(title), *(Content(f"  {safe(text)}") for text in texts if text), Content("")]


def _cells(detail: FailureDetail, privacy: Privacy) -> list[Content]:
    width = min(24, max(len(safe(header, 24)) for header, _ in detail.cells))
    return [
        Content.assemble(
            (f"  {safe(header, 24):<{width}}  ", STYLES["muted"]),
            safe(privacy.cell(header, value)) if value else Content.styled("–", STYLES["faint"]),
        )
        for header, value in detail.cells
    ]


def _attempt(
    attempt: AttemptView, title: str, privacy: Privacy, names: list[str], zone: tzinfo | None
) -> list[Content]:
    muted = STYLES["muted"]
    status = f"{attempt.status}" if attempt.status else "no answer"
    good = attempt.status is not None and attempt.status < 300
    answer = [part for part in (attempt.code, privacy.body(attempt.message, names)) if part]
    return [
        Content.assemble(
            (title, f"{STYLES['accent']} bold"),
            (f"   {fmt.time_of_day(attempt.time, zone)} · {fmt.milliseconds(attempt.milliseconds)}", muted),
        ),
        Content.assemble(
            ("  request   ", muted), (safe(attempt.method, 10), "bold"), f" {safe(privacy.body(attempt.path, names))}"
        ),
        *_body(attempt.request_body, privacy, names),
        Content.assemble(
            ("  response  ", muted), (status, f"{STYLES['good' if good else 'bad']} bold"),
            f" {safe(' · '.join(answer))}" if answer else "",
            (f"   request id {safe(attempt.request_id, 100)}" if attempt.request_id else "   no request id", muted),
        ),
        *_body(attempt.response_body, privacy, names),
    ]  # fmt: skip


def _body(body: str, privacy: Privacy, names: list[str]) -> list[Content]:
    if not body:
        return []
    try:
        pretty = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        pretty = body
    return [Content(f"            {line}") for line in safe_lines(privacy.body(pretty[:_BODY], names))]
