import threading

import pytest
from crashctl.waiting import wait_for
from crashkit.flight.reading import read_flight

SPIN = "/api/v1/game-engine/spin"
TOKEN = "the-fault-token"


@pytest.fixture
def stuck(service):
    """Services that have a request and do not answer it: gives what tells that one is there."""
    reached, go_on = threading.Event(), threading.Event()

    def keep(handler):
        reached.set()
        go_on.wait(30)
        handler.send_response(204)
        handler.end_headers()

    service.behaviours.update({"/spin": keep, "/debug/crash": keep})
    yield reached
    go_on.set()


def test_sigkill_leaves_the_open_request_on_its_trace(start, stuck, sentry, trace_id, tmp_path):
    """
    A gateway that is killed while a service works leaves the request, and no value that the caller sent.
    """
    file = tmp_path / "termination-log"
    gateway = start(SENTRY_DSN=sentry.dsn, TERMINATION_LOG=str(file))
    caller = threading.Thread(
        target=lambda: _ask(gateway, f"{SPIN}?card=4111111111111111", {"sentry-trace": f"{trace_id}-{'1' * 16}"})
    )
    caller.start()
    assert stuck.wait(20)

    gateway.process.kill()
    gateway.process.wait()
    caller.join()

    flight = _told(file)
    (opened,) = flight.open
    assert (trace_id, f"GET {SPIN}") == (opened.trace, opened.route)
    assert "4111" not in file.read_text()
    assert flight.told["opened"] == 1


def test_a_fault_of_a_service_is_a_fault_here_too(start, stuck, sentry, trace_id, tmp_path):
    """
    A gateway that hands a fault over names it, so that a death in between is on its trace.
    """
    file = tmp_path / "termination-log"
    gateway = start(SENTRY_DSN=sentry.dsn, TERMINATION_LOG=str(file))
    headers = {"sentry-trace": f"{trace_id}-{'1' * 16}", "X-Crash-Run": "demo-1", "Authorization": f"Bearer {TOKEN}"}
    caller = threading.Thread(target=lambda: _ask(gateway, "/api/v1/game-engine/debug/crash", headers, "POST"))
    caller.start()
    assert stuck.wait(20)

    gateway.process.kill()
    gateway.process.wait()
    caller.join()

    (opened,) = _told(file).open
    assert (trace_id, "crash", "demo-1") == (opened.trace, opened.scenario, opened.run)


def test_sigterm_leaves_an_orderly_end(start, tmp_path):
    """
    A gateway that was asked to end says so.
    """
    file = tmp_path / "termination-log"
    gateway = start(TERMINATION_LOG=str(file))
    wait_for(lambda: (flight := _told(file)) and flight.memory("used_mib"), 10, "the memory in the record")

    gateway.process.terminate()
    gateway.process.wait(20)

    flight = _told(file)
    assert ("sigterm", (), 0) == (flight.ended, flight.open, flight.told["opened"])


def _ask(gateway, path, headers, method="GET"):
    try:
        gateway.ask(path, method, headers)
    except OSError:
        return


def _told(file):
    return read_flight(file.read_text())
