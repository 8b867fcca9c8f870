"""
Looks until everything is at rest: figures are told within two seconds of a change, and what waits is on its way.
"""

import time
from typing import TYPE_CHECKING, Protocol

from crashctl.account.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashctl.account.sheet import Sheet

STEP_S = 0.5
# What is in a spool is sent by then if the sink takes it, and who is silent for 40 s is gone.
AT_REST_WITHIN_S = 45.0
# A process has told what it did before this time.
TOLD_WITHIN_S = 3.5


class Judge(Protocol):
    """Adds up."""

    def __call__(self, sheet: "Sheet", *, moving: bool) -> Verdict:
        """Hold everything against everything."""


def look_until_at_rest(look: "Callable[[], Sheet]", judge: Judge, within_s: float) -> Verdict:
    """
    Look until the sums close, nothing is on its way and nothing moves any more, or the time is up.

    What does not close may only be untold: what a process has sent and not told when it died is told by the next one,
    after the kubelet's back-off, or is unknown once the pod has been silent for too long.

    Args:
        look: asks the sink.
        judge: adds up.
        within_s: seconds at the most.

    Returns:
        The last look's verdict.
    """
    ends = time.monotonic() + within_s
    verdict = judge(look(), moving=False)
    changed_at = time.monotonic()
    while time.monotonic() < ends:
        if time.monotonic() - changed_at >= TOLD_WITHIN_S and verdict.closes and not verdict.waiting:
            break
        time.sleep(min(STEP_S, max(0.0, ends - time.monotonic())))
        found = judge(look(), moving=False)
        if found.line() != verdict.line():
            changed_at = time.monotonic()
        verdict = found
    moving = time.monotonic() - changed_at < min(TOLD_WITHIN_S, within_s)
    return judge(verdict.sheet, moving=True) if moving else verdict
