"""
What does not fit: an answer that this service makes itself, and a request that somebody sends.
"""

from collections.abc import Callable, Mapping

import sentry_sdk
from pydantic import Field

from analytics.firing import Firing, Report
from analytics.product import SPIN_FIX
from analytics.reading import InvalidError, Strict, read_model
from analytics.spins import PlayerId, Spin

STANDINGS = ("player-7", "player-12", "player-3")
# As a page would send it that lets the player type the stake: a text with a comma, no win, and a member too many.
TYPED = b'{"spin_id": "00c0ffee00c0ffee", "player_id": "player-7", "stake": "12,50", "reels": [], "note": "lucky"}'
MESSAGE = "A request did not pass validation"


class Place(Strict):
    """A row of the ranking that the lobby shows."""

    rank: int = Field(ge=1)
    player_id: PlayerId


async def check(firing: Firing) -> Report:
    """
    Make an answer or read a request that does not fit, as the case names.

    Args:
        firing: ``run.case.case_name`` is a key of ``WAYS``; ``body`` is the request of the case ``request``.

    Raises:
        ValidationError: the answer does not fit its own model.
        InvalidError: the request does not.
    """
    return WAYS[firing.run.case.case_name or ""](firing)


def _make_ranking(_firing: Firing) -> Report:
    # The mistake: places are counted from 0, and the model says that the first is 1.
    places = [Place(rank=rank, player_id=player_id) for rank, player_id in enumerate(STANDINGS)]
    return {"ranking": [place.model_dump() for place in places]}


def _read_request(firing: Firing) -> Report:
    try:
        spin = read_model(Spin, firing.body or TYPED, SPIN_FIX)
    except InvalidError as error:
        # By default a 422 is no event. Where the caller is one of ours, as here, it says that two releases disagree.
        sentry_sdk.set_context("validation", {"model": Spin.__name__, "mistakes": error.fields})
        sentry_sdk.capture_message(MESSAGE, level="warning")
        raise
    return {"spin_id": spin.spin_id}


WAYS: Mapping[str, Callable[[Firing], Report]] = {"response": _make_ranking, "request": _read_request}
