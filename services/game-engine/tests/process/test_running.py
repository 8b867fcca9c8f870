import json
import shutil
from pathlib import Path

import game_engine

CATALOG = Path(__file__).parents[4] / "catalog"


def test_the_log_is_one_line_of_json_a_record(start):
    """
    Start, end, and the tracebacks of requests, tasks and threads are lines that a machine reads.
    """
    service = start().ready()
    for path in ("crash", "async-error?case=detached-task", "threading-error", "threading-error?case=raw-thread"):
        service.call(f"/debug/{path}", "POST")

    _, log = service.end()

    lines = [json.loads(line) for line in log]
    assert {"game-engine"} == {line["service"] for line in lines}
    failures = sorted(line["exception"].splitlines()[-1] for line in lines if "exception" in line)
    assert [
        "AttributeError: 'NoneType' object has no attribute 'set'",
        "KeyError: 'machine-3'",
        "RuntimeError: dictionary changed size during iteration",
        "TypeError: 'NoneType' object is not iterable",
    ] == failures


def test_an_event_knows_how_often_the_container_was_restarted(start, sentry, tmp_path):
    """
    A second start with the same state folder is the first restart, in events and in metrics.
    """
    start(STATE_DIR=str(tmp_path)).ready().end()
    service = start(STATE_DIR=str(tmp_path), SENTRY_DSN=sentry.dsn).ready()

    service.call("/debug/crash", "POST")
    service.end()

    (event,) = sentry.of("event")
    assert 1 == event["contexts"]["runtime"]["restart_count"]


def test_what_is_held_goes_back_when_its_time_is_over(start, tmp_path):
    """
    Nobody asks and nobody stops it: after ``hold_s`` the memory of a leak is with the kernel again.
    """
    (tmp_path / "services.yaml").write_text((CATALOG / "services.yaml").read_text())
    (tmp_path / "game-engine.yaml").write_text(
        (CATALOG / "game-engine.yaml").read_text().replace("hold_s: 60", "hold_s: 1")
    )
    service = start(CATALOG_DIR=str(tmp_path)).ready()
    before_mib = service.anonymous_mib()

    assert 200 == service.call("/debug/memory-leak?case=budget", "POST")

    assert service.anonymous_mib() > before_mib + 60
    service.wait(lambda: service.anonymous_mib() < before_mib + 8, "the memory's return", within_s=5)


def test_installed_code_of_ours_is_ours(start, sentry, tmp_path):
    """
    Where the package is among the installed ones, as in an image, its frames are still marked as ours, and only they.
    """
    installed = tmp_path / "site-packages"
    shutil.copytree(Path(game_engine.__file__).parent, installed / "game_engine")
    service = start(SENTRY_DSN=sentry.dsn, PYTHONPATH=str(installed)).ready()

    service.call("/debug/crash", "POST")
    service.end()

    (event,) = sentry.of("event")
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert str(installed) in frames[-1]["abs_path"]
    assert {"game_engine"} == {frame["module"].partition(".")[0] for frame in frames if frame["in_app"]}


def test_an_idle_service_is_small(start, sentry):
    """
    After the start and one captured fault the service takes at most 90 MiB.
    """
    service = start(SENTRY_DSN=sentry.dsn).ready()
    service.call("/debug/crash", "POST")

    assert service.resident_mib() <= 90
