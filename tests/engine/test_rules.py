"""The engine's rules one by one: who is to blame, when to stop, how files are cut, what is ours."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tui_importer.engine
from tui_importer.engine.errors import GaveUp, Interrupted, SetAside
from tui_importer.engine.halt import Halt
from tui_importer.engine.job.explanations import OWN, explain_failure
from tui_importer.engine.job.source import fitting_chunk_size
from tui_importer.engine.run.step_context import adopted
from tui_importer.engine.run.tally import Tally
from tui_importer.engine.run.workers import ChunkQueue
from tui_importer.engine.service.api_calls import Calls
from tui_importer.engine.service.health import Health
from tui_importer.engine.service.metrics import Metrics
from tui_importer.engine.service.stop import Breaker, Control
from tui_importer.engine.service.timeouts import Patience
from tui_importer.journal.records import UNKNOWN_TIME, Flag, How
from tui_importer.source.problems import ERRORS
from tui_importer.workos.errors import NotSent, RateLimited, ServiceFailed
from tui_importer.workos.explanations import CODES, KINDS
from tui_importer.workos.server_clock import ServerClock

QUICK = Patience(first_backoff=0.001, longest_backoff=0.002, probe_longest=0.002, first_poll=0.001, longest_poll=0.002)
HALT = Halt("operator", "paused")


def health(control: Control | None = None, give_up_after: float = 60.0) -> Health:
    return Health(control or Control(), QUICK, give_up_after)


def failure() -> ServiceFailed:
    return ServiceFailed("down", status=503)


def test_a_call_that_fails_eight_times_while_others_succeed_is_given_up() -> None:
    found = health()
    tries = found.tries()
    for _ in range(7):
        found.succeeded()
        found.failed(failure(), tries)
    found.succeeded()
    with pytest.raises(GaveUp):
        found.failed(failure(), tries)


def test_when_nothing_succeeds_no_row_is_given_up_but_others_get_their_turn() -> None:
    found = health()
    tries = found.tries()
    aside = 0
    for _ in range(60):
        found.enter()
        try:
            found.failed(failure(), tries)
        except SetAside:
            aside += 1
    assert aside > 5
    assert found.backing_off.endswith("503")
    found.succeeded()
    assert found.backing_off == ""


def test_the_pause_between_probes_doubles_up_to_its_bound() -> None:
    found = Health(Control(), replace(QUICK, first_backoff=0.01, probe_longest=0.02, probes=100), 60.0)
    tries = found.tries()
    for _ in range(14):
        found.enter()
        found.failed(failure(), tries)
    assert found.backing_off == "0 s: 503", "eight probes later it would be seconds"


def test_work_that_finds_no_connection_is_set_aside() -> None:
    made, asked = calls(), 0

    def unsent() -> None:
        nonlocal asked
        asked += 1
        assert asked < 100, "it is sent again and again"
        raise NotSent("no connection")

    with pytest.raises(SetAside):
        made.write(unsent, made.health.tries())


def test_a_row_that_fails_alone_is_given_up_once_something_else_was_answered_meanwhile() -> None:
    made = calls()
    found = made.health
    tries = found.tries()

    def until_set_aside() -> None:
        while True:
            found.enter()
            found.failed(failure(), tries)

    def unanswered() -> None:
        raise failure()

    with pytest.raises(SetAside):
        until_set_aside()
    made.judge(lambda: pytest.fail("others go first"), tries)
    found.succeeded()  # another row, before the service broke down again
    for _ in range(3):
        with pytest.raises(SetAside):
            until_set_aside()
        made.judge(unanswered, tries)
    with pytest.raises(SetAside):
        until_set_aside()
    made.judge(lambda: None, tries)
    assert found.backing_off == "", "the service answers"
    with pytest.raises(GaveUp):
        until_set_aside()


def test_in_trouble_one_thread_probes_at_a_time_and_success_lets_all_through() -> None:
    found = health()
    found.threshold = 1
    tries = found.tries()

    def until_set_aside() -> None:
        while True:
            found.enter()
            found.failed(failure(), tries)

    with pytest.raises(SetAside):
        until_set_aside()
    found.enter()  # this thread probes now
    passed = threading.Event()

    def other() -> None:
        found.enter()
        passed.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert not passed.wait(0.1)
    found.succeeded()
    assert passed.wait(5)
    thread.join()


def test_after_the_patience_the_job_pauses_for_the_service() -> None:
    control = Control()
    found = health(control, give_up_after=0.0)
    found.threshold = 1
    tries = found.tries()
    found.enter()
    found.failed(failure(), tries)
    with pytest.raises(Interrupted):
        found.enter()
    assert control.halt is not None
    assert (control.halt.kind, control.cancelled.is_set()) == ("service", True)


def calls(control: Control | None = None) -> Calls:
    used = control or Control()
    return Calls(used, health(used), Metrics({}), QUICK)


def test_reads_are_repeated_and_writes_only_when_they_had_no_effect() -> None:
    made = calls()
    answers: list[Exception | str] = [RateLimited("wait", retry_after=1.0), NotSent("no"), failure(), "found"]

    def send() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert made.read(send, made.health.tries()) == "found"
    answers[:] = [RateLimited("wait", retry_after=None), NotSent("no"), failure(), "never"]
    with pytest.raises(ServiceFailed):
        made.write(send, made.health.tries())
    assert answers == ["never"]


def test_reads_that_got_through_in_the_end_are_not_added_up() -> None:
    made = calls()
    tries = made.health.tries()
    for _ in range(6):
        answers: list[Exception | str] = [failure(), failure(), failure(), "found"]

        def send(answers: list[Exception | str] = answers) -> str:
            made.health.succeeded()  # other rows
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        assert made.read(send, tries) == "found"
    assert tries.counted == 0


def test_a_cancelled_run_sends_nothing_more() -> None:
    control = Control()
    made = calls(control)
    control.cancel(HALT)
    with pytest.raises(Interrupted):
        made.read(lambda: pytest.fail("sent"), made.health.tries())


def test_a_poll_looks_at_least_twice_and_ends_when_the_run_drains() -> None:
    control = Control(drain_patience=0.0)
    made = calls(control)
    looks: list[int] = []

    def look() -> str | None:
        looks.append(1)
        return "there" if len(looks) == 3 else None

    assert made.poll(look, 30.0) == "there"
    assert made.poll(lambda: None, 0.0) is None
    control.drain(HALT)
    with pytest.raises(Interrupted):
        made.poll(lambda: None, 30.0)


def test_the_breaker_waits_for_fifty_rows_and_looks_at_the_last_two_hundred() -> None:
    breaker = Breaker(10.0)
    assert all(breaker.record(failed=True) is None for _ in range(49))
    assert breaker.record(failed=True) == 100.0
    breaker = Breaker(10.0)
    assert all(breaker.record(failed=n % 10 == 9) is None for n in range(1_000))
    for _ in range(200):
        breaker.record(failed=False)
    assert all(breaker.record(failed=True) is None for _ in range(20))
    assert breaker.record(failed=True) is not None
    assert Breaker(0).record(failed=True) == 100.0
    assert all(Breaker(None).record(failed=True) is None for _ in range(500))


@given(st.integers(1, 6_000_000))
def test_chunks_cover_every_row_once_and_keep_workers_busy(rows: int) -> None:
    size = fitting_chunk_size(rows)
    assert 25 <= size <= 1_000
    if rows >= 2_000:
        assert -(-rows // size) >= 30
    tally = Tally(min(rows, 20_000), size, [])
    bounds = [tally.bounds(chunk) for chunk in tally.unfinished()]
    assert bounds[0][0] == 1
    assert bounds[-1][1] == tally.rows
    assert all(before[1] + 1 == after[0] for before, after in pairwise(bounds))


def test_deferred_chunks_come_again_as_long_as_something_moves() -> None:
    queue = ChunkQueue([0, 1, 2])
    taken = [queue.take(lambda: False) for _ in range(3)]
    assert taken == [0, 1, 2]
    queue.done()
    queue.defer(2)
    queue.ask_for_another_round()
    queue.defer(1)
    assert [queue.take(lambda: False), queue.take(lambda: False)] == [1, 2]
    queue.defer(1)
    queue.give_back(2)
    assert queue.take(lambda: False) == 2
    queue.done()
    assert queue.take(lambda: False) is None, "nothing moved: the rest waits for something else"


def test_what_is_found_is_ours_if_it_is_not_older_than_the_intent() -> None:
    def at(second: float) -> datetime:
        return datetime.fromtimestamp(second, UTC)

    clock = ServerClock(lambda: 0.0)
    clock.observe(format_datetime(at(1_000.0), usegmt=True))
    assert adopted(at(1_000.0), 1_000.0, clock) == (How.CREATED, Flag.NONE)
    assert adopted(at(997.9), 1_000.0, clock) == (How.EXISTING, Flag.UNCERTAIN), "nothing is known of the two clocks"
    assert adopted(at(1_000.0 - 86_400.0), 1_000.0, clock) == (How.EXISTING, Flag.NONE)
    clock.created(at(1_000.0))
    assert adopted(at(998.0), 1_000.0, clock) == (How.CREATED, Flag.NONE)
    assert adopted(at(997.9), 1_000.0, clock) == (How.EXISTING, Flag.NONE)
    assert adopted(None, 1_000.0, clock) == (How.EXISTING, Flag.UNCERTAIN)
    assert adopted(at(1_000.0), UNKNOWN_TIME, clock) == (How.EXISTING, Flag.UNCERTAIN)


def test_every_kind_that_we_give_is_explained() -> None:
    source = "".join(path.read_text() for path in Path(tui_importer.engine.__path__[0]).rglob("*.py"))
    given_kinds = set(re.findall(r'StepFailed\(\s*(?:"\w+"|step),\s*"(\w+)"', source))
    assert given_kinds >= {"server_error", "organization_ambiguous", "membership_inactive", "first_row_failed"}
    for kind in given_kinds | set(ERRORS):
        assert kind in OWN or kind in KINDS or kind in CODES, kind
        assert explain_failure(kind, None).advice
