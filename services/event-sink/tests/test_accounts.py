"""
The sums of the accounts, over whatever happens.
"""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from crashkit.wire.envelope import parse
from event_sink import deliveries, intake, retention
from event_sink.accounts import of_target, overview
from event_sink.ledger import Ledger
from event_sink.limits import MIB
from event_sink.retention import Bounds
from event_sink.schema import open_writer
from event_sink.targets import BUGSINK_SHOWS, SPOTLIGHT_SHOWS, Target
from event_sink.writer import Writer
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

TARGETS = (
    Target("bugsink", "", None, BUGSINK_SHOWS),
    Target("spotlight", "", None, SPOTLIGHT_SHOWS),
    Target("upstream", "", None, None),
)
TYPES = ("event", "transaction", "log", "session", "attachment", "never_heard_of")


class AnyHistory(RuleBasedStateMachine):
    """Arrivals, duplicates, outcomes, retention and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.arrived: Counter[str] = Counter()
        self.open()

    def open(self) -> None:
        connection = open_writer(Path(self.folder.name) / "sink.sqlite3")
        self.ledger = Ledger(connection)
        self.writer = Writer(connection, self.ledger)
        self.writer.start()

    def do(self, work):
        return self.writer.submit(work).result(10)

    @rule(
        types=st.lists(st.sampled_from(TYPES), min_size=1, max_size=4),
        event_id=st.sampled_from("abcdef"),
        late=st.booleans(),
    )
    def arrive(self, types, event_id, late):
        lines = ["{}"] + [
            line
            for one in types
            for line in (f'{{"type":"{one}"}}', f'{{"event_id":"{event_id * 32}","pad":"{"x" * 40}"}}')
        ]
        envelope = parse("\n".join(lines).encode())
        arrival = intake.prepare(envelope, 2, "game-engine", 0.0 if late else 10_000.0)
        self.do(lambda connection, changes: intake.store(connection, changes, arrival, TARGETS))
        self.arrived.update(types)

    @rule(
        whose=st.sampled_from(TARGETS),
        state=st.sampled_from(["delivered", "refused", "dropped"]),
        most=st.integers(1, 3),
    )
    def settle(self, whose, state, most):
        def work(connection, changes):
            due = connection.execute(
                "SELECT seq FROM deliveries WHERE target = ? AND state = 'pending' LIMIT ?", (whose.name, most)
            ).fetchall()
            # Twice, as when a commit's answer was lost.
            for (seq,) in due + due:
                deliveries.settle(connection, changes, seq, state, "why")

        self.do(work)

    @rule()
    def forget_the_old(self):
        self.do(lambda connection, changes: retention.trim(connection, changes, Bounds(1024, 1), 10_000.0))

    @rule()
    def fail(self):
        def work(connection, changes):
            changes.add("received", 1000, item_type="event")
            connection.execute("DELETE FROM items")
            raise KeyError

        with pytest.raises(KeyError):
            self.do(work)

    @rule()
    def restart(self):
        self.writer.stop()
        self.open()

    @invariant()
    def sums_are_exact(self):
        counts = self.ledger.snapshot()
        told = overview(counts)
        assert self.arrived == Counter(told["received"]) + Counter(told["duplicates"])
        for target in TARGETS:
            by_type = of_target(counts, target.name)["by_type"]
            assert told["received"] == {name: of["offered"] for name, of in by_type.items()}
            for of in by_type.values():
                assert of["offered"] == sum(n for name, n in of.items() if name != "offered")

    @invariant()
    def counts_are_those_of_the_rows(self):
        def count(connection, _changes):
            items = dict(connection.execute("SELECT type, count(*) FROM items GROUP BY type").fetchall())
            pending = dict(
                connection.execute(
                    "SELECT target, sum(json_array_length(positions)) FROM deliveries"
                    " WHERE state = 'pending' GROUP BY target"
                ).fetchall()
            )
            return items, pending

        items, pending = self.do(count)
        counts = self.ledger.snapshot()
        told = overview(counts)
        assert items == dict(Counter(told["received"]) - Counter(told["removed"]))
        assert pending == {target.name: n for target in TARGETS if (n := of_target(counts, target.name)["pending"])}

    def teardown(self):
        self.writer.stop()
        self.folder.cleanup()


AnyHistory.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestAnyHistory = AnyHistory.TestCase


def test_the_store_keeps_to_its_size_and_counts_what_goes(store, envelope_of, fresh_id):
    """
    Over its bound the oldest envelopes go first; each is counted, and what targets never got is dropped there.
    """
    noise = [fresh_id() for _ in range(2000)]
    for _ in range(40):
        store.put(envelope_of({}, ("event", {"event_id": fresh_id(), "extra": [*noise, fresh_id()]})))
    newest = store.read().execute("SELECT max(seq) FROM envelopes").fetchone()[0]
    before = retention.used_bytes(store.read())
    assert before > MIB

    while store.do(lambda connection, changes: retention.trim(connection, changes, Bounds(1, 10_000), store.now)):
        pass

    assert retention.used_bytes(store.read()) <= MIB
    told = overview(store.ledger.snapshot())
    (left,) = store.read().execute("SELECT count(*) FROM envelopes").fetchone()
    assert {"event": 40 - left} == told["removed"]
    assert {"retention": 40 - left} == of_target(store.ledger.snapshot(), "bugsink")["dropped"]
    if left:
        assert newest == store.read().execute("SELECT max(seq) FROM envelopes").fetchone()[0]


def test_a_live_view_is_not_filled_with_old_things(store, envelope_of, fresh_id):
    """
    What a target must not get late is dropped and counted; the newer ones stay owed.
    """
    store.put(envelope_of({}, ("event", {"event_id": fresh_id()})))
    store.now += 1000
    store.put(envelope_of({}, ("event", {"event_id": fresh_id()})))

    store.do(lambda connection, changes: deliveries.drop_old(connection, changes, "spotlight", store.now - 900, 100))

    told = of_target(store.ledger.snapshot(), "spotlight")
    assert ({"too_old": 1}, 1) == (told["dropped"], told["pending"])
