"""
Processes that start the SDK as the services do, with the spool or with the SDK's own transport; forked from one that
has imported everything, so that a thousand of them take minutes and not hours.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentry_sdk
from crashkit.lifecycle import Lifecycle
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import ServiceSettings
from crashkit.spool.store import Store
from crashkit.telemetry import start_sentry
from pydantic import SecretStr
from sentry_sdk.transport import HttpTransport

KINDS = ("default", "spool")


def start(kind: str, dsn: str, state: Path) -> Store | None:
    """
    Start the SDK of this process.

    Args:
        kind: ``default`` or ``spool``.
        dsn: of the sink.
        state: folder that outlives the process.
    """
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    settings = ServiceSettings(port=8099, catalog_dir=state, state_dir=state, sentry_dsn=SecretStr(dsn))
    runtime = RuntimeContext(settings, Lifecycle(state), {})
    transport = HttpTransport if kind == "default" else None
    return start_sentry(settings, "casino", runtime, [], lambda _: 0.0, transport=transport)


def fail() -> float:
    """Make a mistake three calls deep, report it, and give the seconds of the processor that the report took."""
    try:
        _spin({"stake": 100, "reels": ["cherry", "bar", "seven"]})
    except KeyError:
        began = time.thread_time()
        sentry_sdk.capture_exception()
        return time.thread_time() - began
    raise AssertionError("the spin did not fail")


def _spin(order: dict[str, Any]) -> int:
    return sum(_value(reel, order) for reel in order["reels"])


def _value(reel: str, order: dict[str, Any]) -> int:
    values: dict[str, int] = {"cherry": 1}
    return values[reel] * int(order["stake"])


def answer_of(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """
    Do something in a child.

    Args:
        work: gives what is to be known of it.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            json.dump(_or_die(work), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    if os.waitpid(child, 0)[1]:
        sys.exit("bench: a child failed")
    found: dict[str, Any] = json.loads(text)
    return found


def killed_after(work: Callable[[], object]) -> None:
    """Do something in a child, which is killed as it returns."""
    child = os.fork()
    if child == 0:
        _or_die(work)
        os.kill(os.getpid(), signal.SIGKILL)
    if os.waitpid(child, 0)[1] != signal.SIGKILL:
        sys.exit("bench: a child ended in another way than by SIGKILL")


def _or_die(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except BaseException as error:  # noqa: BLE001 - a forked child must not go on as its parent
        sys.stderr.write(f"bench: {error!r}\n")
        os._exit(1)
