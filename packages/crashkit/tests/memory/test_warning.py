"""
The warning as it would be sent, by the real SDK and from the thread that looks.
"""

import asyncio
import json
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import sentry_sdk
from crashctl.proof.normaliser import marks
from crashctl.waiting import wait_for
from crashkit.flight import FlightRecord
from crashkit.flight.file import RecordFile
from crashkit.loading import load_catalogue
from crashkit.memory import MESSAGE, watching_memory
from crashkit.memory import watcher as watchers
from crashkit.memory.usage import Usage
from crashkit.run import Run
from crashkit.telemetry import tagged

CASE = next(load_catalogue(Path(__file__).parents[1] / "contract" / "catalog").cases("till"))
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WITHIN_S = 30


@pytest.fixture
def flight(tmp_path):
    return FlightRecord(RecordFile(tmp_path / "termination-log"), "casino", "crash-demo@0.1.0")


@pytest.fixture
def watching(sentry, settings, flight, cgroup):
    """Watch that cgroup with a real client, and settings that a test may change."""

    @contextmanager
    def start(**changes):
        sentry.start()
        with watching_memory(settings.model_copy(update=changes), flight, cgroup.mount):
            yield

    return start


def wait_for_warning(outbox, count=1):
    """Wait for so many events, and give the last."""
    wait_for(lambda: len(outbox.events) >= count, WITHIN_S, f"{count} warnings; there are {len(outbox.events)}")
    assert count == len(outbox.events)
    return outbox.events[-1]


@pytest.fixture
def looks_again(monkeypatch):
    """Wait until the thread has looked at what is there now."""
    read, seen = Usage.read, []

    def counted(self, closely_from):
        seen.append(read(self, closely_from))
        return seen[-1]

    monkeypatch.setattr(Usage, "read", counted)

    def wait():
        looks = len(seen)
        wait_for(lambda: len(seen) > looks + 1, WITHIN_S, "two more looks")

    return wait


def test_memory_near_the_limit_is_one_warning(watching, cgroup, outbox, looks_again):
    """
    What passes the share is one event at level warning that says how much there is, how much may be, and what grew; it
    is well-formed for Sentry, and stays one however long the memory stays.
    """
    with watching():
        cgroup.holds(85, active_mib=3)
        event = wait_for_warning(outbox)
        cgroup.holds(95)
        looks_again()

    assert 1 == len(outbox.events)
    assert (MESSAGE, "warning", "casino") == (event["message"], event["level"], event["tags"]["service"])
    memory = event["contexts"]["memory"]
    assert (82, 100, 85) == (memory["used_mib"], memory["limit_mib"], memory["peak_mib"])
    assert memory["grown_by"]
    assert "exception" not in event
    assert "resident_mib" in event["contexts"]["runtime"]
    assert [] == marks(event)


def test_it_is_on_the_trace_of_the_newest_fault(watching, cgroup, outbox, flight):
    """
    A fault is blamed before requests that are newer, with its tags, its route and its breadcrumbs; the scope of whoever
    is being served meanwhile is not on the event.
    """
    flight.open("1" * 32, "2" * 16, "GET /spins")
    opened = flight.open(TRACE, SPAN, "POST /debug/memory-leak")
    with tagged(Run(CASE, "demo-1")):
        opened.add_breadcrumb("memory", "history grew")
        flight.open("3" * 32, "4" * 16, "GET /spins")
        sentry_sdk.get_isolation_scope().set_tag("whose", "somebody's")
        with watching():
            cgroup.holds(85)
            event = wait_for_warning(outbox)

    assert (TRACE, SPAN) == (event["contexts"]["trace"]["trace_id"], event["contexts"]["trace"]["span_id"])
    fault = {"scenario": CASE.scenario_name, "case": CASE.case_name, "run": "demo-1", "service": "casino"}
    assert {name: value for name, value in fault.items() if value} == event["tags"]
    assert "POST /debug/memory-leak" == event["transaction"]
    assert ["history grew"] == [crumb["message"] for crumb in event["breadcrumbs"]["values"]]


def test_a_fault_that_was_answered_and_still_holds_is_blamed(watching, cgroup, outbox, flight):
    """
    What grew the memory is often answered long before the limit is near.
    """
    run = Run(CASE, "demo-1")
    opened = flight.open(TRACE, SPAN, "POST /debug/memory-leak")
    flight.fault(opened, run)
    run.hold(lambda: None)
    flight.close(opened)

    with watching():
        cgroup.holds(85)
        event = wait_for_warning(outbox)

    assert (TRACE, "demo-1") == (event["contexts"]["trace"]["trace_id"], event["tags"]["run"])


