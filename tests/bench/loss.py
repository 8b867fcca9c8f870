"""
What arrives of errors that are captured just before SIGKILL, and of a burst at a slow sink: with the spool, beside the
SDK's own transport, in one run: ``python -m tests.bench.loss``.

Each kill is a process of its own that captures one error and is killed as the call returns; half of them have sent
another one before. Those with the spool are followed by a start on the same folder, as the kubelet makes one.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import sentry_sdk
from crashctl.proof.sink import SinkProcess
from crashkit.telemetry import stop_sentry

from tests.bench.children import KINDS, answer_of, fail, killed_after, start

KILLS = 500
BURST = 500
SLOW_MS = 20
SENT_WITHIN_S = 120
MIB = 1024 * 1024
US = 1_000_000


@dataclass(frozen=True)
class Kills:
    """What came of the kills, of as many cold processes as warm ones."""

    cold: int
    warm: int
    of_each: int
    again: int

    @property
    def text(self) -> str:
        """Say it in one word."""
        return f"{self.cold + self.warm}/{2 * self.of_each}"


@dataclass(frozen=True)
class Burst:
    """What came of a burst, and what it cost the one who captured it."""

    arrived: int
    counted_lost: int
    first_us: float
    last_us: float
    grown_mib: float
    sent_s: float


def kills(kind: str, sink: SinkProcess, folder: Path, number: int) -> Kills:
    """Kill that many processes, and count what of them is in the sink."""
    state = folder / f"kill-{kind}"
    state.mkdir()
    before = duplicates(sink)
    for at in range(number):
        killed_after(partial(_one_death, kind, sink.dsn(), state, warm=at % 2 == 1))
        if kind == "spool":
            answer_of(partial(_next_life, sink.dsn(), state))
    arrived = {how: len(sink.items(run=f"{kind}-{how}", type="event")) for how in ("cold", "warm")}
    return Kills(arrived["cold"], arrived["warm"], number // 2, duplicates(sink) - before)


def _one_death(kind: str, dsn: str, state: Path, *, warm: bool) -> None:
    start(kind, dsn, state)
    if warm:
        sentry_sdk.set_tag("run", f"{kind}-before")
        fail()
        sentry_sdk.flush(5)
    sentry_sdk.set_tag("run", f"{kind}-{'warm' if warm else 'cold'}")
    fail()


def _next_life(dsn: str, state: Path) -> dict[str, Any]:
    start("spool", dsn, state)
    stop_sentry()
    return {}


def burst(kind: str, sink: SinkProcess, folder: Path) -> Burst:
    """Capture a burst with a sink that is slow, and wait until the living process has sent what it will send."""
    state = folder / f"burst-{kind}"
    state.mkdir()
    sink.misbehave(mode="slow", ms=SLOW_MS, for_s=600)
    told = answer_of(partial(_burst, kind, sink.dsn(), state))
    sink.misbehave(mode="none")
    return Burst(arrived=len(sink.items(run=f"{kind}-burst", type="event")), **told)


def _burst(kind: str, dsn: str, state: Path) -> dict[str, Any]:
    start(kind, dsn, state)
    for _ in range(10):
        fail()
    sentry_sdk.flush(30)
    sentry_sdk.set_tag("run", f"{kind}-burst")
    before = psutil.Process().memory_info().rss
    worked_s = [fail() for _ in range(BURST)]
    grown = psutil.Process().memory_info().rss - before
    began = time.monotonic()
    sentry_sdk.flush(SENT_WITHIN_S)
    transport: Any = sentry_sdk.get_client().transport  # Any: what the SDK counts by is private to it
    return {
        "counted_lost": transport._discarded_events.get(("error", "queue_overflow"), 0),
        "first_us": statistics.median(worked_s[:100]) * US,
        "last_us": statistics.median(worked_s[-100:]) * US,
        "grown_mib": grown / MIB,
        "sent_s": time.monotonic() - began,
    }


def duplicates(sink: SinkProcess) -> int:
    """How many events came again, and are stored once."""
    return int(sink.accounts()["duplicates"].get("event", 0))


def main() -> int:
    """Measure, and print a table or JSON; 1 when the spool has lost something."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.loss", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help="processes of each kind (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sink = SinkProcess(folder).start()
        try:
            killed = {kind: kills(kind, sink, folder, options.kills) for kind in KINDS}
            bursts = {kind: burst(kind, sink, folder) for kind in KINDS}
        finally:
            sink.close()
    if options.json:
        print(json.dumps({kind: {"kills": asdict(killed[kind]), "burst": asdict(bursts[kind])} for kind in KINDS}))
    else:
        _show(killed, bursts)
    spooled = killed["spool"]
    whole = (spooled.cold + spooled.warm, bursts["spool"].arrived) == (2 * spooled.of_each, BURST)
    return 0 if whole else 1


def _show(killed: dict[str, Kills], bursts: dict[str, Burst]) -> None:
    print("\nErrors captured just before SIGKILL, that arrived once after the next start")
    for kind, found in killed.items():
        print(
            f"  {kind:<8} SIGKILL {found.text:<9} cold {found.cold}/{found.of_each}, warm {found.warm}/{found.of_each};"
            f" sent again and stored once: {found.again}"
        )
    print(f"\nA burst of {BURST} with {SLOW_MS} ms for each answer, from the living process")
    for kind, one in bursts.items():
        print(
            f"  {kind:<8} arrived {one.arrived}/{BURST}, counted lost {one.counted_lost}; processor time of a call"
            f" {one.first_us:.0f} us at first and {one.last_us:.0f} us at last; memory +{one.grown_mib:.0f} MiB;"
            f" all sent after {one.sent_s:.0f} s"
        )


if __name__ == "__main__":
    sys.exit(main())
