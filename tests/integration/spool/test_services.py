"""
The services themselves, ended and killed with events that a slow sink has not answered.
"""

import signal
import socket
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from crashctl.proof.process import Service
from crashctl.waiting import wait_for

CATALOG = Path(__file__).parents[3] / "catalog"
FIRINGS = 30


@dataclass(frozen=True)
class One:
    """
    A service of ours.

    Args:
        module: what is started.
        project: of its DSN.
        fault: path that fires a crash.
    """

    module: str
    project: int
    fault: str


SERVICES = [
    One("gateway", 1, "/api/v1/gateway/debug/crash"),
    One("game_engine", 2, "/debug/crash"),
    One("analytics", 4, "/api/debug/crash"),
]


@pytest.fixture(params=SERVICES, ids=lambda one: one.module)
def one(request):
    return request.param


@pytest.fixture
def running(one, sink, tmp_path):
    """Start the service again and again on one state folder; its neighbours and its database are away."""
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        away = closed.getsockname()[1]

    @contextmanager
    def start(drain_s=3):
        service = Service(
            one.module, CATALOG, STATE_DIR=str(tmp_path), SENTRY_DSN=sink.dsn(one.project), DRAIN_S=str(drain_s),
            TRACES_SAMPLE_RATE="0", MONGODB_URI=f"mongodb://127.0.0.1:{away}/", MONGODB_DATABASE="casino",
        )  # fmt: skip
        try:
            service.wait(lambda: service.call("/healthz/live") == 200, "life")
            yield service
        finally:
            service.close()

    return start


def fire(service, one):
    """Fire a crash some times."""
    assert [500] * FIRINGS == [service.call(one.fault, "POST") for _ in range(FIRINGS)]


def arrived(sink):
    """How many events are stored."""
    return len(sink.items(type="event"))


def test_sigterm_sends_what_waits_within_the_grace_period(one, running, sink):
    """
    The end sends a backlog to a sink that takes 60 ms for each, and takes no longer than draining and five seconds.
    """
    with running() as service:
        sink.misbehave(mode="slow", ms=60, for_s=600)
        fire(service, one)

        status, log = service.end()

        assert 0 == status, log
        assert FIRINGS == arrived(sink)
        assert 0 == sink.duplicates()


def test_an_end_waits_for_a_sink_that_is_away(one, running, sink):
    """
    A pod that is deleted takes its spool along: what of the time to drain no request needs is given to a sink that
    comes back in it.
    """
    with running(drain_s=10) as service:
        sink.misbehave(mode="503", retry_after_s=1, for_s=8)
        fire(service, one)

        status, log = service.end()

        assert 0 == status, log
        assert FIRINGS == arrived(sink)
        assert 0 == sink.duplicates()


def test_an_end_that_is_cut_short_loses_nothing(one, running, sink):
    """
    SIGTERM with a backlog that a slow sink cannot take in time, and SIGKILL in the middle of the flush: the next
    process sends the rest, and all are stored once.
    """
    with running() as service:
        sink.misbehave(mode="slow", ms=1000, for_s=600)
        fire(service, one)
        service.process.send_signal(signal.SIGTERM)
        wait_for(lambda: any(" drains" in line or " ends" in line for line in service.logged()), 20, "the end to begin")
        service.process.kill()
        assert -signal.SIGKILL == service.process.wait(20)
    assert arrived(sink) < FIRINGS
    sink.misbehave(mode="none")

    with running():
        wait_for(lambda: arrived(sink) == FIRINGS, 30, "the rest")

    assert sink.duplicates() <= 1


def test_sigkill_loses_nothing(one, running, sink):
    """
    The same without any warning, and the next process says on /metrics what it found.
    """
    with running() as service:
        sink.misbehave(mode="slow", ms=1000, for_s=600)
        fire(service, one)
        service.process.kill()
        service.process.wait(20)
    sink.misbehave(mode="none")

    with running() as service:
        wait_for(lambda: arrived(sink) == FIRINGS, 30, "the rest")
        service.wait(lambda: b"crash_spool_files 0.0" in service.text("/metrics"), "an empty spool")
        figures = service.text("/metrics").decode()

    (recovered,) = [line for line in figures.splitlines() if line.startswith('crash_spool_total{outcome="recovered"}')]
    assert float(recovered.split()[-1]) >= FIRINGS - 5
