"""
The product: spins are stored, and summed up.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from crashkit.problem import Problem
from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from analytics import spins
from analytics.parts import Parts, parts_of
from analytics.reading import Moment, read_body, read_model

MOST_BYTES = 8192
MOST_BUCKETS = 1500
BUCKETS_WITHOUT_SINCE = 60
SPIN_FIX = (
    'send JSON such as {"spin_id": "00c0ffee00c0ffee", "player_id": "player-7", "stake": 100, "win": 500, '
    '"reels": ["cherry", "cherry", "cherry"], "multiplier": 5}, money in whole minor units'
)

Shared = Annotated[Parts, Depends(parts_of)]


class Window(BaseModel):
    """From one moment (it included) to another (it not); without them, all."""

    model_config = ConfigDict(extra="forbid")

    since: Moment | None = None
    until: Moment | None = None

    def refuse_backwards(self) -> None:
        """
        Refuse a window that ends before it begins.

        Raises:
            Problem: 422.
        """
        if self.since and self.until and self.since >= self.until:
            found = f"found {spins.told(self.since)} and {spins.told(self.until)}"
            raise Problem(422, "invalid", f"since, until: {found}; give an until that is later than since")

    def told(self) -> dict[str, object]:
        """Give the bounds as an answer has them."""
        return {name: moment and spins.told(moment) for name, moment in (("since", self.since), ("until", self.until))}


class Series(Window):
    """A window in buckets."""

    bucket: Literal["minute", "hour", "day"] = "hour"


class Top(BaseModel):
    """How many players, by what."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(10, ge=1, le=100)
    by: Literal["turnover", "win"] = "turnover"


class Played(BaseModel):
    """Whose spins, and how many."""

    model_config = ConfigDict(extra="forbid")

    player_id: spins.PlayerId
    limit: int = Field(10, ge=1, le=100)


async def store_spin(request: Request, parts: Shared) -> JSONResponse:
    """``POST /api/v1/spins``: 201 when it is stored, 200 when it was."""
    spin = read_model(spins.Spin, await read_body(request, MOST_BYTES), SPIN_FIX)
    try:
        fresh = await spins.store(parts.database, spin)
    except spins.SpinDiffersError:
        detail = f"spin_id: another spin is stored as {spin.spin_id}; a spin is sent again unchanged, or with a new id"
        raise Problem(409, "spin-differs", detail) from None
    return JSONResponse({"spin_id": spin.spin_id, "stored": fresh}, 201 if fresh else 200)


async def latest_spins(played: Annotated[Played, Query()], parts: Shared) -> JSONResponse:
    """``GET /api/v1/spins``: what a player has played, the latest first."""
    found = await spins.latest(parts.database, played.player_id, played.limit)
    return JSONResponse({"player_id": played.player_id, "spins": found})


async def show_spin(spin_id: str, parts: Shared) -> JSONResponse:
    """``GET /api/v1/spins/{spin_id}``."""
    found = await spins.find(parts.database, spin_id)
    if found is None:
        raise Problem(404, "unknown-spin", f"spin_id: no spin is stored as {spin_id[:80]!r}")
    return JSONResponse(found)


async def turnover(window: Annotated[Window, Query()], parts: Shared) -> JSONResponse:
    """``GET /api/v1/turnover``: what was staked, what was paid, what the house kept (minor units)."""
    window.refuse_backwards()
    count, staked, paid = await spins.totals(parts.database, window.since, window.until)
    figures = {"spins": count, "turnover": staked, "paid": paid, "kept": staked - paid}
    return JSONResponse({**window.told(), **figures})


async def return_to_player(window: Annotated[Window, Query()], parts: Shared) -> JSONResponse:
    """``GET /api/v1/return-to-player``: the share that was paid back, and the two integers that it is made of."""
    window.refuse_backwards()
    count, staked, paid = await spins.totals(parts.database, window.since, window.until)
    share = {"return_to_player": paid / staked if staked else None, "numerator": paid, "denominator": staked}
    return JSONResponse({**window.told(), "spins": count, **share})


async def top_players(top: Annotated[Top, Query()], parts: Shared) -> JSONResponse:
    """``GET /api/v1/players/top``."""
    players = await spins.top_players(parts.database, top.by, top.limit)
    return JSONResponse({"by": top.by, "players": players})


async def timeseries(series: Annotated[Series, Query()], parts: Shared) -> JSONResponse:
    """``GET /api/v1/timeseries``: a row a bucket, also where nobody played."""
    series.refuse_backwards()
    size = spins.BUCKETS[series.bucket]
    until = series.until or datetime.now(UTC)
    since = series.since or until - BUCKETS_WITHOUT_SINCE * size
    since = spins.begin_of_bucket(series.bucket, since)
    if (until - since) / size > MOST_BUCKETS:
        found = f"found {(until - since) / size:.0f} buckets of a {series.bucket}"
        raise Problem(422, "invalid", f"since, until: {found}; ask for {MOST_BUCKETS} at the most, or larger buckets")
    rows = await spins.timeseries(parts.database, series.bucket, since, until)
    bounds = {"since": spins.told(since), "until": spins.told(until)}
    return JSONResponse({"bucket": series.bucket, **bounds, "series": rows})
