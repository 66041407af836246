"""Recovery, whatever happens: the real run, pre-warm, worker and steps against a model of server, journal and time.

One process at a time works in one thread. Every request has a fate; rows freeze with a request on its way while
others go on; the process is killed at any moment with any part of its unwritten journal; others change the server
meanwhile; failed rows are tried again. In the end all runs without faults, and server and journal must agree.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, ClassVar, cast

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.engine.recovery_checks import Checks, Endings, Moment
from tests.engine.recovery_client import POSTS, READS, Crashed, Fate, Fates, ModelClient
from tests.engine.recovery_colleagues import CHANGES, MEANWHILE, Change, change
from tests.engine.recovery_journal import ModelJournal, new_database
from tests.engine.recovery_second_process import Doors
from tests.engine.recovery_server import TRAITS, Clock, ModelServer, Traits
from tests.engine.recovery_source import (
    CORE,
    DEEDS,
    FILES,
    STRANGER,
    Deed,
    FileRow,
    ModelStore,
    do,
    external_id_of,
    file_of,
    put_organization,
)
from tui_importer.engine.errors import Interrupted
from tui_importer.engine.job.retry import Selection, to_reopen
from tui_importer.engine.options import FrozenOptions, RunOptions
from tui_importer.engine.run import prewarm
from tui_importer.engine.run.blocked_rows import end_blocked_rows
from tui_importer.engine.run.context import run_context
from tui_importer.engine.run.run import Run
from tui_importer.engine.run.scope import Scope
from tui_importer.engine.run.tally import Tally
from tui_importer.engine.run.workers import ChunkQueue
from tui_importer.engine.service import api_calls, health, stop
from tui_importer.engine.service.metrics import Metrics
from tui_importer.engine.service.timeouts import Patience
from tui_importer.journal import lock, statements
from tui_importer.secret import Secret
from tui_importer.workos.server_clock import ServerClock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pytest

    from tui_importer.engine.live_options import LiveOptions
    from tui_importer.engine.run.row_importer import RowResult
    from tui_importer.source.models import RowStore
    from tui_importer.workos.connection import Connection

CHUNK = 2
LONGEST_LAG = 15.0
ALL = 1_000
NOTHING: Mapping[int, Change] = {}
PAUSES = st.sampled_from([0.0, 0.0, 3.0, 40.0])
WRITTEN = st.integers(0, 5)


class ModelConnection:
    """What a run uses of a connection; one client serves all."""

    def __init__(self, server: ModelServer) -> None:
        self.server_clock = ServerClock(server.clock.monotonic)
        self.server_clock.observe(server.date())  # a run sees an answer before it writes anything
        self.key = Secret("sk_test_model")
        self.only: ModelClient | None = None

    def client(self, cancelled: threading.Event) -> ModelClient:
        assert self.only is not None
        return self.only


class Recovery(RuleBasedStateMachine):
    clock: ClassVar[Clock]
    doors: ClassVar[Doors | None] = None
    """Made when the first second process comes."""
    folder: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.clock.seconds = 0.0
        self.sound = False
        self.faults: Counter[str] = Counter()
        self.database = new_database()
        self.endings = Endings()

    @initialize(
        file=FILES,
        seeds=st.lists(DEEDS, max_size=3),
        stranger=st.sampled_from([None, None, None, 0, 1]),
        traits=TRAITS,
        update=st.booleans(),
        threshold=st.sampled_from([6, 2]),
        visited=st.sampled_from([False, False, False, True]),
    )
    def begin(
        self,
        *,
        file: Sequence[FileRow],
        seeds: Sequence[Deed],
        stranger: int | None,
        traits: Traits,
        update: bool,
        threshold: int,
        visited: bool = False,
    ) -> None:
        """A file, what the server had before, and how this server is; `visited`: second processes will come."""
        self.visited = visited
        self.server = ModelServer(self.clock, traits)
        put_organization(self.server, CORE, "seed")
        if stranger is not None:
            self.server.create_user(STRANGER, external_id_of(stranger), "seed")
        for deed in seeds:
            do(deed, self.server, file, "seed")
        self.file = file
        self.rows, organizations = file_of(file)
        self.frozen_options = FrozenOptions(base_url="http://127.0.0.1", on_existing="update" if update else "keep")
        self.threshold = threshold
        journal = ModelJournal(self.database)
        journal.add_organizations(organizations)
        journal.flush()
        self._start()
        self.sound = True

    def _start(self) -> None:
        """A process begins, with what the journal has."""
        if self.doors is not None:
            self.doors.process_begins()
        self.journal = ModelJournal(self.database)
        self.store = ModelStore(self.rows)
        connection = ModelConnection(self.server)
        self.context = run_context(
            journal=self.journal,
            connection=cast("Connection", connection),
            store=cast("RowStore", self.store),
            scope=Scope(len(self.rows)),
            tally=self._read_tally(),
            metrics=Metrics({}),
            frozen=self.frozen_options,
            live=cast("LiveOptions", SimpleNamespace(now=RunOptions(max_failed=None))),
            patience=Patience(),
            say=lambda _level, _message: None,
        )
        self.run = Run(self.context, self.journal.organizations())
        self.context.control._condition = self.clock.condition()
        self.context.health._condition = self.clock.condition()
        self.context.health.threshold = self.threshold
        self.client = connection.only = ModelClient(self.server, connection.server_clock, self.context.control)
        self.client.sending = self._may_send
        self.context.tally.row_ended = self._ending(self.context.tally.row_ended)  # type: ignore[method-assign,assignment]
        self.worker = self.run.worker(1, ChunkQueue([]))
        self.prewarmed = False
        self.killed = False  # the pre-warm is frozen with a request on its way: only a new process goes on
        self.frozen: set[int] = set()
        self.ended: set[int] = set()
        self.current = 0

    @property
    def goes_on(self) -> bool:
        return not self.killed and self.context.control.halt is None

    @property
    def open_rows(self) -> list[int]:
        """Rows that this process has not ended; after a resume also those that are done."""
        return [row.row for row in self.rows if row.row not in self.frozen | self.ended]

    @precondition(lambda self: self.goes_on and not self.prewarmed)
    @rule(organizations=POSTS, reads=READS, meanwhile=MEANWHILE, recheck=st.booleans())
    def prewarm(
        self,
        organizations: Sequence[Fate] = (),
        reads: Sequence[Fate] = (),
        meanwhile: Mapping[int, Change] = NOTHING,
        *,
        recheck: bool = False,
    ) -> None:
        """All keys are resolved, as the run does it; `recheck`: what is known is looked for before."""

        def work() -> None:
            if recheck:
                self.run.deleted.check_organizations()
            prewarm.prewarm(self.context, self.run.keys, self.journal.organizations())

        fates = {"create_organization": organizations, "read": reads}
        ended = self._send("organizations", fates, work, meanwhile)
        self.killed = not ended
        if ended:
            self.journal.flush()
        self.prewarmed = self.goes_on
        if self.prewarmed and (same := self.run.keys.cache.same()):
            self.store.unite(same)

    @precondition(lambda self: self.goes_on and self.open_rows)
    @rule(
        pick=st.integers(0, 5),
        pause=PAUSES,
        written=WRITTEN,
        users=POSTS,
        memberships=POSTS,
        reads=READS,
        meanwhile=MEANWHILE,
    )
    def row(
        self,
        pick: int,
        *,
        pause: float = 0.0,
        written: int = ALL,
        users: Sequence[Fate] = (),
        memberships: Sequence[Fate] = (),
        reads: Sequence[Fate] = (),
        meanwhile: Mapping[int, Change] = NOTHING,
    ) -> None:
        """A worker comes to a row when the writer has come to a certain point."""
        if not self.prewarmed:
            self.prewarm()
        self.server.pass_time(pause)
        self.journal.writer.write(written)
        number = self.current = self.open_rows[pick % len(self.open_rows)]
        fates = {"create_user": users, "create_membership": memberships, "read": reads}
        endings: list[str] = []
        if not self._send(str(number), fates, lambda: endings.append(self.worker._rows(number, number)), meanwhile):
            self.frozen.add(number)
        elif endings == ["done"]:
            self.ended.add(number)
        else:
            self.journal.flush()  # as at the end of a chunk, before it comes round again

    @rule(changes=st.lists(CHANGES, min_size=1, max_size=2), pause=PAUSES)
    def colleagues(self, changes: Sequence[Change], pause: float = 0.0) -> None:
        """Others delete, deactivate and rename between two rows."""
        self.server.pass_time(pause)
        for done in changes:
            change(done, self.server, self.file)

    @rule(survivors=WRITTEN, pause=PAUSES, others=st.lists(st.one_of(DEEDS, CHANGES), max_size=2))
    def resume(self, survivors: int = ALL, pause: float = 0.0, others: Sequence[Deed | Change] = ()) -> None:
        """The process ends, killed or not; meanwhile time passes and others change the server; another one begins."""
        self.journal.writer.write(survivors)
        if not self.journal.writer.queued and not self.killed and not self.frozen:
            self._compare_memory()
        self.server.pass_time(pause)
        if others:
            self.server.pass_time(LONGEST_LAG)
        for deed in others:
            if isinstance(deed, Change):
                change(deed, self.server, self.file)
            else:
                do(deed, self.server, self.file, "other")
        self._start()

    @precondition(lambda self: self.goes_on and self.journal.failure_count())
    @rule(kind=st.sampled_from([None, "server_error"]))
    def retry(self, kind: str | None = None) -> None:
        """Failed rows are tried again, as the job does it: those of failed organizations only before the pre-warm."""
        self.journal.flush()
        found = to_reopen(self.journal, Selection(kind=kind), self.store.first_rows, blocked=not self.prewarmed)
        self.context.tally.rows_reopened(found.rows, found.without_user)
        self.journal.submit(*statements.reopened(found.rows)).wait()
        self.ended -= set(found.rows)

    @precondition(lambda self: self.visited)
    @rule(source=st.sampled_from(["users.csv", "copy.csv"]))
    def second_process(self, source: str) -> None:
        """Another process opens the job, or begins one of its file or a copy: nothing comes of it."""
        self.visited = False  # a second one of that kind would be the same
        doors = self.doors
        if doors is None:
            doors = type(self).doors = Doors(self.folder)
            doors.process_begins()
        changes, before = self.database.total_changes, self.server.photograph()
        doors.refuse(source)
        assert (self.database.total_changes, self.server.photograph()) == (changes, before)

    @invariant()
    def nothing_is_wrong(self) -> None:
        self._check(final=False)

    def teardown(self) -> None:
        """Without further faults all comes to its end; then what failed is tried again."""
        with closing(self.database), ExitStack() as left:
            if self.doors is not None:
                left.callback(self.doors.process_ends)
            if self.sound:
                self._finish()
                self._check(final=True)
                self.resume()
                self.retry()
                self._finish()
                self._check(final=True, retried=True)

    def _finish(self) -> None:
        if self.frozen or not self.goes_on:
            self.resume()
        if not self.prewarmed:
            self.prewarm()
        while True:
            for _ in self.rows:  # rows that wait for others come round again
                waiting = set(self.open_rows)
                while pending := [number for number in self.open_rows if number in waiting]:
                    self.row(self.open_rows.index(pending[0]))
                    waiting.discard(self.current)
                self.journal.flush()
            self.sound = False
            if not end_blocked_rows(self.context, self.run.keys, self.run.endings):
                break
            self.sound = True
        self.journal.flush()
        self.sound = True
        self._compare_memory()
        self.server.pass_time(60.0)

    def _ending(self, count: Callable[[int, RowResult], None]) -> Callable[[int, RowResult], None]:
        """Count rows that end, and keep how things stood at that moment."""

        def ended(row: int, result: RowResult) -> None:
            self.endings.moments[row] = Moment(self.server.photograph(), frozenset(self.run.keys.cache._failed))
            count(row, result)

        return ended

    def _send(
        self, what: str, fates: Fates, work: Callable[[], object], meanwhile: Mapping[int, Change] = NOTHING
    ) -> bool:
        """Do the work with these fates of its requests; False when the process is killed meanwhile."""
        before = self.client.faults
        self.sound = killed = False
        changes = {number: partial(change, each, self.server, self.file) for number, each in meanwhile.items()}
        self.client.expect(fates, changes)
        try:
            work()
        except Crashed:
            killed = True
        except Interrupted:
            assert self.context.control.halt is not None
        self.client.expect({})
        self.faults[what] += self.client.faults - before
        if self.client.violation is not None:
            raise self.client.violation
        halt = self.context.control.halt
        assert halt is None or halt.kind in {"operator", "key", "service"}, halt
        self.sound = True
        return not killed

    def _may_send(self, call: str, body: Mapping[str, object]) -> None:
        """Before every POST: its intent is durable, and its row is not done."""
        if call == "create_organization":
            value = body["external_id"] or body["name"]
            (organization,) = (o for o in self.journal.organizations() if o.value == value and o.kind != "id")
            assert organization.intent is not None, "the organization's intent is not durable"
            assert organization.intent <= self.server.time
            assert organization.workos_id is None, "the organization is known"
            return
        record = self.journal.row(self.current)
        assert record is None or record.outcome is None, "the row is done"
        if call == "create_user":
            self._may_create_user(body)
            return
        assert record is not None, "nothing is durable"
        assert record.membership_intent is not None, "the membership's intent is not durable"
        assert record.membership_intent <= self.server.time
        organization_id = self.run.keys.cache._ids[self.rows[self.current - 1].organization_key or ""]
        assert body == {"user_id": record.user_id, "organization_id": organization_id}

    def _may_create_user(self, body: Mapping[str, object]) -> None:
        """A person's first row makes the user, a later one only in place of one that was deleted."""
        current = self.rows[self.current - 1]
        row = self.rows[(current.first_row or current.row) - 1]
        record = self.journal.row(row.row)
        assert record is not None, "nothing is durable"
        assert row is current or record.user_id is not None, "an earlier row is the one to create this user"
        assert record.user_intent is not None, "the user's intent is not durable"
        assert record.user_intent <= self.server.time
        assert record.user_id not in self.server.users, "the user is known"
        assert body == row.user

    def _check(self, *, final: bool, retried: bool = False) -> None:
        self.sound = False
        Checks(self.server, self.journal, self.rows, self.faults, self.endings).run(final=final, retried=retried)
        self.sound = True

    def _read_tally(self) -> Tally:
        return Tally(len(self.rows), CHUNK, self.journal.chunk_counts(CHUNK))

    def _compare_memory(self) -> None:
        """What the process has counted is what the journal says."""
        self.sound = False
        counted, written = self.context.tally.counts(0)[:3], self._read_tally().counts(0)[:3]
        assert counted == written, f"counted {counted}, written {written}"
        self.sound = True


def simulated(patch: pytest.MonkeyPatch, home: Path) -> type[Recovery]:
    """The machine with simulated time wherever the engine waits; the pre-warm works in the thread of the test.

    `home` is for the folder of jobs to which second processes come.
    """

    class Simulated(Recovery):
        clock = Clock()
        folder = home

    patch.setattr(lock, "_TRIES", 1)
    for module in (api_calls, stop, health):
        patch.setattr(module, "time", Simulated.clock)
    patch.setattr(prewarm._Pool, "run", prewarm._Pool._work)
    return Simulated
