import json
import shutil
from pathlib import Path

import analytics


def test_the_log_is_one_line_of_json_a_record(start):
    """
    Start, end, and the tracebacks of requests are lines that a machine reads.
    """
    service = start().ready()
    for path in ("crash", "validation-error?case=response", "database-error", "memory-spike?case=memory-error"):
        service.call(f"/api/debug/{path}", "POST")

    _, log = service.end()

    lines = [json.loads(line) for line in log]
    assert {"analytics"} == {line["service"] for line in lines}
    failures = sorted(line["exception"].splitlines()[-1].partition(":")[0] for line in lines if "exception" in line)
    assert 4 == len(failures)
    assert {"MemoryError", "RuntimeError", "pymongo.errors.OperationFailure"} < set(failures)


def test_an_event_knows_how_often_the_container_was_restarted(start, sentry, tmp_path):
    """
    A second start with the same state folder is the first restart, in events and in metrics.
    """
    start(STATE_DIR=str(tmp_path)).ready().end()
    service = start(STATE_DIR=str(tmp_path), SENTRY_DSN=sentry.dsn).ready()

    service.call("/api/debug/crash", "POST")
    metrics = service.text("/metrics")
    service.end()

    (event,) = sentry.of("event")
    assert 1 == event["contexts"]["runtime"]["restart_count"]
    assert b'crash_demo_restarts{service="analytics"} 1.0' in metrics


def test_installed_code_of_ours_is_ours(start, sentry, tmp_path):
    """
    Where the package is among the installed ones, as in an image, its frames are still marked as ours, and only they.
    """
    installed = tmp_path / "site-packages"
    shutil.copytree(Path(analytics.__file__).parent, installed / "analytics")
    service = start(SENTRY_DSN=sentry.dsn, PYTHONPATH=str(installed)).ready()

    service.call("/api/debug/crash", "POST")
    service.end()

    (event,) = sentry.of("event")
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert str(installed) in frames[-1]["abs_path"]
    assert {"analytics"} == {frame["module"].partition(".")[0] for frame in frames if frame["in_app"]}


def test_a_memory_error_is_delivered_ten_times_out_of_ten(start, sentry):
    """
    As the first thing that a fresh process does, each time: the error is captured while the address space is used up,
    arrives before the process is asked to end, and the limit is as it was.
    """
    for count in range(1, 11):
        service = start(SENTRY_DSN=sentry.dsn).ready()
        before = service.address_space_limit()

        answer = service.call("/api/debug/memory-spike?case=memory-error", "POST")

        service.wait(lambda wanted=count: len(sentry.of("event")) == wanted, "the event")
        spike = sentry.of("event")[-1]["contexts"]["spike"]
        assert 500 == answer
        assert 200 == service.call("/healthz/ready")
        assert before == service.address_space_limit()
        assert spike["held_mib"] >= 16
        assert 0 <= spike["address_space_left_mib"] < 20
        service.process.kill()
    assert {"MemoryError"} == {event["exception"]["values"][-1]["type"] for event in sentry.of("event")}


def test_memory_errors_in_one_process_keep_their_size(start, sentry):
    """
    Five in a row in one process are five events, and what they took is back with the kernel.
    """
    service = start(SENTRY_DSN=sentry.dsn).ready()
    before_mib = service.anonymous_mib()

    answers = [service.call("/api/debug/memory-spike?case=memory-error", "POST") for _ in range(5)]

    service.wait(lambda: len(sentry.of("event")) == 5, "the events")
    assert [500] * 5 == answers
    assert service.anonymous_mib() - before_mib < 16