def test_without_a_fault_the_newest_request_is_blamed(watching, cgroup, outbox, flight):
    """
    Then there are no tags of a fault; a fault that has let go is not blamed any more.
    """
    run = Run(CASE, "demo-1")
    gone = flight.open("5" * 32, "6" * 16, "POST /debug/memory-leak")
    flight.fault(gone, run)
    run.hold(lambda: None)
    flight.close(gone)
    run.end_hold()
    flight.open("1" * 32, "2" * 16, "GET /spins")
    flight.open(TRACE, SPAN, "POST /spin")

    with watching():
        cgroup.holds(85)
        event = wait_for_warning(outbox)

    assert (TRACE, "POST /spin") == (event["contexts"]["trace"]["trace_id"], event["transaction"])
    assert {"service": "casino"} == event["tags"]


def test_where_nothing_is_open_it_is_on_a_trace_of_its_own(watching, cgroup, outbox, flight):
    """
    Memory that grows without a request is nobody's fault.
    """
    flight.close(flight.open(TRACE, SPAN, "POST /spin"))

    with watching():
        cgroup.holds(85)
        event = wait_for_warning(outbox)

    assert TRACE != event["contexts"]["trace"]["trace_id"]
    assert "transaction" not in event


def test_the_next_approach_is_the_next_warning(watching, cgroup, outbox, looks_again):
    """
    Memory that was given back and comes near again is told again.
    """
    with watching():
        for number in range(1, 4):
            cgroup.holds(85)
            wait_for_warning(outbox, number)
            cgroup.holds(30)
            looks_again()

    assert 3 == len(outbox.events)


def test_the_share_is_a_setting(watching, cgroup, outbox):
    """
    At another share it warns earlier.
    """
    with watching(memory_warning_percent=40):
        cgroup.holds(45)
        event = wait_for_warning(outbox)

    assert 45 == event["contexts"]["memory"]["used_mib"]


@pytest.mark.parametrize("why", ["switched off", "no limit"])
def test_where_nobody_wants_to_know_nobody_looks(why, watching, cgroup, outbox):
    """
    Switched off, or without a limit, there is no thread and no warning.
    """
    if why == "no limit":
        cgroup.holds(10, None)

    with watching(memory_warning_percent=0 if why == "switched off" else 80):
        names = [thread.name for thread in threading.enumerate()]

    assert "memory-watcher" not in names
    assert [] == outbox.events


def test_what_takes_long_is_done_before_there_is_no_time(watching, monkeypatch):
    """
    The SDK's list of packages, which every event carries, is there before any memory is short.
    """
    monkeypatch.setattr(sentry_sdk.utils, "_installed_modules", None)

    with watching():
        wait_for(lambda: sentry_sdk.utils._installed_modules, WITHIN_S, "the list of packages")

    assert "sentry-sdk" in sentry_sdk.utils._installed_modules


def test_the_thread_ends_with_the_service(watching):
    """
    Nobody looks after the end.
    """
    with watching():
        during = [thread.name for thread in threading.enumerate()]

    assert "memory-watcher" in during
    assert "memory-watcher" not in [thread.name for thread in threading.enumerate()]


def test_a_loop_that_is_blocked_does_not_stop_it(watching, cgroup, outbox, flight):
    """
    Where the event loop does not turn, the warning is sent all the same, while it is blocked.
    """

    async def block():
        flight.open(TRACE, SPAN, "POST /spin")
        cgroup.holds(85)
        wait_for_warning(outbox)  # no await: the loop stands

    with watching():
        asyncio.run(block())

    assert TRACE == outbox.events[0]["contexts"]["trace"]["trace_id"]


def test_what_cannot_be_counted_does_not_cost_the_warning(watching, cgroup, outbox, monkeypatch):
    """
    With no memory left to count by, the warning goes out and says so.
    """

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(watchers, "what_grew", fail)

    with watching():
        cgroup.holds(85)
        event = wait_for_warning(outbox)

    assert "nothing: it could not be counted: MemoryError" == event["contexts"]["memory"]["grown_by"]


def test_nothing_that_nobody_may_read_is_in_it(watching, cgroup, outbox, flight):
    """
    What breadcrumbs hold is scrubbed, as in every event.
    """
    opened = flight.open(TRACE, SPAN, "POST /spin")
    opened.add_breadcrumb("till", "card 4111 1111 1111 1111 of anna@casino.test")

    with watching():
        cgroup.holds(85)
        event = wait_for_warning(outbox)

    assert "[Filtered]" in json.dumps(event)
    assert "4111" not in json.dumps(event)
    assert "anna" not in json.dumps(event)
