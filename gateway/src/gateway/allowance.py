"""
How many healthy traces a second are written: few enough that the SDK's queue has room for a fault.

The SDK keeps at most 100 envelopes and drops what comes then, an error event no less than a transaction. Its own
back-pressure looks every ten seconds; a burst of healthy traffic is faster than that.
"""

import time
from collections.abc import Callable


class Allowance:
    """
    A bucket that fills with time.

    Args:
        per_s: what flows in a second.
        burst: the most that it holds.
        clock: seconds that only go forward.
    """

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._held = float(burst)
        self._seen_at = clock()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self._clock()
        self._held = min(self._burst, self._held + (now - self._seen_at) * self._per_s)
        self._seen_at = now
        if self._held < 1:
            return False
        self._held -= 1
        return True
