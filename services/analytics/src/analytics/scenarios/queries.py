"""
The slow query: a ranking that joins the spins of each player, with and without the index that it needs.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

import sentry_sdk
from crashkit.profiling import profiled
from crashkit.run import Run

from analytics.database.driver import Database, Document, Pipeline
from analytics.database.shape import shape
from analytics.firing import Firing, Report

# Its own collections, made once: the product's grow and shrink, and would make a fault that nobody can foresee.
PLAYERS = "ranking_players"
PLAIN = "ranking_spins_plain"
INDEXED = "ranking_spins_indexed"
INDEX = "ranking_player_id"
PLAYER_COUNT = 50
PLAYERS_OF_SPINS = 400
SPIN_COUNT = 20_000
BATCH = 1000
SLOW = "A query looks at every document because no index fits"
FIXED = "A query that was slow is fast with the index that it needs"


@dataclass(frozen=True)
class Measured:
    """
    One query, as it went.

    Args:
        took_ms: from the question to the last row (milliseconds).
        looked_at: documents that the server looked at.
        looked_at_from: ``explain``, or ``plan and counts`` where the server's explain does not count.
        index: the index of the joined collection that the plan uses; none without one.
        rows: of the answer.
        statement: its shape.
    """

    took_ms: int
    looked_at: int
    looked_at_from: str
    index: str | None
    rows: int
    statement: str

    def told(self) -> dict[str, object]:
        """Give the figures for report and event."""
        return {
            "took_ms": self.took_ms,
            "documents_looked_at": self.looked_at,
            "looked_at_from": self.looked_at_from,
            "index": self.index,
            "rows": self.rows,
        }


async def rank_players(firing: Firing) -> Report:
    """
    Rank the players by what they have won, in the way that the case names.

    Args:
        firing: ``run.case.case_name`` is a key of ``WAYS``; ``run.budget.wall_s`` (seconds) bounds each statement,
            at the server too.
    """
    await _fill(firing)
    return await WAYS[firing.run.case.case_name or ""](firing.run, firing.database)


async def _unindexed(run: Run, database: Database) -> Report:
    with profiled():
        slow = await _measure(run, database, PLAIN)
        sentry_sdk.set_context("query", {"statement": slow.statement, **slow.told()})
        sentry_sdk.capture_message(SLOW, level="warning")
    return slow.told()


async def _indexed(run: Run, database: Database) -> Report:
    with profiled():
        slow = await _measure(run, database, PLAIN)
        fast = await _measure(run, database, INDEXED)
        times = round(slow.took_ms / max(1, fast.took_ms), 1)
        told: Report = {"without_index": slow.told(), "with_index": fast.told(), "times_faster": times}
        sentry_sdk.set_context("query", {"statement": fast.statement, **told})
        sentry_sdk.capture_message(FIXED, level="warning")
    return told


WAYS: Mapping[str, Callable[[Run, Database], Awaitable[Report]]] = {"unindexed": _unindexed, "indexed": _indexed}


async def _measure(run: Run, database: Database, spins: str) -> Measured:
    pipeline: Pipeline = [
        {"$lookup": {"from": spins, "localField": "_id", "foreignField": "player_id", "as": "spins"}},
        {"$project": {"won": {"$sum": "$spins.win"}, "spins": {"$size": "$spins"}}},
        {"$sort": {"won": -1, "_id": 1}},
    ]
    run.check()
    began = time.perf_counter()
    rows = await database.aggregate(PLAYERS, pipeline, run.ends_in_s)
    took_ms = round((time.perf_counter() - began) * 1000)
    run.check()
    plan = await database.explain(PLAYERS, pipeline, run.ends_in_s)
    index = INDEX if _mentions(plan, INDEX) else None
    counted = sum(_figures(plan, "totalDocsExamined"))
    # An index leads to the spins that are joined; without one all are looked at, for each player anew.
    joined = sum(row["spins"] for row in rows) if index else len(rows) * await database.count(spins)
    looked_at = counted or len(rows) + joined
    source = "explain" if counted else "plan and counts"
    return Measured(took_ms, looked_at, source, index, len(rows), shape({"aggregate": PLAYERS, "pipeline": pipeline}))


def _mentions(plan: object, name: str) -> bool:
    return json.dumps(name) in json.dumps(plan, default=str)


def _figures(plan: object, name: str) -> Iterator[int]:
    if isinstance(plan, Mapping):
        for key, value in plan.items():
            if key == name and isinstance(value, int):
                yield value
            else:
                yield from _figures(value, name)
    elif isinstance(plan, list):
        for part in plan:
            yield from _figures(part, name)


async def _fill(firing: Firing) -> None:
    """
    Make the collections, unless they are whole. Anybody may do so at the same time: what is there stays.
    """
    database = firing.database
    await database.ensure_index(INDEXED, INDEX, "player_id")
    wanted: Mapping[str, tuple[int, Callable[[int], Document]]] = {
        PLAYERS: (PLAYER_COUNT, _player),
        PLAIN: (SPIN_COUNT, _spin),
        INDEXED: (SPIN_COUNT, _spin),
    }
    for collection, (count, make) in wanted.items():
        if await database.count(collection) >= count:
            continue
        for begin in range(0, count, BATCH):
            firing.run.check()
            documents = [make(number) for number in range(begin, min(begin + BATCH, count))]
            await database.insert_missing(collection, documents)


def _player(number: int) -> Document:
    return {"_id": f"player-{number}"}


def _spin(number: int) -> Document:
    return {"_id": number, "player_id": f"player-{number % PLAYERS_OF_SPINS}", "win": number * 37 % 1000}
