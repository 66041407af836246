"""Pictures of jobs in every state, their rows, and what a new job shows: what the console's tests look at."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tui_importer.engine.plan.plan import Environment, OrganizationPlan, Plan, UserPlan
from tui_importer.engine.run.message_shapes import shape_of
from tui_importer.engine.snapshot.models import (
    AttemptView,
    ChunkView,
    Eta,
    FailureDetail,
    FailureView,
    JobSummary,
    LogEntry,
    MembershipTotals,
    OrganizationTotals,
    OrganizationView,
    PhaseSeconds,
    RequestStats,
    Snapshot,
    Totals,
    UserTotals,
    WorkerView,
)
from tui_importer.source.models import Organization, Preview, Problem

NOW = datetime(2026, 11, 23, 14, 3, 59, tzinfo=UTC)
ROWS = 14_997


def ready() -> Snapshot:
    """Scanned and planned; nothing was written."""
    return Snapshot(
        job="acme-2026-11", source="/data/users-validated.csv", environment="STAGING", key_hint="sk_test_…x7Qd",
        base_url="https://api.workos.com", state="ready", phase="prewarm", scanned_rows=ROWS, scanned_share=1.0,
        totals=Totals(rows=ROWS), organizations=OrganizationTotals(total=152), seconds=PhaseSeconds(scan=0.4),
        log_entries=0, requests=RequestStats(permitted=39.2, limit=50.0), chunks=chunks(),
    )  # fmt: skip


def prewarming(resolved: int = 96, failed: int = 3) -> Snapshot:
    """Resolving organizations."""
    return replace(
        ready(), state="running", elapsed=2.6,
        organizations=OrganizationTotals(total=152, resolved=resolved, created=resolved - 4, failed=failed),
        seconds=PhaseSeconds(scan=0.4, prewarm=2.1),
        requests=RequestStats(
            requests=resolved * 2, in_flight=10, rate=61.0, write_rate=38.2, permitted=39.2, limit=50.0, p50=120,
            p95=190, p99=233, history=(0.0, 12.0, 31.0, 38.0), statuses=((200, resolved + 4), (404, resolved - 4)),
        ),
    )  # fmt: skip


def importing(created: int = 9_301, existing: int = 12, failed: int = 7, blocked: int = 0) -> Snapshot:
    """In the middle of the import."""
    done = created + existing + failed
    return replace(
        ready(), state="running", phase="import", elapsed=252.0,
        totals=Totals(rows=ROWS, created=created, existing=existing, failed=failed, blocked=blocked),
        organizations=OrganizationTotals(
            total=152, resolved=152 - bool(blocked), created=149, failed=int(bool(blocked))
        ),
        cache_hits=done, seconds=PhaseSeconds(scan=0.4, prewarm=3.4, import_=248.0),
        requests=RequestStats(
            requests=18_702, retries=14, in_flight=11, rate=41.3, write_rate=38.9, permitted=39.2, limit=50.0, p50=164,
            p95=212, p99=341, history=tuple([6.0, 14.0, 25.0, 33.0] + [38.0 + (i % 5) * 0.3 for i in range(56)]),
            statuses=((0, 2), (200, 18_640), (404, 39), (409, 12), (422, 7), (503, 2)),
        ),
        eta=Eta(218, 224), bound="write limit 39.2/50", chunks=chunks(created, existing, failed), workers=workers(),
        workers_wanted=12, failures=failed, log_entries=0,
    )  # fmt: skip


def paused(reason: str = "21 of the last 200 rows failed (10.5 %), most often: email is not valid") -> Snapshot:
    """The run paused itself."""
    return replace(
        importing(failed=27), state="paused", reason=reason, eta=None, bound="",
        next_step="Look at the errors; when they are expected, go on.", workers=(),
    )  # fmt: skip


def finished(failed: int = 7) -> Snapshot:
    """All rows have an outcome."""
    created = ROWS - 12 - failed
    return replace(
        importing(created=created, failed=failed), state="finished", phase="done", elapsed=386.0, eta=None, bound="",
        users=UserTotals(created=14_961, existing=12, failed=failed),
        memberships=MembershipTotals(created=14_978, existing=7),
        seconds=PhaseSeconds(scan=0.4, prewarm=3.4, import_=382.0), workers=(),
        requests=RequestStats(
            requests=30_131, import_writes=14_850, retries=14, rate_limited=2, permitted=39.2, limit=50.0, p50=164,
            p95=212, p99=341, statuses=((0, 2), (200, 30_066), (404, 39), (409, 12), (422, 7), (429, 2), (503, 3)),
        ),
    )  # fmt: skip


def chunks(
    created: int = 0, existing: int = 0, failed: int = 0, *, rows: int = ROWS, size: int = 1_000
) -> tuple[ChunkView, ...]:
    """Chunks of `rows` rows, done from the top; the failed ones from the second chunk on, the existing ones first."""
    done = created + existing + failed
    made = []
    for number, first in enumerate(range(1, rows + 1, size), 1):
        last = min(first + size - 1, rows)
        here = max(0, min(done - first + 1, last - first + 1))
        bad = min(failed, here) if number > 1 or done <= size else 0
        there = min(existing, here - bad)
        failed, existing = failed - bad, existing - there
        state = "done" if here == last - first + 1 else "running" if here else "waiting"
        made.append(
            ChunkView(
                chunk=number, first_row=first, last_row=last, state=state,  # type: ignore[arg-type]  # one of three words
                worker=number % 12 if here else None, created=here - bad - there, existing=there, failed=bad, skipped=0,
                rate=3.4 if here else 0.0, seconds=here / 3.4,
            )
        )  # fmt: skip
    return tuple(made)


def workers(count: int = 12) -> tuple[WorkerView, ...]:
    """Worker threads in different states."""
    states = ("running", "running", "waiting", "running", "backing off", "idle")
    details = ("row 9,311", "row 9,312", "rate limit", "row 9,314", "2.1 s", "")
    return tuple(
        WorkerView(
            worker=n, state=states[n % 6], detail=details[n % 6], chunk=10 + n % 3, row=9_310 + n,  # type: ignore[arg-type]  # words of the table above
            rows=770 + n, errors=n % 4 // 3, latency_ms=160.0 + n,
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def failure(sequence: int, **changes: object) -> FailureView:
    """One failed row."""
    kinds = (("user_invalid", 422, "email is not valid"), ("server_error", 503, "no answer in 8 attempts"))
    kind, status, message = kinds[sequence % 7 // 6]
    made = FailureView(
        sequence=sequence, time=NOW + timedelta(seconds=sequence), row=sequence * 131, line=sequence * 131 + 1,
        email=f"person{sequence}@example.com", organization=f"external_id:org-{sequence % 9}", step="user", kind=kind,
        status=status, message=message, request_id=f"req_{sequence:06}",
    )  # fmt: skip
    made = replace(made, **changes)  # type: ignore[arg-type]  # fields by name
    return replace(made, shape=shape_of(made.message), retryable=made.row is not None and made.step != "row")


def detail_of(view: FailureView) -> FailureDetail:
    """Everything known of one failure."""
    body = json.dumps({"email": view.email, "first_name": "Ada", "password_hash": "•••"}, ensure_ascii=False)
    answer = json.dumps(
        {"code": "user_creation_error", "message": "Could not create.", "errors": [{"code": view.kind}]}
    )
    attempt = AttemptView(
        time=view.time, method="POST", path="/user_management/users", status=view.status, code="user_creation_error",
        message=view.message, request_id=view.request_id, milliseconds=164.0, request_body=body, response_body=answer,
    )  # fmt: skip
    cells = (
        ("Email", view.email), ("First Name", "Ada"), ("Last Name", "Lovelace"), ("Company", "Acme"),
        ("Password Hash", "••• (bcrypt)"), ("Notes", ""),
    )  # fmt: skip
    return FailureDetail(
        failure=view, cells=cells, attempts=(attempt,), retryable=True,
        meaning="The API does not accept this e-mail address.",
        advice="Correct the address in the source, then retry the row.",
    )  # fmt: skip


def organizations(count: int = 152, failed: int = 0) -> list[OrganizationView]:
    """Organizations by key."""
    return [
        OrganizationView(
            key=f"external_id:org-{n:03}", name=f"Company {n:03}", workos_id=f"org_01HZ{n:06}" if n > failed else "",
            how="failed" if n <= failed else "existing" if n % 50 == 0 else "created", rows=n * 3 % 97 + 1,
            seconds=0.2, message="the name is taken by another organization" if n <= failed else "",
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def log_entries(count: int = 6) -> list[LogEntry]:
    """What the engine did."""
    texts = ("scan finished: 14,997 rows", "152 organizations resolved", "12 workers started", "429: waiting 2 s")
    return [
        LogEntry(n, NOW + timedelta(seconds=n), "warning" if n % 4 == 3 else "info", texts[n % 4]) for n in range(count)
    ]


def a_plan(environment: str = "STAGING") -> Plan:
    """The plan of the sample source."""
    return Plan(
        environment=an_environment(environment), rows=ROWS, refused_rows=7, users=14_973, memberships=14_985,
        organizations=OrganizationPlan(existing=3, create=147, conflict=2, unknown=0),
        problems={"email_invalid": 5, "metadata_invalid": 2}, roles_missing=("superadmin",), requests=30_131,
        seconds_low=375, seconds_high=402, people=UserPlan(looked_up=100, existing=12), webhooks=2,
        dialect="UTF-8, separated by a comma", preset="Auth0",
        notes=("2 webhook endpoints are enabled: each new object is sent there.",),
    )  # fmt: skip


def an_environment(name: str = "STAGING") -> Environment:
    """An environment with a few organizations."""
    return Environment(name, "sk_test_…x7Qd", "https://api.workos.com", ("Acme", "Globex", "Initech"))  # type: ignore[arg-type]  # a name of the enumeration


def a_preview() -> Preview:
    """The quick look at the sample source."""
    columns = ("Email", "First Name", "Last Name", "Company", "External Org Id", "Role", "Password Hash", "Notes")
    fields = {
        "email": "Email", "first_name": "First Name", "last_name": "Last Name", "org_name": "Company",
        "org_external_id": "External Org Id", "role_slug": "Role", "password_hash": "Password Hash",
    }  # fmt: skip
    sample = tuple(
        (f"person{n}@example.com", "Ada", "Lovelace", f"Company {n:03}", f"org-{n:03}", "member", "••• (bcrypt)", "")
        for n in range(20)
    )
    orgs = tuple(
        Organization(f"external_id:org-{n:03}", "external_id", f"org-{n:03}", f"Company {n:03}", 98, n)
        for n in range(152)
    )
    return Preview(
        size=19_580_597, columns=columns, fields=fields, unknown_columns=("Notes",), rows=ROWS, organizations=orgs,
        sample=sample, seconds=0.2, dialect="UTF-8, separated by a comma",
    )  # fmt: skip


def summary(job: str = "acme-2026-11", **changes: object) -> JobSummary:
    """One line of the jobs list."""
    made = JobSummary(
        job=job, source="/data/users-validated.csv", environment="STAGING", state="paused", reason="interrupted",
        totals=Totals(rows=ROWS, created=9_301, existing=12, failed=7), started=NOW - timedelta(hours=2),
        updated=NOW - timedelta(hours=1),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def findings() -> list[Problem]:
    """What the scan found in the sample source."""
    return [
        Problem(31, 32, "", "row_too_short", "The row has 6 values for 7 columns."),
        Problem(40, 41, "Email", "email_malformed", "“ann(at)example.com” is not an e-mail address."),
        Problem(41, 42, "Company", "organization_similar", "The name is nearly that in row 3.", "warning"),
        Problem(55, 56, "", "row_duplicate", "The row is the same as row 9 in every value.", "warning"),
    ]
