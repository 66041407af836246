"""The plan in numbers: what an import would do, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.tui import format as fmt
from tui_importer.tui.drawing import dotted
from tui_importer.tui.marks import STYLES, Tone
from tui_importer.tui.text import safe
from tui_importer.tui.widgets.header_line import badge
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanData:
    """The plan; `titled` shows a title instead of the environment, which the header tells there."""

    plan: Plan
    titled: bool = False
    dry_run: bool = False


def plan_lines(plan: Plan, width: int, *, dry_run: bool = False) -> list[Content]:
    """The plan as aligned lines; the environment first, warnings where they belong."""
    environment = plan.environment
    organizations = plan.organizations
    keys = organizations.existing + organizations.create + organizations.conflict + organizations.unknown
    muted = STYLES["muted"]
    where = dotted([Content(safe(environment.base_url, 120)), Content(safe(environment.key_hint, 40))])
    writes_to = Content.assemble(
        (f"{'Writes to':<14}", muted), badge(environment.name, dry_run=dry_run), "  ", where.stylize_before(muted)
    )
    refused = [_note(plan.refused_rows, "refused by the scan", "bad")] if plan.refused_rows else []
    kinds = [Content.styled(f"{safe(kind, 60)} {fmt.number(count)}", muted) for kind, count in _by_count(plan)]
    rows = [
        writes_to,
        _line("Rows", plan.rows, [*refused, *kinds] or [Content.styled("none refused", muted)]),
        _line("Users", plan.users, []),
        _line("Memberships", plan.memberships, []),
        _line(
            "Organizations",
            keys,
            [
                _note(organizations.existing, "existing"),
                _note(organizations.create, "to create", "good"),
                _note(organizations.conflict, "in conflict", "bad"),
                _note(organizations.unknown, "unknown", "warn"),
            ],
        ),
        _roles(plan),
        _line("Requests", plan.requests, [_duration(plan)]),
    ]
    rows += [Content.styled(f"! {safe(note)}", STYLES["warn"]) for note in plan.notes]
    return [row.truncate(width, ellipsis=True) for row in rows]


def _by_count(plan: Plan) -> list[tuple[str, int]]:
    return sorted(plan.problems.items(), key=lambda item: (-item[1], item[0]))


def _line(label: str, value: int, notes: Sequence[Content]) -> Content:
    number = Content.styled(fmt.number(value).rjust(10), "bold")
    tail = Content.assemble("   ", dotted(notes)) if notes else Content("")
    return Content.assemble((f"{label:<14}", STYLES["muted"]), number, tail)


def _note(value: int, words: str, tone: Tone = "") -> Content:
    style = STYLES[tone] if value else STYLES["muted"]
    return Content.assemble(
        (fmt.number(value), f"{style} bold".strip() if value else style), (f" {words}", STYLES["muted"])
    )


def _roles(plan: Plan) -> Content:
    if plan.roles_missing is None:
        note = Content.styled("the environment's roles could not be read", STYLES["warn"])
        return Content.assemble((f"{'Roles missing':<14}", STYLES["muted"]), "?".rjust(10), "   ", note)
    names = [Content.styled(safe(role, 60), STYLES["warn"]) for role in plan.roles_missing]
    return _line("Roles missing", len(names), names)


def _duration(plan: Plan) -> Content:
    span = fmt.time_range(plan.seconds_low, plan.seconds_high)
    return Content.assemble((span, "bold"), (" at the permitted rate", STYLES["muted"]))


class PlanPanel(Panel[PlanData]):
    """Draws the plan."""

    def draw(self, data: PlanData) -> Sequence[Content]:
        """All lines that fit."""
        width = self.content_size.width
        rows = plan_lines(data.plan, width, dry_run=data.dry_run)
        return [Content.styled("Plan", "bold"), *rows[1:]] if data.titled else rows
