"""The server's two clocks: what an object's `created_at` says about an intent that has the time of `Date`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_importer.workos.server_clock import LARGEST_OFFSET, MOST_EPOCHS, TOLERANCE, ServerClock

START = 1_800_000_000.0


class Server:
    """A server whose clocks a test sets; `time` is the true one."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.time = START
        self.skew = 0.0
        self.ahead = ahead
        self.local = 0.0
        self.clock = self.process()

    def process(self) -> ServerClock:
        """A clock that knows nothing, as that of another process."""
        return ServerClock(lambda: self.time, lambda: self.time + self.local)

    def date(self) -> str:
        return format_datetime(datetime.fromtimestamp(int(self.time + self.skew + self.ahead), UTC), usegmt=True)

    def now(self) -> datetime:
        """`created_at` of what is made now."""
        return datetime.fromtimestamp(self.time + self.skew, UTC)

    def answer(self, seconds: float = 0.1) -> None:
        """A request is answered."""
        sent = self.time
        self.time += seconds
        self.clock.observe(self.date(), sent)

    def create(self, seconds: float = 0.1) -> None:
        """A creation is answered."""
        made = self.now()
        self.answer(seconds)
        self.clock.created(made)

    def intent(self) -> float:
        now = self.clock.now()
        assert now is not None
        return now.timestamp()

    def verdict(self, intent: float, created_at: datetime) -> str:
        surely, maybe = self.clock.since(intent)
        assert maybe <= surely
        found = created_at.timestamp()
        return "ours" if found >= surely else "uncertain" if found >= maybe else "older"


@pytest.mark.parametrize("ahead", [0.0, 0.7, 45.0, 3_600.0, -45.0, -3_600.0])
def test_the_offset_is_learned_from_answered_creations(ahead: float) -> None:
    server = Server(ahead)
    server.create()
    server.time += 50.3
    before = server.now()
    server.time += 4.0
    server.answer()
    intent = server.intent()
    server.time += 0.4
    assert server.verdict(intent, server.now()) == "ours"
    assert server.verdict(intent, before) == "older"


def test_before_it_is_learned_nothing_that_looks_older_is_decided() -> None:
    server = Server(30.0)
    server.answer()
    intent = server.intent()
    assert server.verdict(intent, server.now()) == "uncertain"
    assert server.verdict(intent, datetime.fromtimestamp(START - 86_400.0, UTC)) == "older"
    agreeing = Server()
    agreeing.answer()
    assert agreeing.verdict(agreeing.intent(), agreeing.now()) == "ours"


def test_set_back_what_may_be_ours_is_uncertain_until_intents_have_the_new_time() -> None:
    server = Server()
    server.create()
    old = server.intent()
    server.time += 1.0
    server.skew = -3_600.0
    made = server.now()
    server.time += 1.0
    server.answer()
    assert server.verdict(old, made) == "uncertain"
    assert server.verdict(old, datetime.fromtimestamp(START - 7_200.0, UTC)) == "older"
    server.create()
    server.time += 60.0
    server.answer()
    later = server.intent()
    server.time += 0.2
    assert server.verdict(later, server.now()) == "ours"


@pytest.mark.parametrize("jump", [30.0, 3_600.0])
def test_when_only_the_date_jumps_it_is_learned_again(jump: float) -> None:
    server = Server()
    server.create()
    server.ahead = jump
    server.time += 1.0
    server.answer()
    intent = server.intent()
    server.time += 0.2
    assert server.verdict(intent, server.now()) == "uncertain", "both clocks may have jumped"
    server.create()
    server.time += 60.0
    server.answer()
    intent = server.intent()
    server.time += 0.2
    assert server.verdict(intent, server.now()) == "ours"


@pytest.mark.parametrize("jump", [-3_600.0, 3_600.0])
def test_what_is_made_before_a_jump_and_answered_after_it_teaches_nothing(jump: float) -> None:
    server = Server()
    server.create()
    made, sent, before = server.now(), server.time, server.date()
    server.skew = jump
    server.time += 0.1
    server.clock.observe(server.date(), sent)
    server.clock.created(made)
    server.clock.observe(before, sent)  # another answer, of before the jump
    server.create()
    server.time += 60.0
    server.answer()
    intent = server.intent()
    server.time += 0.1
    assert server.verdict(intent, server.now()) == "ours"
    assert server.clock.since(intent).surely == pytest.approx(intent - TOLERANCE)


def test_set_forward_nothing_changes() -> None:
    server = Server()
    server.create()
    old = server.intent()
    older = server.now()
    server.time += 4.0
    server.skew = 86_400.0
    server.answer()
    assert server.verdict(old, server.now()) == "ours"
    server.create()
    server.time += 10.0
    server.answer()
    assert server.verdict(server.intent(), older) != "ours"


def test_answers_that_overtake_each_other_are_no_jump() -> None:
    server = Server()
    server.create()
    late = server.date()
    sent = server.time
    server.time += 40.0
    server.answer()
    server.clock.observe(late, sent)  # its thread had to wait for the processor
    server.answer()
    intent = server.intent()
    assert server.verdict(intent, datetime.fromtimestamp(server.time - 20.0, UTC)) == "older"


def test_another_process_takes_over_what_was_learned() -> None:
    server = Server(45.0)
    server.create()
    intent = server.intent()
    made = server.now()
    known = server.clock.known()
    server.time += 4_000.0
    server.clock = server.process()
    server.clock.restore(known)
    server.answer()
    assert server.verdict(intent, made) == "ours"
    assert server.verdict(intent, datetime.fromtimestamp(START - 10.0, UTC)) == "older"


def test_another_process_notices_that_the_clock_was_set_back_meanwhile() -> None:
    server = Server()
    server.create()
    intent = server.intent()
    known = server.clock.known()
    server.skew = -600.0
    made = server.now()
    server.time += 4_000.0
    server.clock = server.process()
    server.answer()  # its environment was read back before the job was opened
    server.clock.restore(known)
    assert server.verdict(intent, made) == "uncertain"


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
def test_a_jump_of_this_machine_takes_nothing_away(jump: float) -> None:
    server = Server()
    server.create()
    intent = server.intent()
    server.time += 0.5
    made = server.now()
    known = server.clock.known()
    server.local = jump
    server.clock = server.process()
    server.clock.restore(known)
    server.answer()
    assert server.verdict(intent, made) == "ours"
    later = server.intent()
    server.time += 0.2
    assert server.verdict(later, server.now()) == "ours"


def test_creations_are_those_of_ones_own_thread() -> None:
    server = Server()
    server.answer()
    thread = threading.Thread(target=server.clock.created, args=(server.now(),))
    thread.start()
    thread.join()
    intent = server.intent()
    assert server.clock.since(intent).maybe == pytest.approx(intent - LARGEST_OFFSET - TOLERANCE), "nothing is learned"


@given(st.lists(st.floats(-1e6, 1e6), max_size=80))
def test_a_clock_that_jumps_all_the_time_decides_nothing_wrong(jumps: list[float]) -> None:
    server = Server()
    server.create()
    for jump in jumps:
        server.skew += jump
        server.time += 1.0
        server.answer()
    assert len(server.clock._epochs) <= MOST_EPOCHS
    server.answer()
    intent = server.intent()
    server.time += 0.1
    assert server.verdict(intent, server.now()) != "older"


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"])
def test_a_date_at_the_end_of_the_calendar_is_none(date: str) -> None:
    clock = ServerClock()
    clock.observe(date)
    assert clock.now() is None
    clock.created(datetime.now(UTC))
    assert clock.known() == {}
