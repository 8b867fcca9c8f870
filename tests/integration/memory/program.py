"""
A process that warns as the services do, and does with its memory what it is told, line by line.
"""

import json
import logging
import mmap
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import sentry_sdk
from crashkit.flight import start_flight
from crashkit.lifecycle import Lifecycle
from crashkit.memory import watching_memory
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import ServiceSettings
from crashkit.telemetry import start_sentry, stop_sentry

MIB = 1024 * 1024
HELD: list[mmap.mmap] = []


def main() -> None:
    """Start, say so, and obey."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    settings = ServiceSettings()
    runtime = RuntimeContext(settings, Lifecycle(settings.state_dir), {})
    start_sentry(settings, "casino", runtime, [], lambda _: 0.0)
    flight = start_flight(settings, "casino")
    with flight.running(lambda: False), watching_memory(settings, flight):
        say()
        for order in orders():
            name = order.pop("do")
            if name == "open":
                flight.open(**order)
            else:
                ORDERS[name](**order)
            say()
    stop_sentry()


def orders() -> Iterator[dict]:
    """Read what to do."""
    for line in sys.stdin:
        yield json.loads(line)


def say() -> None:
    """Answer an order."""
    sys.stdout.write("done\n")
    sys.stdout.flush()


def grow(mib: int, per_s: float) -> None:
    """Take memory and touch it, a piece of 1 MiB after the other, at most so many a second."""
    for _ in range(mib):
        block = mmap.mmap(-1, MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        block.write(b"\x01" * MIB)
        HELD.append(block)
        time.sleep(1 / per_s)


def let_go() -> None:
    """Give all of it back."""
    for block in HELD:
        block.close()
    HELD.clear()


def read(path: str, times: int) -> None:
    """Read a file, so that the kernel keeps its pages; more than once makes them pages that are used."""
    for _ in range(times):
        with Path(path).open("rb", buffering=0) as file:
            while file.read(MIB):
                pass


def who() -> None:
    """Say which thread looks, by its number at the kernel."""
    task = next(thread.native_id for thread in threading.enumerate() if thread.name == "memory-watcher")
    sys.stdout.write(f"{task}\n")


def flush() -> None:
    """Have everything sent."""
    sentry_sdk.flush(10)


ORDERS = {"grow": grow, "let_go": let_go, "read": read, "flush": flush, "who": who}

if __name__ == "__main__":
    main()
