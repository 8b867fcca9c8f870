"""
A CPU profile of a scenario, named on its event and its transaction.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sentry_sdk
from sentry_sdk.profiler import start_profiler, stop_profiler
from sentry_sdk.profiler.continuous_profiler import get_profiler_id

_lock = threading.Lock()
_inside: list[None] = []


@contextmanager
def profiled() -> Iterator[None]:
    """
    Profile what runs inside, and name the profile in the context ``profile``. Several may be inside at once: the
    profiler samples all threads, so they share one profile.

    On Python 3.11.7 a collection of garbage that began while the profiler read the frames of all threads was seen to
    stop the whole interpreter for good (CPython issue 106883). What a scenario does within its budget leaves little
    garbage behind, so collecting waits.
    """
    with _lock:
        if not _inside:
            gc.disable()
            start_profiler()
        _inside.append(None)
    try:
        sentry_sdk.set_context("profile", {"profiler_id": get_profiler_id()})
        yield
    finally:
        with _lock:
            _inside.pop()
            if not _inside:
                stop_profiler()
                gc.enable()
