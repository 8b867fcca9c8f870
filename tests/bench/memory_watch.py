"""
What watching the memory costs: processor time of the thread that looks, in percent of one core, while nothing happens.

Far from the limit and near it (above half, not warned yet), in Python and in Node, below a real limit of the kernel's,
which needs root. Node's thread is that of the watchdog, which looks at the event loop besides; what that takes alone is
measured beside it and taken off.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crashctl.proof.box import Box, boxed, why_no_box
from crashctl.proof.release import clean, free_port, node
from crashctl.waiting import wait_for

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "integration" / "memory" / "program.py"
PAYMENT = ROOT / "services" / "payment" / "src" / "main.js"
# Nobody listens there; nothing is sent.
DSN = f"http://{'0' * 32}@127.0.0.1:9/2"
FAR_MIB, NEAR_SHARE = 2048, 0.65
SETTLES_S = 3.0
NS_PER_S = 1e9


def percent(pid: int, task: int, seconds: float) -> float:
    """Give the share of a core that a thread takes in the next seconds (percent)."""
    file = Path(f"/proc/{pid}/task/{task}/schedstat")
    before, began = int(file.read_text().split()[0]), time.monotonic()
    time.sleep(seconds)
    return (int(file.read_text().split()[0]) - before) / NS_PER_S / (time.monotonic() - began) * 100


def used_mib(box: Box) -> float:
    """Give what the kernel counts in a box."""
    v1 = box.path / "memory.usage_in_bytes"
    return int((v1 if v1.exists() else box.path / "memory.current").read_text()) / 1024 / 1024


@contextmanager
def running(box: Box, command: list[str], **told: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program in a box."""
    with tempfile.TemporaryDirectory() as state:
        environment = {
            **clean(), "PORT": str(free_port()), "CATALOG_DIR": str(ROOT / "catalog"), "STATE_DIR": state,
            "SENTRY_DSN": DSN, "TERMINATION_LOG": f"{state}/termination-log", "MONGODB_URI": "mongodb://127.0.0.1:9/",
            **told,
        }  # fmt: skip
        process = subprocess.Popen(
            [*box.before, *command],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def in_python(seconds: float, *, near: bool) -> float:
    """Measure the thread of crashkit."""
    with boxed(FAR_MIB) as box, running(box, [sys.executable, str(PROGRAM)]) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        process.stdout.readline()
        process.stdin.write(json.dumps({"do": "who"}) + "\n")
        process.stdin.flush()
        task = int(process.stdout.readline())
        process.stdout.readline()
        limit(box, near=near)
        time.sleep(SETTLES_S)
        return percent(process.pid, task, seconds)


def in_node(seconds: float, *, near: bool) -> float:
    """Measure the thread of payment's watchdog, with and without."""
    with ExitStack() as stack:
        found = []
        for told in ("80", "0"):
            box = stack.enter_context(boxed(FAR_MIB))
            process = stack.enter_context(running(box, [str(node()), str(PAYMENT)], MEMORY_WARNING_PERCENT=told))
            task = wait_for(lambda pid=process.pid: watchdog(pid), 60, "the watchdog")
            limit(box, near=near)
            time.sleep(SETTLES_S)
            found.append(percent(process.pid, task, seconds))
        return found[0] - found[1]


def watchdog(pid: int) -> int:
    """Find the thread of the watchdog; 0 where it is not there yet."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return next((int(task.name) for task in tasks if (task / "comm").read_text().strip() == "watchdog"), 0)


def limit(box: Box, *, near: bool) -> None:
    """Put the limit so that what is used is near it, or leave it far."""
    if near:
        v1 = box.path / "memory.limit_in_bytes"
        file = v1 if v1.exists() else box.path / "memory.max"
        file.write_text(str(int(used_mib(box) / NEAR_SHARE * 1024 * 1024)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory_watch", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="how long each is measured (default %(default)s)")
    options = parser.parse_args()
    if why := why_no_box():
        print(f"watching the memory: not measured: {why}")
        return
    print(f"watching the memory, percent of one core, {options.seconds:g} s each, load {os.getloadavg()[0]:.1f}")
    for name, measure in (("Python", in_python), ("Node", in_node)):
        far, near = (measure(options.seconds, near=near) for near in (False, True))
        print(f"  {name:7} far from the limit {far:.3f}, near it {near:.3f}")


if __name__ == "__main__":
    main()
