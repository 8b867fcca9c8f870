"""
What the spool costs, in processor time of the whole process, beside the same without it in one run: for an event that
is captured, for a request that fails, and for one that does not: ``python -m tests.bench.spool_cost``.

With and without take turns, round by round, and the median counts; the range says how far to trust it.
"""

import argparse
import http.client
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import sentry_sdk
import yaml
from crashctl.proof.process import TOKEN, Service
from crashctl.proof.sink import SinkProcess
from crashctl.waiting import wait_for

from tests.bench.children import KINDS, answer_of, fail, start

ROOT = Path(__file__).parents[2]
ROUNDS = 7
EVENTS = 200
AT_ONCE = 20
# The most that a catalogue may allow.
PER_MINUTE = 600
US = 1_000_000


@dataclass(frozen=True)
class Load:
    """
    Requests to a service.

    Args:
        name: as the table shows it.
        module: what is started.
        method: of the request.
        path: of the request.
        status: of the answer.
        requests: in a round.
        warm: before it.
        items: that a request makes, and that are waited for: what is dropped costs nothing; 0 where some are sampled.
    """

    name: str
    module: str
    method: str
    path: str
    status: int
    requests: int
    warm: int
    items: int


LOADS = (
    Load("a request that fails (game-engine)", "game_engine", "POST", "/debug/crash", 500, 200, 20, 2),
    Load("a request without an error (gateway)", "gateway", "GET", "/", 200, 3000, 300, 0),
)


def of_an_event(kind: str, sink: SinkProcess, state: Path) -> float:
    """Give the processor time of one event in a process that does nothing else (seconds)."""
    return float(answer_of(partial(_capture, kind, sink.dsn(), state))["cpu_s"])


def _capture(kind: str, dsn: str, state: Path) -> dict[str, Any]:
    start(kind, dsn, state)
    for _ in range(AT_ONCE):
        fail()
    sentry_sdk.flush(30)
    began = time.process_time()
    for _ in range(EVENTS // AT_ONCE):
        for _ in range(AT_ONCE):
            fail()
        sentry_sdk.flush(30)
    return {"cpu_s": (time.process_time() - began) / EVENTS}


def of_a_request(load: Load, kind: str, sink: SinkProcess, state: Path, catalog: Path) -> float:
    """Give the processor time of one request (seconds)."""
    told = {"SENTRY_DSN": sink.dsn(), "STATE_DIR": str(state) if kind == "spool" else ""}
    service = Service(load.module, catalog, **told)
    try:
        service.ready()
        process = psutil.Process(service.process.pid)
        with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as connection:
            _ask(connection, load, load.warm, sink)
            before = _cpu_s(process)
            _ask(connection, load, load.requests, sink)
            return (_cpu_s(process) - before) / load.requests
    finally:
        service.close()


def _ask(connection: http.client.HTTPConnection, load: Load, times: int, sink: SinkProcess) -> None:
    wanted = _received(sink)
    for number in range(1, times + 1):
        connection.request(load.method, load.path, headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != load.status:
            sys.exit(f"bench: {load.path} answered {answer.status}, not {load.status}")
        wanted += load.items
        if load.items and number % AT_ONCE == 0:
            wait_for(lambda wanted=wanted: _received(sink) >= wanted, 60, "what was captured to arrive")  # type: ignore[misc]


def _received(sink: SinkProcess) -> int:
    received: dict[str, int] = sink.accounts()["received"]
    return received.get("event", 0) + received.get("transaction", 0)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def catalogue(folder: Path) -> Path:
    """Copy the catalogue, with a budget of firings that a bench does not use up."""
    shutil.copytree(ROOT / "catalog", folder)
    file = folder / "game-engine.yaml"
    document = yaml.safe_load(file.read_text())
    document["scenarios"]["crash"]["budget"]["per_minute"] = PER_MINUTE
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return folder


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.spool_cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        catalog = catalogue(folder / "catalog")
        sink = SinkProcess(folder).start()
        try:
            parts: dict[str, Callable[[str, Path], float]] = {
                "an event that is captured": lambda kind, state: of_an_event(kind, sink, state),
                **{
                    load.name: lambda kind, state, load=load: of_a_request(load, kind, sink, state, catalog)  # type: ignore[misc]
                    for load in LOADS
                },
            }
            figures = {name: _in_turns(measure, folder, options.rounds) for name, measure in parts.items()}
        finally:
            sink.close()
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    print("\nProcessor time with the spool, beside the same without it (microseconds, median and range of the rounds)")
    for name, by_kind in figures.items():
        medians = {kind: statistics.median(found) for kind, found in by_kind.items()}
        ratio = medians["spool"] / medians["default"] - 1
        said = ", ".join(
            f"{kind} {medians[kind] * US:.0f} ({min(found) * US:.0f} to {max(found) * US:.0f})"
            for kind, found in by_kind.items()
        )
        print(f"  {name:<38} {said}: {ratio:+.1%}")


def _in_turns(measure: Callable[[str, Path], float], folder: Path, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind in KINDS:
            with tempfile.TemporaryDirectory(dir=folder) as state:
                found[kind].append(measure(kind, Path(state)))
    return found


if __name__ == "__main__":
    main()
