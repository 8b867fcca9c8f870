"""
Which case comes next, so that nobody waits for a container to come back while something else can be fired. Pure.

A kubelet starts a container again at once when it ends for the first time in ten minutes, then after 10 s, 20 s, 40 s
and so on. That time begins with the end, so the cases of a service that end its container come first, one by one, and
what other services have to show is fired while it is away.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from crashctl.drill.cases import DrillCase


def next_case(pending: Sequence[DrillCase], away: Collection[str]) -> DrillCase | None:
    """
    Choose the case to fire now.

    Args:
        pending: cases that are still to be fired, in the order of the catalogue.
        away: services whose container has ended and is not back yet.

    Returns:
        One of ``pending``; none when all of them need a service that is away.
    """
    here = [case for case in pending if case.service not in away]
    ending = [case for case in here if case.ends_pod]
    plain = [case for case in here if not case.ends_pod]
    # One service away is enough to fill its time; another may end too once nothing else is left to do.
    if ending and not (away and plain):
        left = Counter(case.service for case in ending)
        return max(ending, key=lambda case: left[case.service])
    still_to_end = {case.service for case in ending}
    # A service that must end yet keeps its plain cases for the time when others are away.
    return min(plain, key=lambda case: case.service in still_to_end, default=None)
