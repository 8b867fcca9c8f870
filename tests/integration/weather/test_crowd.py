"""
A hundred services at once.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from crashctl.proof.release import clean

PROCESSES = 5
MEMBERS = 20
FIRST = 100
EVENTS = 25
TRANSACTIONS = 5
# Idle it has about 60 MiB; of each envelope on its way a few copies are in memory.
MOST_SINK_MIB = 250

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def crowd(sink, tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Five processes of twenty services each, which wait for orders."""
    base = sink.dsn().rpartition("/")[0]
    with ExitStack() as stack:
        made = []
        for at in range(PROCESSES):
            given = [base, str(FIRST + at * MEMBERS), str(MEMBERS), str(tmp_path / "crowd")]
            one = subprocess.Popen(
                [sys.executable, str(Path(__file__).parent / "crowd.py"), *given],
                env=clean(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            stack.callback(one.wait)
            stack.callback(one.kill)
            made.append(one)
        assert ["ready\n"] * PROCESSES == [one.stdout.readline() for one in made]
        yield made


def order(crowd: list[subprocess.Popen[str]], **said: object) -> None:
    """Tell all of them at once, and wait until all have done it."""
    for one in crowd:
        one.stdin.write(json.dumps(said) + "\n")
        one.stdin.flush()
    assert ["done\n"] * PROCESSES == [one.stdout.readline() for one in crowd]


@pytest.mark.parametrize(
    "weather", [{"mode": "none"}, {"mode": "503", "retry_after_s": 1, "count": 150}], ids=["fair", "503"]
)
def test_a_hundred_services_at_once_are_exact(weather, crowd, sink, account):
    """
    A hundred SDKs with a project each capture at once, in fair weather and while the sink refuses: of each service
    every event is stored once, every sum closes, and the sink's memory stays small.
    """
    sink.misbehave(**weather)
    order(crowd, do="work", events=EVENTS, transactions=TRANSACTIONS)
    order(crowd, do="end")

    code, found = account()

    assert (0, []) == (code, found["not_closed"]), found["verdict"]
    services = {name: one for name, one in found["services"].items() if name.startswith("project-")}
    assert PROCESSES * MEMBERS == len(services)
    for name, one in services.items():
        events, transactions = one["items"]["event"], one["items"]["transaction"]
        assert (EVENTS, EVENTS, {}) == (events["captured"], events["received"], events["discarded"]), name
        lost = sum(transactions["discarded"].values())
        assert TRANSACTIONS == transactions["captured"] == transactions["received"] + lost, name
        assert weather["mode"] == "503" or not lost, name
    assert PROCESSES * MEMBERS * EVENTS == sink.accounts()["received"]["event"]
    peak_mib = most_mib(sink.process.pid)
    print(f"the sink's memory: {peak_mib:.0f} MiB at the most")  # noqa: T201 - a figure for people
    assert peak_mib < MOST_SINK_MIB


def most_mib(pid: int) -> float:
    """Give the most that a process had in memory (MiB)."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024
