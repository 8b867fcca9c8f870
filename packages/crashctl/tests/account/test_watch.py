"""
Looking until everything is at rest.
"""

import time
from functools import partial
from itertools import count

from crashctl.account.verdict import judge
from crashctl.account.watch import AT_REST_WITHIN_S, STEP_S, TOLD_WITHIN_S, look_until_at_rest

JUDGE = partial(judge, services=["payment"], due={})


def test_what_a_killed_process_has_not_told_is_waited_for(book, sheet):
    """
    Events were received that nobody has told, and nothing moves: the next process of the pod tells them, later than
    figures are told by one that lives.
    """
    looks = count()
    untold = sheet(book({"captured/event": 2}, received={"event": 3}))
    told = sheet(book({"captured/event": 3}, received={"event": 3}))
    late = 2 * TOLD_WITHIN_S / STEP_S

    verdict = look_until_at_rest(lambda: untold if next(looks) < late else told, JUDGE, AT_REST_WITHIN_S)

    assert (True, False) == (verdict.closes, verdict.moving)


def test_what_is_never_told_is_a_problem_when_the_time_is_up(book, sheet):
    """
    A book of a process that lives and does not know what came from it does not close.
    """
    began = time.monotonic()

    verdict = look_until_at_rest(lambda: sheet(book({"captured/event": 2}, received={"event": 3})), JUDGE, 5.0)

    assert ["payment event"] == list(verdict.problems)
    assert 5.0 <= time.monotonic() - began
