"""The plan as a document for programs and as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source.problems import BY_NAME
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.engine.plan.plan import Plan, ProblemGroup


def plan_document(plan: Plan) -> Mapping[str, object]:
    """The JSON document of `--dry-run`. `roles_missing` and `webhooks` are null when they could not be read.

    `proxy` is null without one.
    """
    return {
        "environment": plan.environment.name,
        "rows": plan.rows,
        "users": plan.users,
        "memberships": plan.memberships,
        "organizations": {
            "existing": plan.organizations.existing,
            "create": plan.organizations.create,
            "conflict": plan.organizations.conflict,
            "unknown": plan.organizations.unknown,
        },
        "problems": dict(plan.problems),
        "roles_missing": None if plan.roles_missing is None else list(plan.roles_missing),
        "requests": plan.requests,
        "seconds": round(plan.seconds_low, 1),
        "dialect": plan.dialect,
        "preset": plan.preset,
        "coverage": [use.document() for use in plan.coverage],
        "users_looked_up": plan.people.looked_up,
        "users_existing": plan.people.existing,
        "webhooks": plan.webhooks,
        "repairs": dict(plan.repairs),
        "findings": [_finding(group) for group in plan.groups],
        "proxy": plan.environment.proxy or None,
    }


def _finding(group: ProblemGroup) -> Mapping[str, object]:
    examples = [
        {"row": problem.row, "line": problem.line, "column": problem.column, "message": problem.message}
        for problem in group.examples
    ]
    return {
        "kind": group.kind,
        "severity": group.severity,
        "count": group.count,
        "next": BY_NAME[group.kind].suggestion,
        "examples": examples,
    }


def plan_lines(plan: Plan) -> list[str]:
    """The plan as lines for people."""
    environment = plan.environment
    known = ", ".join(safe(name, 60) for name in environment.organizations) or "no organizations yet"
    found = plan.organizations
    lines = [
        f"Environment    {environment.name}  {environment.key_hint}  {environment.base_url}",
        f"               has: {known}",
        *([f"               through the proxy {safe(environment.proxy)}"] if environment.proxy else []),
        f"Rows           {plan.rows:,}" + (f", {plan.refused_rows:,} of them refused" if plan.refused_rows else ""),
        f"Users          {plan.users:,}, memberships {plan.memberships:,}{_known(plan)}",
        f"Organizations  {found.existing:,} existing, {found.create:,} to create"
        + (f", {found.conflict:,} in conflict" if found.conflict else "")
        + (f", {found.unknown:,} unknown" if found.unknown else ""),
        f"Requests       about {plan.requests:,}, {span(plan.seconds_low, plan.seconds_high)} at the permitted rate",
    ]
    rows = 3 if environment.proxy else 2
    lines[rows:rows] = _file_lines(plan)
    if plan.repairs:
        done = ", ".join(f"{name} ({rows:,})" for name, rows in plan.repairs.items() if rows)
        lines += [f"Auto-fixed     {done}"] if done else []
    lines += [line for group in plan.groups for line in _group_lines(group)]
    if plan.roles_missing:
        lines.append("Roles missing  " + ", ".join(safe(role, 60) for role in plan.roles_missing))
    lines += [f"Note           {safe(note)}" for note in plan.notes]
    return lines


def _file_lines(plan: Plan) -> list[str]:
    """The lines about the source: how it is read, and which of its columns are not used."""
    lines = [f"File           {safe(plan.read_as)}"] if plan.read_as else []
    unused = [safe(use.header, 60) for use in plan.coverage if use.use == "unused"]
    if plan.coverage:
        used = len(plan.coverage) - len(unused)
        lines.append(f"Columns        {used:,} used" + (f", not used: {', '.join(unused)}" if unused else ""))
    return lines


def _known(plan: Plan) -> str:
    """The number of people who exist already."""
    people = plan.people
    if not people.looked_up:
        return ""
    if people.looked_up >= plan.users:
        return f"; {plural(people.existing, 'of the people exists', 'of the people exist')} already"
    looked_up = plural(people.looked_up, "person", "people")
    return f"; of {looked_up} looked up {plural(people.existing, 'exists', 'exist')} already"


def _group_lines(group: ProblemGroup) -> list[str]:
    """One line for a kind of finding, and one for each of its first examples."""
    label = "Not imported" if group.severity == "error" else "To check"
    lines = [f"{label:<14} {group.count:,} {group.kind}"]
    lines.append(f"               {BY_NAME[group.kind].suggestion}")
    return lines + [f"               line {found.line:,}: {safe(found.message, 160)}" for found in group.examples]


def span(low: float, high: float) -> str:
    """`3 min to 4 min`, or one of them when both read the same."""
    ends = [duration(low), duration(high)]
    return " to ".join(dict.fromkeys(ends))


def duration(seconds: float) -> str:
    """`45 s`, `3 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
