"""
What arrives of errors that are captured just before SIGKILL, and of a burst at a slow sink, in Python and in Node: with
the spool, beside the SDK's own transport, in one run: ``python -m tests.bench.loss``.

Each kill is a process of its own that captures one error and is killed as the call returns; half of them have sent
another one before. Those with the spool are followed by a start on the same folder, as the kubelet makes one.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import sentry_sdk
from crashctl.proof.release import node
from crashctl.proof.sink import SinkProcess
from crashkit.telemetry import stop_sentry

from tests.bench.children import KINDS, answer_of, fail, killed_after, start

IN_NODE = Path(__file__).parents[2] / "services" / "payment" / "bench" / "losses.js"
KILLS = 500
BURST = 500
SLOW_MS = 20
SENT_WITHIN_S = 120
MIB = 1024 * 1024
US = 1_000_000


@dataclass(frozen=True)
class Kills:
    """What came of the kills; of as many cold processes as warm ones."""

    arrived: int
    killed: int
    cold: int
    warm: int
    again: int


@dataclass(frozen=True)
class Burst:
    """What came of a burst, and what each capture cost the one who made it, in processor time."""

    arrived: int
    captured: int
    capture_us: float
    grown_mib: float
    sent_s: float


@dataclass(frozen=True)
class Losses:
    """What came of both, with one transport."""

    kills: Kills
    burst: Burst

    @property
    def whole(self) -> bool:
        """Whether everything arrived."""
        return self.kills.arrived == self.kills.killed and self.burst.arrived == self.burst.captured


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
    return Kills(sum(arrived.values()), number, again=duplicates(sink) - before, **arrived)


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
    return Burst(arrived=len(sink.items(run=f"{kind}-burst", type="event")), captured=BURST, **told)


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
    return {
        "capture_us": statistics.median(worked_s) * US,
        "grown_mib": grown / MIB,
        "sent_s": time.monotonic() - began,
    }


def duplicates(sink: SinkProcess) -> int:
    """How many events came again, and are stored once."""
    return int(sink.accounts()["duplicates"].get("event", 0))


def in_python(number: int) -> dict[str, Losses]:
    """Kill and burst in Python, with each transport."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sink = SinkProcess(folder).start()
        try:
            killed = {kind: kills(kind, sink, folder, number) for kind in KINDS}
            return {kind: Losses(killed[kind], burst(kind, sink, folder)) for kind in KINDS}
        finally:
            sink.close()


def in_node(number: int) -> dict[str, Losses]:
    """
    Kill and burst in Node, with each transport.

    Raises:
        SystemExit: the bench of Node could not run.
    """
    ended = subprocess.run([str(node()), str(IN_NODE), "--json", str(number)], stdout=subprocess.PIPE, check=False)
    try:
        told = json.loads(ended.stdout)
    except ValueError:
        sys.exit(f"bench: {IN_NODE} ended with {ended.returncode} and without its figures; run it by itself")
    return {kind: Losses(Kills(**one["kills"]), Burst(**one["burst"])) for kind, one in told.items()}


def main() -> int:
    """Measure, and print a table or JSON; 1 when a spool has lost something."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.loss", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help="processes of each kind, even (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = {"Python": in_python(options.kills), "Node": in_node(options.kills)}
    if options.json:
        print(
            json.dumps(
                {language: {kind: asdict(one) for kind, one in kinds.items()} for language, kinds in found.items()}
            )
        )
    else:
        _show(found)
    return 0 if all(kinds["spool"].whole for kinds in found.values()) else 1


def _show(found: Mapping[str, Mapping[str, Losses]]) -> None:
    print("\nErrors captured just before SIGKILL, that arrived once after the next start")
    for language, kinds in found.items():
        ours, own = kinds["spool"].kills, kinds["default"].kills
        print(
            f"  {language:<7} SIGKILL {ours.arrived}/{ours.killed} (default {own.arrived}/{own.killed});"
            f" just started {ours.cold} (default {own.cold}), after another event {ours.warm} (default {own.warm});"
            f" sent again and stored once {ours.again}"
        )
    print(f"\nA burst of {BURST} with {SLOW_MS} ms for each answer, from the living process")
    for language, kinds in found.items():
        ours_burst, own_burst = kinds["spool"].burst, kinds["default"].burst
        print(
            f"  {language:<7} burst with a slow sink {ours_burst.arrived}/{ours_burst.captured}"
            f" (default {own_burst.arrived}/{own_burst.captured});"
            f" processor time of a call {ours_burst.capture_us:.0f} us (default {own_burst.capture_us:.0f}),"
            f" memory +{ours_burst.grown_mib:.0f} MiB (default +{own_burst.grown_mib:.0f}),"
            f" all sent after {ours_burst.sent_s:.0f} s"
        )


if __name__ == "__main__":
    sys.exit(main())
