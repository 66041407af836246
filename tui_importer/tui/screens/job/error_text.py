"""Texts of one failure: pure functions from what is known of it to lines, everything from outside made harmless."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui_importer.source.cells import MASK
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import lines
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.masking import is_name_column
from tui_importer.tui.style.text import safe, safe_lines
from tui_importer.workos import bounded_json

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from tui_importer.engine.snapshot.models import AttemptView, FailureDetail
    from tui_importer.tui.style.masking import Privacy

_BODY: Final = 16_384
"""Characters of a body shown pretty; the journal keeps 4 KiB of it, and indentation makes it longer."""
_SHORT_BODY: Final = 600
"""Characters of a body shown in one line."""

_HIDDEN: Final = "  never shown"

_MUTED, _HEADING, _FAINT = STYLES["muted"], f"{STYLES['accent']} bold", STYLES["faint"]


@dataclass(frozen=True, slots=True)
class DetailText:
    """Lines of one failure, masked when masking is on, with times of `zone`."""

    detail: FailureDetail
    privacy: Privacy
    zone: tzinfo | None

    def _shown(self, text: str) -> str:
        names = [value for header, value in self.detail.cells if value and is_name_column(header)]
        return self.privacy.body(text, names)

    def head(self) -> Content:
        """Kind, step, where and when; below it the words of the refusal."""
        failure = self.detail.failure
        where = [f"row {failure.row:,}" if failure.row is not None else "organization"]
        if failure.line is not None:
            where.append(f"line {failure.line:,}")
        if failure.status:
            where.append(f"HTTP {failure.status}")
        first = Content.assemble(
            (f"✖ {safe(failure.kind)}", f"{STYLES['bad']} bold"), f"   step {safe(failure.step)}",
            (f"   {' · '.join(where)}   {self._time(failure.time)}", _MUTED),
        )  # fmt: skip
        return lines([first, Content(safe(self._shown(self.privacy.message(failure.message, failure.kind))))])

    def meaning(self) -> Content:
        """What it means."""
        return Content(safe(self.detail.meaning))

    def advice(self) -> Content:
        """What to do, and what this screen can do about it."""
        rows = [Content(safe(self.detail.advice))]
        if self.detail.failure.row is not None and not self.detail.retryable:
            rows.append(Content.styled("The job's rows are frozen: this row cannot be tried again by it.", _MUTED))
        return lines(rows)

    def row(self) -> Content | None:
        """The cells as in the file; None for an organization."""
        cells = self.detail.cells
        if not cells:
            return None
        width = min(24, max(len(safe(header, 24)) for header, _ in cells))
        return lines(
            [
                Content.assemble(
                    (f"{safe(header, 24):<{width}}  ", _MUTED),
                    safe(self.privacy.cell(header, value)) if value else Content.styled("–", _FAINT),
                    (_HIDDEN if value and value.startswith(MASK) else "", _FAINT),
                )
                for header, value in cells
            ]
        )

    def organization(self) -> Content | None:
        """The key that failed; None for a row."""
        failure = self.detail.failure
        if failure.row is not None or not failure.organization:
            return None
        return Content(self.privacy.text(safe(failure.organization)))

    def attempts(self) -> Content:
        """Each request that failed and what came of it, the oldest first."""
        if not self.detail.attempts:
            return Content.styled("No request was sent for it.", _MUTED)
        shown: list[Content] = []
        for number, attempt in enumerate(self.detail.attempts, 1):
            shown.append(Content.assemble((f"{number}  ", "bold"), (self._when(attempt), _MUTED)))
            shown += [self._request(attempt, "   "), self._answer(attempt, "   ")]
        return lines(shown)

    def last_request(self) -> Content | None:
        """The body of the newest request in one line; None when it had none."""
        return self._compact(self.detail.attempts[-1].request_body) if self.detail.attempts else None

    def last_response(self) -> Content | None:
        """The body of the newest answer in one line; None when there was none."""
        return self._compact(self.detail.attempts[-1].response_body) if self.detail.attempts else None

    def raw(self) -> Content:
        """Every request and its answer with their bodies, as pretty as they can be made."""
        attempts = self.detail.attempts
        if not attempts:
            return Content.styled("No request was sent for it.", _MUTED)
        shown: list[Content] = []
        for number, attempt in enumerate(attempts, 1):
            title = (f"Attempt {number} of {len(attempts)}   ", _HEADING)
            shown.append(Content.assemble(title, (self._when(attempt), _MUTED)))
            shown += [self._request(attempt, "  "), *self._pretty(attempt.request_body), Content("")]
            shown += [self._answer(attempt, "  "), *self._pretty(attempt.response_body), Content("")]
        return lines(shown)

    def _when(self, attempt: AttemptView) -> str:
        request_id = f"request id {safe(attempt.request_id, 100)}" if attempt.request_id else "no request id"
        return f"{self._time(attempt.time)} · {fmt.milliseconds(attempt.milliseconds)} · {request_id}"

    def _time(self, moment: datetime) -> str:
        """The time of day; with the day when that is another one than the failure's."""
        same = moment.astimezone(self.zone).date() == self.detail.failure.time.astimezone(self.zone).date()
        return fmt.time_of_day(moment, self.zone) if same else fmt.day_and_time(moment, self.zone)

    def _request(self, attempt: AttemptView, indent: str) -> Content:
        return Content.assemble(indent, (safe(attempt.method, 10), "bold"), f" {safe(self._shown(attempt.path))}")

    def _answer(self, attempt: AttemptView, indent: str) -> Content:
        good = attempt.status is not None and attempt.status < 300
        status = (f"{attempt.status or '✖'}", f"{STYLES['good' if good else 'bad']} bold")
        words = " · ".join(part for part in (attempt.code, self._shown(attempt.message)) if part)
        return Content.assemble(indent, status, f" {safe(words)}" if words else "")

    def _compact(self, body: str) -> Content | None:
        if not body:
            return None
        with suppress(ValueError):  # then it is no JSON, and shown as it is
            body = json.dumps(bounded_json.parse(body), ensure_ascii=False)
        return Content(safe(self._shown(body), _SHORT_BODY))

    def _pretty(self, body: str) -> list[Content]:
        if not body:
            return [Content.styled("    no body", _FAINT)]
        with suppress(ValueError):  # then it is no JSON, and shown as it is
            body = json.dumps(bounded_json.parse(body), indent=2, ensure_ascii=False)
        return [Content(f"    {line}") for line in safe_lines(self._shown(body[:_BODY]))]
