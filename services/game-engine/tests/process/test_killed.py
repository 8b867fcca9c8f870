"""
What the flight record says after the process has ended, however it ended.
"""

import signal
import threading
import urllib.request

import pytest
from crashctl.proof.process import TOKEN
from crashkit.flight.reading import read_flight

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADERS = {"sentry-trace": f"{TRACE}-{SPAN}-1", "Authorization": f"Bearer {TOKEN}", "X-Crash-Run": "demo-1"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "termination-log"


def fire(service, path):
    """Fire in the background: nobody may be there to answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{service.port}{path}", method="POST", headers=HEADERS)

    def call():
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except OSError:
            return

    caller = threading.Thread(target=call)
    caller.start()
    return caller


def flight_of(file):
    return read_flight(file.read_text()) if file.exists() else None


def test_sigkill_leaves_the_open_request_on_its_trace(start, sentry, file):
    """
    A process that is killed while it works on a request leaves the request, its trace and its fault.
    """
    service = start(SENTRY_DSN=sentry.dsn, TERMINATION_LOG=str(file)).ready()
    caller = fire(service, "/debug/infinite-loop")
    service.wait(lambda: [one.scenario for one in flight_of(file).open] == ["infinite-loop"], "the fault in the record")
    service.wait(lambda: flight_of(file).breadcrumbs, "what led to it in the record")

    service.process.kill()
    service.ended()
    caller.join()

    flight = flight_of(file)
    (opened,) = flight.open
    assert (TRACE, "POST /debug/infinite-loop", "demo-1") == (opened.trace, opened.route, opened.run)
    assert SPAN != opened.span
    assert "player opened the machine" in [crumb["message"] for crumb in flight.breadcrumbs]
    assert flight.ended is None


def test_what_a_fault_holds_is_told_after_its_answer(start, sentry, file):
    """
    A leak that stays after its answer is still on its trace when the process is killed later.
    """
    service = start(SENTRY_DSN=sentry.dsn, TERMINATION_LOG=str(file)).ready()
    fire(service, "/debug/memory-leak?case=step").join()
    service.wait(lambda: [one.held_since for one in flight_of(file).open if one.held_since], "the answer in the record")

    service.process.kill()
    service.ended()

    (opened,) = flight_of(file).open
    assert (TRACE, "memory-leak", "step") == (opened.trace, opened.scenario, opened.case)
    assert opened.held_since >= opened.since


def test_an_orderly_end_leaves_nothing_open(start, sentry, file):
    """
    After SIGTERM the record says how it ended; probes were never in it, answered requests no longer are.
    """
    service = start(SENTRY_DSN=sentry.dsn, TERMINATION_LOG=str(file)).ready()
    fire(service, "/debug/crash").join()

    service.process.send_signal(signal.SIGTERM)
    status, _ = service.ended()

    flight = flight_of(file)
    assert (0, "sigterm", ()) == (status, flight.ended, flight.open)
    assert 1 == flight.told["opened"]
    assert (TRACE, "POST /debug/crash", "crash") == (flight.last.trace, flight.last.route, flight.last.scenario)


def test_a_request_without_a_dsn_is_told_too(start, file):
    """
    Where nothing is sent, the record still names the request and its fault.
    """
    service = start(TERMINATION_LOG=str(file)).ready()
    caller = fire(service, "/debug/infinite-loop")
    service.wait(lambda: [one.scenario for one in flight_of(file).open] == ["infinite-loop"], "the fault in the record")

    service.process.kill()
    service.ended()
    caller.join()

    (opened,) = flight_of(file).open
    assert "POST /debug/infinite-loop" == opened.route
