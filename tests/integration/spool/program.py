"""
A process that does what it is told, line by line: it starts the SDK as the services do, captures, and dies.
"""

import json
import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import sentry_sdk
from crashctl.proof.process import anonymous_mib
from crashkit.lifecycle import Lifecycle
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import ServiceSettings
from crashkit.spool.counts import show_spool
from crashkit.telemetry import start_sentry, stop_sentry
from prometheus_client import CollectorRegistry, generate_latest
from sentry_sdk.transport import HttpTransport

# The SDK cuts lists after ten members, and strings after 1024 characters.
TON = [["x" * 1000] * 10] * 10
BALLAST = {100_000: {"ton": TON}, 2_000_000: {"left": [TON] * 10, "right": [TON] * 10}}


def main() -> None:
    """Start, say so, and obey."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    settings = ServiceSettings()
    runtime = RuntimeContext(settings, Lifecycle(settings.state_dir), {})
    # What the SDK has by itself, to compare with.
    plain = HttpTransport if "--default" in sys.argv else None
    began = time.monotonic()
    spool = start_sentry(settings, "casino", runtime, [], lambda _: 1.0, transport=plain)
    registry = CollectorRegistry()
    show_spool(registry, spool)
    say(started_s=time.monotonic() - began)
    for line in sys.stdin:
        order = json.loads(line)
        name = order.pop("do")
        if name == "metrics":
            say(text=generate_latest(registry).decode())
        else:
            say(**(ORDERS[name](**order) or {}))


def say(**what: object) -> None:
    """Answer an order."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def capture(run: str, number: int = 1, size: int = 0) -> dict[str, Any]:
    """Capture some errors, and say how long each call took, by the clock and of the processor."""
    took_s, cpu_s = [], []
    for at in range(number):
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("run", run)
            scope.set_extra("at", at)
            for name, ballast in BALLAST.get(size, {}).items():
                scope.set_extra(name, ballast)
            began, worked = time.perf_counter(), time.thread_time()
            fail()
            took_s.append(time.perf_counter() - began)
            cpu_s.append(time.thread_time() - worked)
    return {"took_s": took_s, "cpu_s": cpu_s, "anonymous_mib": anonymous_mib(os.getpid())}


def fail() -> None:
    """Make a mistake and report it."""
    reels: dict[str, int] = {}
    try:
        reels["joker"] += 1
    except KeyError:
        sentry_sdk.capture_exception()


def die(run: str, how: int = signal.SIGKILL) -> None:
    """Capture an error, and be killed as the call returns."""
    sentry_sdk.set_tag("run", run)
    fail()
    os.kill(os.getpid(), how)


def in_threads(run: str, threads: int, number: int) -> None:
    """Capture from several threads at once."""
    all_of_them = [threading.Thread(target=capture, args=(run, number)) for _ in range(threads)]
    for one in all_of_them:
        one.start()
    for one in all_of_them:
        one.join()


def in_child(run: str, number: int = 1, *, flush: bool = False) -> dict[str, Any]:
    """Fork, and capture in the child, which ends without a word."""
    child = os.fork()
    if child == 0:
        capture(run, number)
        if flush:
            sentry_sdk.flush(10)
        os._exit(0)
    return {"status": os.waitpid(child, 0)[1]}


def in_finalizer(run: str, number: int) -> None:
    """Capture where the collector of garbage happens to run: in the middle of capturing."""

    class Fails:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            capture(run)

    for _ in range(number):
        Fails()
        capture(run)


def transactions(number: int) -> None:
    """Send transactions, which have no spool."""
    for _ in range(number):
        with sentry_sdk.start_transaction(name="spin"):
            pass


def limit_file_size(limit_bytes: int) -> None:
    """Let no file of this process grow further, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))


def lost() -> dict[str, Any]:
    """Say what the SDK has counted as lost and not reported yet."""
    counted = sentry_sdk.get_client().transport._discarded_events
    return {"lost": [[category, reason, number] for (category, reason), number in counted.items()]}


def flush(within_s: float) -> dict[str, Any]:
    """Flush, and say how long it took."""
    began = time.monotonic()
    sentry_sdk.flush(within_s)
    return {"took_s": time.monotonic() - began}


def stop() -> dict[str, Any]:
    """End the SDK as a service does, and say how long it took."""
    began = time.monotonic()
    stop_sentry()
    return {"took_s": time.monotonic() - began}


ORDERS: dict[str, Callable[..., dict[str, Any] | None]] = {
    "capture": capture, "die": die, "in_threads": in_threads, "in_child": in_child, "in_finalizer": in_finalizer,
    "transactions": transactions, "limit_file_size": limit_file_size, "lost": lost, "flush": flush, "stop": stop,
}  # fmt: skip


if __name__ == "__main__":
    main()
