"""
What is left of a spin when the player has the answer: it waits, within bounds, and outlives the process.
"""

import json

import pytest
from game_engine.journal import Journal
from game_engine.spin import Result

SPIN = Result("0123456789abcdef", "player-7", 4321, ("cherry",) * 3, 5, 21605, "2026-11-25T10:00:00.000+00:00")
TRACE = {"sentry-trace": f"{'a' * 32}-{'b' * 16}-1"}


@pytest.mark.parametrize("failure", ["lost", "answer-lost", "silent", "error", "nonsense"])
async def test_a_record_that_fails_is_made_later_on_the_trace_of_its_spin(casino, failure):
    """
    The player has the spin, not recorded; it is recorded soon after, once, on the same trace. That is no event.
    """
    casino.analytics.fail("/api/v1/spins", failure)

    status, answer = await casino.spin()

    assert (200, False) == (status, answer["recorded"])
    await casino.until(lambda: casino.counted("spin_records_total").get("recorded"))
    assert [answer["spin_id"]] == list(casino.stored)
    traces = {headers["Sentry-Trace"].partition("-")[0] for _method, _path, headers, _body in casino.analytics.calls}
    assert {"a" * 32} == traces
    assert {"queued": 1, "recorded": 1} == casino.counted("spin_records_total")
    assert [] == casino.outbox.of("event")


async def test_who_comes_while_one_waits_waits_for_nobody(casino):
    """
    While analytics is silent, later spins are queued without asking it, and all are recorded in the end.
    """
    casino.analytics.fail("/api/v1/spins", "silent", "silent")
    await casino.spin()
    asked = len(casino.analytics.calls)

    answers = [await casino.spin() for _ in range(5)]

    assert [(200, False)] * 5 == [(status, answer["recorded"]) for status, answer in answers]
    assert len(casino.analytics.calls) <= asked + 1
    await casino.until(lambda: len(casino.stored) == 6)


async def test_a_record_that_is_refused_is_one_event_without_amounts(casino):
    """
    What analytics will never take is dropped, with one event on the spin's trace, and no player notices.
    """
    casino.analytics.always_refuse("/api/v1/spins", 422, "spin")

    status, answer = await casino.spin()

    (event,) = casino.outbox.of("event")
    assert (200, "RecordRefusedError") == (status, event["exception"]["values"][-1]["type"])
    assert answer["spin_id"] == event["contexts"]["spin"]["spin_id"]
    assert "21605" not in json.dumps(event)
    assert {"refused": 1} == casino.counted("spin_records_total")


class TestSmallBacklog:
    @pytest.fixture
    def told(self, told):
        return {**told, "SPIN_BACKLOG": "3"}

    async def test_what_does_not_fit_is_counted_and_told_once(self, casino):
        """
        With the backlog full spins are settled all the same; what is dropped is counted, and one event says so.
        """
        casino.analytics.fail("/api/v1/spins", *["error"] * 50)

        statuses = [(await casino.spin())[0] for _ in range(8)]

        (event,) = casino.outbox.of("event")
        assert [200] * 8 == statuses
        assert "Settled spins are not recorded: too many wait for payment or analytics" == event["message"]
        assert {"queued": 3, "dropped": 5} == casino.counted("spin_records_total")

    async def test_what_is_left_at_the_end_is_told(self, casino):
        """
        A process that ends with spins unrecorded says how many, in one event.
        """
        casino.analytics.fail("/api/v1/spins", *["error"] * 50)
        await casino.spin()

        await casino.engine.money.recorder.flush(0.3)

        (event,) = casino.outbox.of("event")
        assert "Settled spins were not recorded before the process ended" == event["message"]
        assert {"left": 1, "kept_for_a_restart": True} == {
            name: event["contexts"]["backlog"][name] for name in ("left", "kept_for_a_restart")
        }


def test_what_is_open_outlives_the_process(tmp_path):
    """
    The next process finds the spins that were opened and not closed, with their traces, once.
    """
    first = Journal(tmp_path)
    first.open(SPIN, TRACE)
    first.open(Result(**{**vars(SPIN), "spin_id": "f" * 16}), TRACE)
    first.close("f" * 16)

    second = Journal(tmp_path)

    assert [(SPIN, TRACE)] == second.unfinished()
    assert [] == second.unfinished()
    second.close(SPIN.spin_id)
    assert [] == Journal(tmp_path).unfinished()


def test_a_torn_line_costs_no_other(tmp_path):
    """
    A line that was being written when the process was killed, or bytes of anything, leave the other spins readable.
    """
    Journal(tmp_path).open(SPIN, TRACE)
    with (tmp_path / "spins").open("ab") as file:
        file.write(b'\xff\x00\n[]\n{"spin": 1}\nnull\n{"spin": {"spin_id"')

    assert [(SPIN, TRACE)] == Journal(tmp_path).unfinished()


def test_the_journal_stays_small(tmp_path):
    """
    However many spins pass, the file holds the open ones and little else.
    """
    journal = Journal(tmp_path)
    journal.open(SPIN, TRACE)
    for number in range(30_000):
        journal.open(Result(**{**vars(SPIN), "spin_id": f"{number:016x}"}), TRACE)
        journal.close(f"{number:016x}")

    assert (tmp_path / "spins").stat().st_size < 5 << 20
    assert [(SPIN, TRACE)] == Journal(tmp_path).unfinished()


def test_a_folder_that_cannot_be_written_costs_no_spin(tmp_path):
    """
    Without a folder, or with one that is read-only, spins are played and nothing is kept.
    """
    (tmp_path / "spins.new").mkdir()

    for journal in (Journal(tmp_path), Journal(None)):
        journal.open(SPIN, TRACE)
        journal.close(SPIN.spin_id)

        assert not journal.is_kept
