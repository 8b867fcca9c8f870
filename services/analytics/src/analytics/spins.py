"""
Spins as they are stored, and what is asked of them. Money is in integer minor units, times are UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from analytics.database.driver import Database, Document, Pipeline
from analytics.reading import Moment, Strict

COLLECTION = "spins"
INDEXES: Mapping[str, tuple[str, ...]] = {"at": ("at",), "player_id_at": ("player_id", "at")}
BUCKETS: Mapping[str, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
MILLISECOND = 1000

SpinId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
PlayerId = Annotated[str, StringConstraints(pattern=r"^player-[0-9]{1,9}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,20}$")]


class Spin(Strict):
    """A settled spin, as the game engine sends it."""

    spin_id: SpinId
    player_id: PlayerId
    stake: int = Field(ge=1, le=1_000_000, description="Minor units.")
    win: int = Field(ge=0, le=1_000_000_000, description="Minor units.")
    reels: Annotated[list[Symbol], Field(min_length=1, max_length=9)]
    multiplier: int = Field(ge=0, le=1_000_000, description="Stakes won.")
    at: Moment | None = Field(None, description="When it was played; without it, now.")

    def document(self) -> Document:
        """Give what is stored."""
        document = self.model_dump(exclude={"spin_id", "at"})
        return {"_id": self.spin_id, **document, "at": _milliseconds(self.at or datetime.now(UTC))}


class SpinDiffersError(Exception):
    """Another spin is stored under this id."""

    def __init__(self) -> None:
        super().__init__("Another spin is stored under this id")


async def prepare(database: Database) -> None:
    """Make the indexes, unless they are there."""
    for name, fields in INDEXES.items():
        await database.ensure_index(COLLECTION, name, *fields)


async def store(database: Database, spin: Spin) -> bool:
    """
    Store a spin once, however often it is sent.

    Returns:
        Whether it was stored now; otherwise it was there.

    Raises:
        SpinDiffersError: what is there differs from it.
    """
    document = spin.document()
    if await database.insert_once(COLLECTION, dict(document)):
        return True
    stored = await database.find(COLLECTION, spin.spin_id) or {}
    compared = document.keys() - ({"at"} if spin.at is None else set())
    if any(stored.get(name) != document[name] for name in compared):
        raise SpinDiffersError
    return False


async def find(database: Database, spin_id: str) -> dict[str, object] | None:
    """Give a spin as it was sent, or none."""
    stored = await database.find(COLLECTION, spin_id)
    return None if stored is None else _as_sent(stored)


async def latest(database: Database, player_id: str, limit: int) -> list[dict[str, object]]:
    """
    Give the spins that a player played last, the latest first.

    Args:
        database: that is asked.
        player_id: whose.
        limit: how many at the most.
    """
    order = {"at": -1, "_id": -1}
    pipeline: Pipeline = [{"$match": {"player_id": player_id}}, {"$sort": order}, {"$limit": limit}]
    return [_as_sent(stored) for stored in await database.aggregate(COLLECTION, pipeline)]


async def totals(database: Database, since: datetime | None, until: datetime | None) -> tuple[int, int, int]:
    """
    Sum up the spins from one moment (it included) to another (it not).

    Returns:
        How many, what was staked, what was won (minor units).
    """
    rows = await database.aggregate(COLLECTION, [*_within(since, until), {"$group": {"_id": None, **SUMS}}])
    return _sums(rows[0]) if rows else (0, 0, 0)


async def top_players(database: Database, by: str, limit: int) -> list[dict[str, object]]:
    """
    Give the players with the largest sums; among equals, by id.

    Args:
        database: that is asked.
        by: ``turnover`` or ``win``.
        limit: how many at the most.
    """
    order = {"turnover": {"turnover": -1, "_id": 1}, "win": {"paid": -1, "_id": 1}}[by]
    pipeline: Pipeline = [{"$group": {"_id": "$player_id", **SUMS}}, {"$sort": order}, {"$limit": limit}]
    players = []
    for row in await database.aggregate(COLLECTION, pipeline):
        spins, turnover, paid = _sums(row)
        players.append({"player_id": row["_id"], "spins": spins, "turnover": turnover, "win": paid})
    return players


async def timeseries(database: Database, bucket: str, since: datetime, until: datetime) -> list[dict[str, object]]:
    """
    Sum up by minute, hour or day (UTC); a bucket without a spin is there too.

    Args:
        database: that is asked.
        bucket: a key of ``BUCKETS``.
        since: begin of the first bucket.
        until: end; its bucket is the last.
    """
    # Not $dateTrunc: the embedded database puts the first two hours of a day into the day before.
    at_ms, size_ms = {"$toLong": "$at"}, int(BUCKETS[bucket] / timedelta(milliseconds=1))
    by = {"$subtract": [at_ms, {"$mod": [at_ms, size_ms]}]}
    rows = await database.aggregate(COLLECTION, [*_within(since, until), {"$group": {"_id": by, **SUMS}}])
    found = {datetime.fromtimestamp(row["_id"] / MILLISECOND, UTC): _sums(row) for row in rows}
    series = []
    begin = begin_of_bucket(bucket, since)
    while begin < until:
        spins, turnover, paid = found.get(begin, (0, 0, 0))
        series.append({"begin": told(begin), "spins": spins, "turnover": turnover, "paid": paid})
        begin += BUCKETS[bucket]
    return series


def begin_of_bucket(bucket: str, moment: datetime) -> datetime:
    """Give the begin of the bucket that holds a moment."""
    size_s = int(BUCKETS[bucket].total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // size_s * size_s, UTC)


def told(moment: datetime) -> str:
    """Give a moment as RFC 3339 has it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


SUMS: Mapping[str, object] = {
    "spins": {"$sum": 1},
    "turnover": {"$sum": "$stake"},
    "paid": {"$sum": "$win"},
}


def _sums(row: Mapping[str, Any]) -> tuple[int, int, int]:  # Any: what BSON holds
    return int(row["spins"]), int(row["turnover"]), int(row["paid"])


def _as_sent(stored: Document) -> dict[str, object]:
    return {"spin_id": stored.pop("_id"), **stored, "at": told(stored["at"])}


def _within(since: datetime | None, until: datetime | None) -> list[dict[str, object]]:
    bounds = {"$gte": since, "$lt": until}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return [{"$match": {"at": given}}] if given else []


def _milliseconds(moment: datetime) -> datetime:
    # The database keeps milliseconds; what is compared later must be what is stored.
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // MILLISECOND * MILLISECOND)
