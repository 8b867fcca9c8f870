"""
The loop that does not end: a reel that never comes to rest exactly where it should.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sentry_sdk
from crashkit.run import BudgetExceeded, Run
from sentry_sdk.profiler import start_profiler, stop_profiler
from sentry_sdk.profiler.continuous_profiler import get_profiler_id

STEP_DEGREES = 0.1
REST_DEGREES = 360.0
CHECK_EVERY = 10_000


async def turn_reel(run: Run) -> dict[str, object]:
    """
    Turn a reel by tenths of a degree until it stands at exactly 360, which a sum of binary fractions never does.

    Nothing else runs meanwhile: the loop does not give the event loop back. A DELETE therefore arrives only when the
    budget has ended the loop.

    Args:
        run: ``run.budget.wall_s`` (seconds) ends it.

    Returns:
        ``blocked_s``: how long nothing else could run; ``turns``: how often the reel was turned.
    """
    degrees, turns, ended = 0.0, 0, False
    cpu_began_s = time.process_time()
    with _profiled():
        while degrees != REST_DEGREES and not ended:
            degrees += STEP_DEGREES
            turns += 1
            ended = turns % CHECK_EVERY == 0 and _used_up(run)

    blocked_s = round(run.elapsed_s, 2)
    cpu_s = round(time.process_time() - cpu_began_s, 2)
    sentry_sdk.set_context("loop", {"blocked_s": blocked_s, "turns": turns, "degrees": degrees, "cpu_s": cpu_s})
    sentry_sdk.capture_message("A reel never came to rest and blocked the event loop", level="warning")
    return {"blocked_s": blocked_s, "turns": turns}


@contextmanager
def _profiled() -> Iterator[None]:
    """
    Profile what runs inside, and name the profile on the event.
    """
    # On Python 3.11.7 a collection that began while the profiler read the frames of all threads was seen to stop the
    # whole interpreter for good (CPython issue 106883). The loop leaves no garbage behind, so collecting can wait.
    gc.disable()
    try:
        start_profiler()
        sentry_sdk.set_context("profile", {"profiler_id": get_profiler_id()})
        yield
    finally:
        stop_profiler()
        gc.enable()


def _used_up(run: Run) -> bool:
    try:
        run.check()
    except BudgetExceeded:
        return True
    return False
