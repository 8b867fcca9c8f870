"""
A spin: what a player asks for, and what comes of it. Money is in integer minor units.
"""

import secrets
from dataclasses import asdict, dataclass
from random import Random
from typing import Annotated

import sentry_sdk
from crashkit.problem import Problem
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from game_engine import reels

STAKE_MIN = 1
STAKE_MAX = 100_000
MAX_BYTES = 4096
PlayerId = Annotated[str, StringConstraints(pattern=r"^player-[0-9]{1,9}$")]


class Stake(BaseModel):
    """What a player sends: who, and how much."""

    model_config = ConfigDict(extra="forbid", strict=True)

    player_id: PlayerId
    stake: int = Field(ge=STAKE_MIN, le=STAKE_MAX)


@dataclass(frozen=True)
class Result:
    """
    What a spin gave.

    Args:
        spin_id: 16 hex digits.
        player_id: who played.
        stake: what was paid (minor units).
        reels: what each reel shows.
        multiplier: stakes won.
        win: what is paid out (minor units).
    """

    spin_id: str
    player_id: str
    stake: int
    reels: tuple[str, ...]
    multiplier: int
    win: int

    def body(self) -> dict[str, object]:
        """Give the members of the answer."""
        return asdict(self)


def read_stake(body: bytes) -> Stake:
    """
    Read the body of ``POST /spin``.

    Raises:
        Problem: 422, naming the field, what was found, and what is taken; 413 where the body is longer than any spin.
    """
    if len(body) > MAX_BYTES:
        raise Problem(413, "body", f"the body: found {len(body)} bytes; a spin takes {MAX_BYTES} at the most")
    try:
        return Stake.model_validate_json(body)
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in mistake["loc"]) or "the body"
        found = repr(mistake["input"])[:80] if mistake["loc"] and mistake["type"] != "missing" else ""
        detail = (
            f"{field}: {mistake['msg']}{'; found ' + found if found else ''}; send JSON such as "
            f'{{"player_id": "player-7", "stake": 100}} with a stake of {STAKE_MIN} to {STAKE_MAX} minor units'
        )
        raise Problem(422, "spin", detail) from None


def play(stake: Stake, random: Random) -> Result:
    """
    Play one spin, leaving breadcrumbs of its steps.

    Args:
        stake: who plays, for how much.
        random: where the stops come from.
    """
    sentry_sdk.set_user({"id": stake.player_id, "email": f"{stake.player_id}@example.com"})
    sentry_sdk.add_breadcrumb(category="spin", message="stake placed", data={"stake": stake.stake})
    shown = reels.draw(random)
    sentry_sdk.add_breadcrumb(category="spin", message="reels stopped", data={"reels": " ".join(shown)})
    times = reels.multiplier(shown)
    win = stake.stake * times
    sentry_sdk.add_breadcrumb(category="spin", message="result known", data={"win": win})
    return Result(secrets.token_hex(8), stake.player_id, stake.stake, shown, times, win)
