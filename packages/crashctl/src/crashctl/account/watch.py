"""
Looks until everything is at rest: figures are told every two seconds, and what waits is on its way.
"""

import time
from collections.abc import Callable

from crashctl.account.sheet import Sheet
from crashctl.account.verdict import Verdict

STEP_S = 1.0
# A process has told what it did before this time.
TOLD_WITHIN_S = 3.0


def look_until_at_rest(look: Callable[[], Sheet], judge: Callable[[Sheet], Verdict], within_s: float) -> Verdict:
    """
    Look until the sums close with nothing on its way, or nothing moves any more, or the time is up.

    Args:
        look: asks the sink.
        judge: adds up.
        within_s: seconds at the most.

    Returns:
        The last look's verdict.
    """
    ends = time.monotonic() + within_s
    verdict = judge(look())
    changed_at = time.monotonic()
    while time.monotonic() < ends:
        at_rest_s = time.monotonic() - changed_at
        # What waits may still arrive; what is amiss may only be untold.
        if at_rest_s >= TOLD_WITHIN_S and not verdict.waiting:
            break
        time.sleep(min(STEP_S, max(0.0, ends - time.monotonic())))
        found = judge(look())
        if found.line() != verdict.line():
            changed_at = time.monotonic()
        verdict = found
    return verdict
