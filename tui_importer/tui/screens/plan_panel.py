"""Panel of the plan in numbers: what an import would do, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import TextWrapper
from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.source.problems import BY_NAME
from tui_importer.text import by_frequency
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import dotted, dotted_lines
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.style.text import safe
from tui_importer.tui.widgets.header_line import badge
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Size

    from tui_importer.engine.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanData:
    """The plan; `titled` shows a title instead of the environment, which the header shows there."""

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
    warnings, kinds = _findings(plan)
    unknown = [_note(organizations.unknown, "unknown", "warn")] if organizations.unknown else []
    read_as = Content.styled(f"{'Read as':<27}{safe(plan.read_as, 120)}", muted) if plan.read_as else None
    proxy = Content.styled(f"{'Proxy':<27}{safe(environment.proxy, 120)}", muted) if environment.proxy else None
    rows = [
        writes_to,
        *(line for line in (proxy, read_as) if line),
        *_lines("Rows", plan.rows, [*refused, *kinds] or [Content.styled("none refused", muted)], width),
        *_lines("Users", plan.users, _people(plan), width),
        *_lines("Memberships", plan.memberships, [], width),
        *_lines(
            "Organizations",
            keys,
            [
                _note(organizations.existing, "existing"),
                _note(organizations.create, "to create", "good"),
                _note(organizations.conflict, "in conflict", "bad"),
                *unknown,
            ],
            width,
        ),
        *_roles(plan, width),
        *_repaired(plan, width),
        *_lines("Requests", plan.requests, [_duration(plan)], width),
    ]
    rows += [Content.styled(line, STYLES["warn"]) for note in plan.notes for line in _sentence(note, width)]
    if warnings:
        words = Content.styled("! The scan warns of ", STYLES["warn"])
        wrapped = dotted_lines(warnings, max(1, width - words.cell_length))
        rows += [(Content(" " * words.cell_length) if index else words) + line for index, line in enumerate(wrapped)]
    return [row.truncate(width, ellipsis=True) for row in rows]


def _sentence(note: str, width: int) -> list[str]:
    """A note in as many lines as it needs."""
    wrapper = TextWrapper(max(20, width), initial_indent="! ", subsequent_indent="  ", break_on_hyphens=False)
    return wrapper.wrap(safe(note))


def _findings(plan: Plan) -> tuple[list[Content], list[Content]]:
    """The kinds of findings that refuse no row, and those that do, each by frequency."""
    kinds: tuple[list[Content], list[Content]] = [], []
    for kind, count in by_frequency(plan.problems):
        refuses = kind not in BY_NAME or BY_NAME[kind].severity == "error"
        kinds[refuses].append(Content.styled(f"{safe(kind, 60)} {fmt.number(count)}", STYLES["muted"]))
    return kinds


def _lines(label: str, value: int, notes: Sequence[Content], width: int) -> list[Content]:
    """Label, number and notes; notes for which there is no room stand below the others."""
    number = Content.styled(fmt.number(value).rjust(10), "bold")
    first = Content.assemble((f"{label:<14}", STYLES["muted"]), number)
    if not notes:
        return [first]
    below = Content(" " * first.cell_length)
    gap = Content("   ")
    wrapped = dotted_lines(notes, max(1, width - first.cell_length - 3))
    return [(below if index else first) + gap + line for index, line in enumerate(wrapped)]


def _note(value: int, words: str, tone: Tone = "") -> Content:
    style = STYLES[tone] if value else STYLES["muted"]
    return Content.assemble(
        (fmt.number(value), f"{style} bold".strip() if value else style), (f" {words}", STYLES["muted"])
    )


def _roles(plan: Plan, width: int) -> list[Content]:
    if plan.roles_missing is None:
        note = Content.styled("the environment's roles could not be read", STYLES["warn"])
        return [Content.assemble((f"{'Roles missing':<14}", STYLES["muted"]), "?".rjust(10), "   ", note)]
    names = [Content.styled(safe(role, 60), STYLES["warn"]) for role in plan.roles_missing]
    return _lines("Roles missing", len(names), names, width)


def _repaired(plan: Plan, width: int) -> list[Content]:
    """The auto-fixes that are applied before values are sent, each with its number of rows."""
    fixed = {name: rows for name, rows in plan.repairs.items() if rows}
    notes = [Content.styled(f"{safe(name, 40)} {fmt.number(rows)}", STYLES["muted"]) for name, rows in fixed.items()]
    return _lines("Auto-fixed", sum(fixed.values()), notes, width) if fixed else []


def _people(plan: Plan) -> list[Content]:
    """How many of the people looked up exist already."""
    people = plan.people
    if not people.looked_up:
        return []
    whom = "all looked up" if people.looked_up >= plan.users else f"of {people.looked_up:,} looked up"
    return [_note(people.existing, f"exist already ({whom})")]


def _duration(plan: Plan) -> Content:
    span = fmt.time_range(plan.seconds_low, plan.seconds_high)
    return Content.assemble((span, "bold"), (" at the permitted rate", STYLES["muted"]))


class PlanPanel(Panel[PlanData]):
    """The plan, drawn."""

    def draw(self, data: PlanData) -> Sequence[Content]:
        """All lines that fit."""
        return _drawn(data, self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """As many lines as the plan has at a width."""
        return 0 if self.data is None else len(_drawn(self.data, width))


def _drawn(data: PlanData, width: int) -> list[Content]:
    rows = plan_lines(data.plan, width, dry_run=data.dry_run)
    return [Content.styled("Plan", "bold"), *rows[1:]] if data.titled else rows
