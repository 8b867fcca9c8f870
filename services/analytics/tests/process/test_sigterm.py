import signal
import socket
import threading
import time

import psutil

# Of the chart.
GRACE_S = 20


def test_sigterm_sends_what_is_queued_and_ends_well(start, sentry, tmp_path):
    """
    Events captured just before SIGTERM are delivered to a slow Sentry, and the process ends with 0.
    """
    service = start(SENTRY_DSN=sentry.dsn, STATE_DIR=str(tmp_path)).ready()

    answers = [service.call("/api/debug/crash", "POST") for _ in range(20)]
    status, _ = service.end()

    assert [500] * 20 == answers
    assert 0 == status
    assert 20 == len(sentry.of("event")) == len(sentry.of("transaction"))
    assert [] == sentry.of("client_report")


def test_sigterm_waits_for_open_requests_and_refuses_readiness(start, sentry):
    """
    A request that is open at SIGTERM is answered and its event delivered; until then the process says not ready.
    """
    service = start(SENTRY_DSN=sentry.dsn).ready()
    assert 200 == service.call("/api/debug/slow-query", "POST")
    answers = []
    query = threading.Thread(target=lambda: answers.append(service.call("/api/debug/timeout", "POST")))
    query.start()
    service.wait(lambda: b'active{service="analytics"} 1.0' in service.text("/metrics"), "the query")

    service.process.send_signal(signal.SIGTERM)
    service.wait(lambda: service.call("/healthz/ready") == 503, "the end of readiness")
    query.join()
    status, _ = service.ended()

    assert [504] == answers
    assert 0 == status
    assert "TimeoutError" in [types(event)[-1] for event in sentry.of("event") if "exception" in event]


def test_what_is_not_finished_in_time_is_refused(start, sentry):
    """
    A request that is open when the time to drain is over is answered 503, and not 500 as if the service had failed.
    """
    service = start(SENTRY_DSN=sentry.dsn, DRAIN_S="1").ready()
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as caller:
        caller.sendall(
            b"POST /api/v1/spins HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        service.wait(lambda: service.call("/healthz/live") == 200, "an answer after the request")

        status, _ = service.end()
        answer = caller.recv(65536)

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"application/problem+json" in answer
    assert 0 == status


def test_a_database_that_is_away_holds_up_no_end(start):
    """
    With the database away the process starts, is live and not ready, and SIGTERM ends it well and in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    service = start(MONGODB_URI=f"mongodb://casino:a-password@127.0.0.1:{port}/")
    service.wait(lambda: service.call("/healthz/live") == 200, "life")

    ready = service.call("/healthz/ready")
    began = time.monotonic()
    status, log = service.end()

    assert 503 == ready
    assert 0 == status
    assert time.monotonic() - began < 6
    assert [] == [line for line in log if '"error"' in line or "a-password" in line]


def test_a_sentry_that_does_not_answer_keeps_nobody(start):
    """
    Where Sentry takes the connection and says nothing, requests are answered as ever, and the process ends in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = start(SENTRY_DSN=f"http://{'0' * 32}@127.0.0.1:{silent.getsockname()[1]}/4").ready()
        answers = [service.call("/api/debug/crash", "POST") for _ in range(5)]
        began = time.monotonic()
        status, _ = service.end()
        took_s = time.monotonic() - began

    assert [500] * 5 == answers
    assert 0 == status
    assert took_s < GRACE_S


def test_an_idle_service_is_small(start, sentry):
    """
    After the start, with the database, and one captured fault the service takes at most 110 MiB.
    """
    service = start(SENTRY_DSN=sentry.dsn).ready()
    service.call("/api/debug/crash", "POST")

    assert service.resident_mib() <= 110
    assert psutil.Process(service.process.pid).num_threads() < 32


def types(event):
    """Give the types of an event's exceptions, the outermost last."""
    return [one["type"] for one in event["exception"]["values"]]
