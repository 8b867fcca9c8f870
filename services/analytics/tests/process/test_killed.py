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


@pytest.fixture
def file(tmp_path):
    return tmp_path / "termination-log"


def test_sigkill_leaves_the_open_request_on_its_trace(start, sentry, file):
    """
    A process that is killed while the database works for a request leaves the request, its trace and its fault.
    """
    service = start(SENTRY_DSN=sentry.dsn, TERMINATION_LOG=str(file)).ready()
    assert 200 == service.call("/api/debug/slow-query", "POST")
    caller = threading.Thread(target=lambda: fire(service, "/api/debug/timeout"))
    caller.start()
    service.wait(lambda: [one.scenario for one in flight_of(file).open] == ["timeout"], "the fault in the record")
    service.wait(lambda: flight_of(file).breadcrumbs, "what led to it in the record")

    service.process.kill()
    service.ended()
    caller.join()

    flight = flight_of(file)
    (opened,) = flight.open
    assert (TRACE, "POST /api/debug/timeout", "demo-1") == (opened.trace, opened.route, opened.run)
    assert SPAN != opened.span
    assert "report chosen" in [crumb["message"] for crumb in flight.breadcrumbs]
    assert flight.ended is None


def test_an_orderly_end_leaves_nothing_open(start, sentry, file):
    """
    After SIGTERM the record says how it ended; probes and unknown paths were never in it.
    """
    service = start(SENTRY_DSN=sentry.dsn, TERMINATION_LOG=str(file)).ready()
    statuses = [service.call("/api/debug/crash", "POST"), service.call("/nowhere")]

    service.process.send_signal(signal.SIGTERM)
    status, _ = service.ended()

    flight = flight_of(file)
    assert [500, 404] == statuses
    assert (0, "sigterm", ()) == (status, flight.ended, flight.open)
    assert (1, "POST /api/debug/crash") == (flight.told["opened"], flight.last.route)


def fire(service, path):
    """Fire, whether or not anybody is there to answer."""
    headers = {"sentry-trace": f"{TRACE}-{SPAN}-1", "Authorization": f"Bearer {TOKEN}", "X-Crash-Run": "demo-1"}
    request = urllib.request.Request(f"http://127.0.0.1:{service.port}{path}", method="POST", headers=headers)
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except OSError:
        return


def flight_of(file):
    return read_flight(file.read_text())
