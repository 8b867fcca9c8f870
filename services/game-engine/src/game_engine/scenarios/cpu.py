"""
The loop that does not end: a reel that never comes to rest exactly where it should.
"""

import time

import sentry_sdk
from crashkit.profiling import profiled
from crashkit.run import BudgetExceeded, Run

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
    with profiled():
        while degrees != REST_DEGREES and not ended:
            degrees += STEP_DEGREES
            turns += 1
            ended = turns % CHECK_EVERY == 0 and _used_up(run)

    blocked_s = round(run.elapsed_s, 2)
    cpu_s = round(time.process_time() - cpu_began_s, 2)
    sentry_sdk.set_context("loop", {"blocked_s": blocked_s, "turns": turns, "degrees": degrees, "cpu_s": cpu_s})
    sentry_sdk.capture_message("A reel never came to rest and blocked the event loop", level="warning")
    return {"blocked_s": blocked_s, "turns": turns}


def _used_up(run: Run) -> bool:
    try:
        run.check()
    except BudgetExceeded:
        return True
    return False
