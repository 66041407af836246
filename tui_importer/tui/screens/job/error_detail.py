"""Detail screen of one failure: what it means, the row as in the file, and each request with its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_importer.errors import ImporterError
from tui_importer.tui.actions.registry import Place, When, bindings_of
from tui_importer.tui.screens.base import ConsoleScreen, Reader, styles
from tui_importer.tui.screens.job.error_text import DetailText
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.widgets.header_line import header_of
from tui_importer.tui.widgets.section import Section

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import FailureDetail
    from tui_importer.tui.screens.job.retry_and_skip import Review
    from tui_importer.tui.table.table import VirtualTable

_GONE = "This failure is over: its row is tried again, went through, or was skipped."


class ErrorDetailScreen(ConsoleScreen[None]):
    """The failure under the cursor of `table`; stepping moves that cursor. `detail` is None when it is gone."""

    CSS_PATH = styles("error_detail")
    BINDINGS = bindings_of(Place.DETAIL)
    AUTO_FOCUS = "#reader"
    place: ClassVar[Place] = Place.DETAIL

    def __init__(self, view: JobView, table: VirtualTable, review: Review) -> None:
        super().__init__()
        self._view, self._table, self._review = view, table, review
        self.detail: FailureDetail | None = None

    def body(self) -> ComposeResult:
        """Two columns where there is room for them, one below the other otherwise; or the requests alone."""
        with Reader(id="reader"):
            yield Static(Content(""), id="head")
            with Container(id="columns"):
                with Vertical(id="what"):
                    yield Section("What it means", id="meaning")
                    yield Section("What to do", id="advice")
                    yield Section("Organization", id="organization")
                    yield Section("The row, as in the file", id="row")
                with Vertical(id="requests"):
                    yield Section("Attempts", id="attempts")
                    yield Section("The last request", id="request")
                    yield Section("The answer to it", id="response")
            yield Static(Content(""), id="raw")

    def on_mount(self) -> None:
        """Show the failure under the cursor."""
        self._load()

    def _load(self) -> None:
        sequence = self._table.current_id
        if not isinstance(sequence, int):
            return
        app = self.console_app
        position = f"error {self._table.cursor + 1:,} of {len(self._table.rows):,}"
        self.show_header(header_of(self._view.snapshot(), masked=app.privacy.on)._replace(detail=position))
        try:
            self.detail = self._view.failure_detail(sequence)
        except LookupError:
            self._show_gone(_GONE)
        except ImporterError as error:
            self._show_gone(error_text(error))
        else:
            self._show(DetailText(self.detail, app.privacy, app.zone))
        self.query_one(Reader).scroll_home(animate=False)
        self.refresh_bindings()

    def _show(self, text: DetailText) -> None:
        self.query_one("#head", Static).update(text.head())
        for name, content in (
            ("meaning", text.meaning()), ("advice", text.advice()), ("organization", text.organization()),
            ("row", text.row()), ("attempts", text.attempts()), ("request", text.last_request()),
            ("response", text.last_response()),
        ):  # fmt: skip
            self.query_one(f"#{name}", Section).show(content)
        self.query_one("#raw", Static).update(text.raw())

    def _show_gone(self, words: str) -> None:
        self.detail = None
        self.query_one("#head", Static).update(Content(safe(words)))
        for section in self.query(Section):
            section.show(None)
        self.query_one("#raw", Static).update(Content(""))

    def privacy_changed(self) -> None:
        """Draw it again."""
        self._load()

    def failures_changed(self) -> None:
        """Errors were tried again or skipped: show the one that is under the cursor now, or go back without any."""
        if not len(self._table.rows):
            self.app.pop_screen()
        elif self._is_over():
            self._load()

    def _is_over(self) -> bool:
        """Whether the failure that is shown is not the one under the cursor any more, or gone."""
        if self.detail is None or self.detail.failure.sequence != self._table.current_id:
            return True
        try:
            self._view.failure_detail(self.detail.failure.sequence)
        except (LookupError, ImporterError):
            return True
        return False

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        if when is When.HAS_PREVIOUS:
            return self._table.cursor > 0
        if when is When.HAS_NEXT:
            return self._table.cursor < len(self._table.rows) - 1
        if when is When.HAS_REQUEST_ID:
            return bool(self._request_id)
        detail = self.detail
        held = {
            When.ERROR_CAN_BE_TRIED: detail is not None and (detail.retryable or detail.failure.row is None),
            When.ERROR_CAN_BE_SKIPPED: detail is not None and detail.failure.row is not None,
            When.REQUESTS_ARE_SHORT: detail is not None and bool(detail.attempts) and not self.has_class("-raw"),
            When.REQUESTS_ARE_RAW: self.has_class("-raw"),
        }
        return held.get(when, super().holds(when))

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

    def action_retry(self) -> None:
        """Try this one again."""
        if self.detail is not None:
            self._review.retry(self._review.picked([self.detail.failure.sequence]))

    def action_skip(self) -> None:
        """Skip this one for a reason."""
        if self.detail is not None:
            self._review.skip(self._review.picked([self.detail.failure.sequence]))

    def action_raw(self, on: bool) -> None:  # noqa: FBT001 - the parameter of a Textual action
        """Show requests and answers in full, or what they come to."""
        self.set_class(on, "-raw")
        self.query_one(Reader).scroll_home(animate=False)
        self.refresh_bindings()

    def action_copy_request_id(self) -> None:
        """Copy the request id; support asks for it."""
        request_id = safe(self._request_id, 200)
        self.app.copy_to_clipboard(request_id)
        notify_safe(self.app, f"Copied {request_id}.")

    def action_back(self) -> None:
        """Back to the errors."""
        self.app.pop_screen()
