"""
How long a request takes while the event sink is slow, away or refusing, beside the same while it is well, in one run:
``python -m tests.bench.slow_sink``.

Well and unwell take turns, round by round, and the median counts; the range says how far to trust it.
"""

import argparse
import http.client
import json
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from crashctl.proof.process import TOKEN, Service
from crashctl.proof.sink import SinkProcess

from tests.bench.spool_cost import catalogue

ROUNDS = 5
WARM = 20
REQUESTS = 60
MS = 1000


def _well(sink: SinkProcess) -> None:
    sink.misbehave(mode="none")


def _slow(sink: SinkProcess) -> None:
    sink.misbehave(mode="slow", ms=500, for_s=3600)


def _refusing(sink: SinkProcess) -> None:
    sink.misbehave(mode="503", retry_after_s=1, for_s=3600)


def _away(sink: SinkProcess) -> None:
    sink.end(signal.SIGKILL)


STATES: dict[str, Callable[[SinkProcess], None]] = {"well": _well, "slow": _slow, "refusing": _refusing, "away": _away}
# Path, method and status of a request that fails, whose error is captured, and of one that does not.
REQUESTS_OF = {
    "a request that fails": ("/debug/crash", "POST", 500),
    "one that does not": ("/healthz/live", "GET", 200),
}


def latencies_s(port: int, path: str, method: str, status: int, number: int) -> list[float]:
    """
    Ask again and again over one connection.

    Args:
        port: of the service.
        path: of the request.
        method: of the request.
        status: of the answer, else the bench ends.
        number: how often.

    Returns:
        One figure a request (seconds).
    """
    took_s = []
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for _ in range(number):
            began = time.perf_counter()
            connection.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"})
            answer = connection.getresponse()
            answer.read()
            took_s.append(time.perf_counter() - began)
            if answer.status != status:
                sys.exit(f"bench: {path} answered {answer.status}, not {status}")
    return took_s


def measure(folder: Path, rounds: int) -> dict[str, dict[str, list[float]]]:
    """
    Take turns.

    Args:
        folder: for catalogue, store and spools.
        rounds: turns of each.

    Returns:
        By request and state of the sink the median of each round (seconds).
    """
    found: dict[str, dict[str, list[float]]] = {name: {state: [] for state in STATES} for name in REQUESTS_OF}
    catalog = catalogue(folder / "catalog")
    sink = SinkProcess(folder).start()
    try:
        for turn in range(rounds):
            for state, make in STATES.items():
                told = {"SENTRY_DSN": sink.dsn(), "STATE_DIR": str(folder / f"{turn}-{state}")}
                service = Service("game_engine", catalog, **told)
                try:
                    service.ready()
                    make(sink)
                    for name, (path, method, status) in REQUESTS_OF.items():
                        latencies_s(service.port, path, method, status, WARM)
                        median_s = statistics.median(latencies_s(service.port, path, method, status, REQUESTS))
                        found[name][state].append(median_s)
                finally:
                    service.close()
                if state == "away":
                    sink.start()
    finally:
        sink.close()
    return found


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.slow_sink", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = measure(Path(place), options.rounds)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print("\nA request to game-engine by the state of the sink (milliseconds, median and range of the rounds' medians)")
    for name, by_state in found.items():
        well_s = statistics.median(by_state["well"])
        for state, rounds_s in by_state.items():
            median_s = statistics.median(rounds_s)
            said = f"{median_s * MS:6.2f} ({min(rounds_s) * MS:.2f} to {max(rounds_s) * MS:.2f})"
            print(f"  {name:<22} sink {state:<9} {said}   {median_s / well_s:.2f} of well")


if __name__ == "__main__":
    main()
