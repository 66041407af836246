"""Proxies and certificates on the new job's screen: which proxy is on the way, and why nothing can be reached."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.console.driving import console, line_with, screen_text, settle
from tests.console.fakes import FakeBackend
from tests.console.snapshots import a_plan, an_environment
from tests.console.test_console_new_job import SOURCE
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.plan_panel import plan_lines
from tui_importer.workos.errors import TlsFailed

PROXY = "proxy.corp.example:8080 (HTTPS_PROXY)"
SENTENCE = "The certificate of api.workos.com is not trusted: its CA is not in the system's trust store."
CURE = (
    "Behind a company's proxy, add the company's CA to the system's trust store, or "
    "name its file (PEM) in SSL_CERT_FILE."
)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_proxy_on_the_way_is_shown(size: tuple[int, int]) -> None:
    backend = FakeBackend(the_environment=replace(an_environment(), proxy=PROXY))
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        app.screen.query_one("#environment").scroll_visible(animate=False)
        await settle(pilot)
        assert f"Proxy        {PROXY}" in line_with(app, "Proxy")


@pytest.mark.parametrize("width", [76, 116])
def test_the_plan_names_the_proxy(width: int) -> None:
    plan = a_plan()
    lines = [
        line.plain for line in plan_lines(replace(plan, environment=replace(plan.environment, proxy=PROXY)), width)
    ]
    assert lines[1].split(maxsplit=1) == ["Proxy", PROXY]
    assert not any("Proxy" in line.plain for line in plan_lines(plan, width))


async def test_a_certificate_that_is_not_trusted_is_told_with_its_cure() -> None:
    backend = FakeBackend(the_environment=TlsFailed(SENTENCE, CURE))
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.screen.query_one("#environment").scroll_visible(animate=False)
        await settle(pilot)
        assert f"{SENTENCE} {CURE}" in " ".join(screen_text(app).split())
