"""
A spin: what a player asks for, and what comes of it. Money is in integer minor units.
"""

import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
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
    # Sentry shows the variables of a failing frame, and what somebody played for is nobody's business there.
    stake: int = Field(ge=STAKE_MIN, le=STAKE_MAX, repr=False)


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
        at: when the reels stopped (RFC 3339).
    """

    spin_id: str
    player_id: str
    stake: int = field(repr=False)
    reels: tuple[str, ...]
    multiplier: int
    win: int = field(repr=False)
    at: str

    def record(self) -> dict[str, object]:
        """Give all of it, as analytics stores it."""
        return asdict(self)

    def body(self) -> dict[str, object]:
        """Give the members of the answer."""
        return {name: value for name, value in self.record().items() if name != "at"}


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
        name = ".".join(str(part) for part in mistake["loc"]) or "the body"
        found = repr(mistake["input"])[:80] if mistake["loc"] and mistake["type"] != "missing" else ""
        detail = (
            f"{name}: {mistake['msg']}{'; found ' + found if found else ''}; send JSON such as "
            f'{{"player_id": "player-7", "stake": 100}} with a stake of {STAKE_MIN} to {STAKE_MAX} minor units'
        )
        raise Problem(422, "spin", detail) from None


def read_spin_id(found: str) -> str:
    """
    Read the id of a spin.

    Raises:
        Problem: 422, it is none.
    """
    if not re.fullmatch(r"[0-9a-f]{16}", found):
        raise Problem(422, "spin-id", f"spin_id: found {found[:40]!r}; a spin is named by 16 hex digits")
    return found


def play(stake: Stake, random: Random) -> Result:
    """
    Play one spin, leaving breadcrumbs of its steps.

    Args:
        stake: who plays, for how much.
        random: where the stops come from.
    """
    sentry_sdk.set_user({"id": stake.player_id, "email": f"{stake.player_id}@example.com"})
    sentry_sdk.add_breadcrumb(category="spin", message="stake placed")
    shown = reels.draw(random)
    sentry_sdk.add_breadcrumb(category="spin", message="reels stopped", data={"reels": " ".join(shown)})
    times = reels.multiplier(shown)
    sentry_sdk.add_breadcrumb(category="spin", message="result known", data={"multiplier": times})
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Result(secrets.token_hex(8), stake.player_id, stake.stake, shown, times, stake.stake * times, at)
