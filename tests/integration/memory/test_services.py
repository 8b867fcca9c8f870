"""
The services themselves, each below the limit of its chart, fired at until the kernel kills them.
"""

import secrets
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from crashctl.proof.process import TOKEN
from crashctl.proof.release import clean, free_port, node
from crashctl.waiting import wait_for
from crashkit.loading import load_catalogue

ROOT = Path(__file__).parents[3]
CATALOGUE = load_catalogue(ROOT / "catalog")
COMMANDS = {
    "game-engine": [sys.executable, "-m", "game_engine"],
    "analytics": [sys.executable, "-m", "analytics"],
    "payment": [str(node()), str(ROOT / "services" / "payment" / "src" / "main.js")],
}
CASES = [case for case in CATALOGUE.cases() if case.expect.memory_warning == "once"]
# With no other requests and no database, a process takes less than the catalogue's baseline, and one call more.
MOST_CALLS_MORE = 2
RUN = "boxed-1"
OK, NO_ANSWER = 200, None


@pytest.fixture(params=CASES, ids=lambda case: case.id)
def case(request):
    return request.param


@pytest.fixture
def running(case, box, sink, tmp_path):
    """Start the service below its limit, again and again on one state folder; its database is away."""
    chart = yaml.safe_load((ROOT / "charts/crash-demo/charts" / case.service.name / "values.yaml").read_text())
    limit_mib = int(chart["resources"]["limits"]["memory"].removesuffix("Mi"))
    limit = box(limit_mib)
    state = tmp_path / "state"
    state.mkdir()

    @contextmanager
    def start():
        port = free_port()
        env = {
            **clean(), "HOST": "127.0.0.1", "PORT": str(port), "CATALOG_DIR": str(ROOT / "catalog"),
            "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "SENTRY_DSN": sink.dsn(case.service.project_id),
            "STATE_DIR": str(state), "TERMINATION_LOG": str(tmp_path / "termination-log"), "TRACES_SAMPLE_RATE": "0",
            "MONGODB_URI": "mongodb://127.0.0.1:9/", "MONGODB_DATABASE": "casino",
            "NODE_OPTIONS": f"--max-old-space-size={limit_mib * chart.get('heapPercent', 0) // 100}",
        }  # fmt: skip
        with (tmp_path / "service.log").open("ab") as log:
            process = subprocess.Popen([*limit.before, *COMMANDS[case.service.name]], env=env, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            lives = f"{case.service.name} to live; its log: {tmp_path / 'service.log'}"
            wait_for(lambda: answer("GET", f"{url}/healthz/live") == OK, 90, lives)
            yield process, url
        finally:
            process.kill()
            process.wait()

    return limit, start


def answer(method, url, trace=None):
    """Give the status of an answer; none where there is none."""
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Crash-Run": RUN}
    if trace:
        headers["sentry-trace"] = f"{trace}-{secrets.token_hex(8)}-1"
    try:
        return httpx.request(method, url, headers=headers, timeout=90).status_code
    except httpx.TransportError:
        return NO_ANSWER


@pytest.mark.timeout(400)
def test_a_kill_of_the_catalogue_is_warned_of_once(case, running, sink):
    """
    Whichever of the calls it is, exactly one warning of the service comes before the kill, on the trace of that call
    and with its tags; nothing else of it is on another trace.
    """
    limit, start = running
    traces = []
    with start() as (process, url):
        for _ in range(case.expect.pod.after_calls + MOST_CALLS_MORE):
            traces.append(secrets.token_hex(16))
            if answer("POST", f"{url}{case.local_path}", traces[-1]) is NO_ANSWER:
                break
        status = process.wait(60)
    with start():
        (warning,) = sink.wait_for_warnings(1)

    assert (-signal.SIGKILL, 1) == (status, limit.oom_kills)
    assert "warning" == warning["level"]
    assert warning["contexts"]["trace"]["trace_id"] in traces
    tags = {"service": case.service.name, "scenario": case.scenario_name, "case": case.case_name, "run": RUN}
    assert tags.items() <= warning["tags"].items()
    assert warning["contexts"]["memory"]["grown"]
    assert 1 == len(sink.warnings())
