"""
When memory is near its limit, and how often to look. Pure: no clock, no file.

Both languages are held to ``tests/contract/memory.json``.
"""

from collections import deque

# Parts of the share at which it warns: above this a steep slope is enough, and below it the next approach begins.
FLOOR = 0.75
# Above this it looks often.
OFTEN_FROM = 0.625
# A slope that reaches the limit within so long warns.
REACHED_WITHIN_S = 2.0
# The slope is that of this long: shorter is noise, longer hides the beginning of a fast leak.
SLOPE_OVER_S = 1.0
RARELY_S = 0.1
OFTEN_S = 0.01


class Approach:
    """
    Sees readings one after the other, and says once for each approach that the limit is near.

    Args:
        share: of the limit, at which it is near in any case (0 to 1).
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._armed = True
        self._often = False
        self._seen: deque[tuple[float, float]] = deque()
        self.slope_mib_s = 0.0

    @property
    def look_closely_from(self) -> float:
        """The share of the limit below which no reading can matter, however it is made up."""
        return self._share * OFTEN_FROM

    @property
    def pause_s(self) -> float:
        """How long until the next reading."""
        return OFTEN_S if self._often else RARELY_S

    def sees(self, at_s: float, used_mib: float, limit_mib: float) -> bool:
        """
        Take a reading.

        Args:
            at_s: when it was made (seconds that only go forward).
            used_mib: without what the kernel takes back (MiB).
            limit_mib: above this it kills (MiB).

        Returns:
            Whether to warn now.
        """
        self.slope_mib_s = self._slope(at_s, used_mib)
        near = limit_mib * self._share
        floor = near * FLOOR
        if used_mib < floor:
            self._armed = True
        soon = self.slope_mib_s > 0 and (limit_mib - used_mib) / self.slope_mib_s <= REACHED_WITHIN_S
        warns = self._armed and (used_mib > near or (used_mib > floor and soon))
        if warns:
            self._armed = False
        self._often = self._armed and used_mib > near * OFTEN_FROM
        return warns

    def _slope(self, at_s: float, used_mib: float) -> float:
        seen = self._seen
        seen.append((at_s, used_mib))
        # One from before that long stays, so that a reading that comes late is held against something.
        while len(seen) > 1 and seen[1][0] <= at_s - SLOPE_OVER_S:
            seen.popleft()
        then_s, used_then_mib = seen[0]
        return (used_mib - used_then_mib) / (at_s - then_s) if at_s > then_s else 0.0
