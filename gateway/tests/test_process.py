import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

SPIN = "/api/v1/game-engine/spin"


def _run(**environment):
    told = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(
        [sys.executable, "-m", "gateway"], env=told, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CATALOG_DIR": "/nowhere"}, "CATALOG_DIR"),
        ({"CATALOG_DIR": ""}, "CATALOG_DIR"),
        ({"FAULTS_ENABLED": "true"}, "FAULTS_TOKEN"),
        ({"MAX_BODY_MIB": "many"}, "MAX_BODY_MIB"),
        ({"GAME_ENGINE_URL": "game-engine:8082"}, "GAME_ENGINE_URL"),
        ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS"),
        ({"SENTRY_DSN": "not a dsn"}, "SENTRY_DSN"),
        ({"PAGE_DSN": "http://hidden.example.com/5"}, "PAGE_DSN"),
        ({"PAGE_DIR": "/nowhere"}, "PAGE_DIR"),
        ({"PAGE_ISSUES_URL": "javascript:alert(1)"}, "PAGE_ISSUES_URL"),
        ({"SINK_URL": "event-sink:8090"}, "SINK_URL"),
        ({"FAULT_PASS_S": "-1"}, "FAULT_PASS_S"),
    ],
)
def test_gateway_that_cannot_start(catalogue, environment, said):
    """
    What is wrong with the environment is one line that names the variable, and exit code 2.
    """
    ended = _run(**{"CATALOG_DIR": str(catalogue), **environment})

    assert 2 == ended.returncode
    (line,) = ended.stderr.splitlines()
    assert said in line
    assert "hidden" not in line


def test_port_that_is_taken(catalogue):
    """
    A port that somebody has is one line with the fix, and exit code 2.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = _run(CATALOG_DIR=str(catalogue), HOST="127.0.0.1", PORT=str(taken.getsockname()[1]))

    assert 2 == ended.returncode
    assert "PORT" in ended.stderr
    assert "Address already in use" in ended.stderr


def test_catalogue_that_the_gateway_does_not_know(catalogue):
    """
    A scenario without its function does not start, and the line says which.
    """
    file = catalogue / "gateway.yaml"
    file.write_text(file.read_text().replace("  crash:", "  stall:"))

    ended = _run(CATALOG_DIR=str(catalogue))

    assert 2 == ended.returncode
    assert "['stall']" in ended.stderr


def test_sigterm_finishes_what_is_open(start, service, sentry):
    """
    After SIGTERM the gateway is not ready, the open request is answered, its transaction delivered, and the exit
    code is 0.
    """
    inside, go = threading.Event(), threading.Event()

    def slowly(handler):
        inside.set()
        go.wait(10)
        handler.send_response(200)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"done")

    service.behaviours["/spin"] = slowly
    watched = start(SENTRY_DSN=sentry.dsn)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(watched.ask(SPIN)))
    caller.start()
    inside.wait(10)
    watched.process.send_signal(signal.SIGTERM)
    states = iter(lambda: watched.ask("/healthz/ready").status, 503)
    list(states)
    go.set()
    caller.join()

    assert 0 == watched.process.wait(10)
    assert b"done" == answers[0].body
    assert sentry.only(answers[0].headers["x-trace-id"], "transaction")


def test_what_is_not_finished_in_time_is_refused(start, service, sentry):
    """
    A request that is open when the time to drain is over is answered 503 with its trace, and not 500.
    """
    inside, go = threading.Event(), threading.Event()

    def silently(_handler):
        inside.set()
        go.wait(30)

    service.behaviours["/spin"] = silently
    watched = start(SENTRY_DSN=sentry.dsn, DRAIN_S="1")
    answers = []
    caller = threading.Thread(target=lambda: answers.append(watched.ask(SPIN)))
    caller.start()
    inside.wait(10)
    watched.process.send_signal(signal.SIGTERM)
    caller.join()
    go.set()

    (answer,) = answers
    assert 0 == watched.process.wait(20)
    assert (503, "2") == (answer.status, answer.headers["retry-after"])
    assert answer.headers["x-trace-id"] in answer.body.decode()


def test_idle_gateway_is_small(start, sentry):
    """
    The gateway takes at most 90 MiB when it has answered a few requests and idles.
    """
    watched = start(SENTRY_DSN=sentry.dsn)
    for _ in range(20):
        watched.ask(SPIN)

    status = Path(f"/proc/{watched.process.pid}/status").read_text().splitlines()
    resident_kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    assert resident_kib <= 90 * 1024
