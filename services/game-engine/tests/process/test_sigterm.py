import signal
import socket
import threading
import time

import psutil

# Of the pod (s), less what it takes to leave the Service.
GRACE_S = 20


def test_sigterm_sends_what_is_queued_and_ends_well(start, sentry, tmp_path):
    """
    Events captured just before SIGTERM are delivered to a slow Sentry, and the process ends with 0.
    """
    service = start(SENTRY_DSN=sentry.dsn, STATE_DIR=str(tmp_path)).ready()

    answers = [service.call("/debug/crash", "POST") for _ in range(20)]
    status, _ = service.end()

    assert [500] * 20 == answers
    assert 0 == status
    assert 20 == len(sentry.of("event")) == len(sentry.of("transaction"))


def test_sigterm_waits_for_open_requests_and_refuses_readiness(start, sentry):
    """
    A request that is open at SIGTERM is answered and its event delivered; until then the process says not ready.
    """
    service = start(SENTRY_DSN=sentry.dsn).ready()
    answers = []
    loop = threading.Thread(target=lambda: answers.append(service.call("/debug/infinite-loop", "POST")))
    loop.start()
    service.wait(lambda: busy(service), "the loop")

    service.process.send_signal(signal.SIGTERM)
    service.wait(lambda: service.call("/healthz/ready") == 503, "the end of readiness")
    loop.join()
    status, _ = service.ended()

    assert [200] == answers
    assert 0 == status
    assert "A reel never came to rest and blocked the event loop" == sentry.of("event")[0]["message"]
    assert sentry.of("profile_chunk")


def test_a_sentry_that_does_not_answer_keeps_nobody(start):
    """
    Where Sentry takes the connection and says nothing, requests are answered as ever, and the process ends in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = start(SENTRY_DSN=f"http://{'0' * 32}@127.0.0.1:{silent.getsockname()[1]}/2").ready()
        answers = [service.call("/debug/crash", "POST") for _ in range(5)]
        began = time.monotonic()
        status, _ = service.end()
        took_s = time.monotonic() - began

    assert [500] * 5 == answers
    assert 0 == status
    assert took_s < GRACE_S


def busy(service):
    return psutil.Process(service.process.pid).cpu_percent(0.1) > 20
