"""
The slow query on the real database: slow because of its plan, and told without its values.
"""

import asyncio
import json

import pymongo
import pytest
from analytics.firing import Firing
from analytics.scenarios import queries


@pytest.fixture
def database(ranking):
    return ranking


async def fired(client, case):
    answer = await client.fire(f"/api/debug/slow-query?case={case}")
    assert 200 == answer.code, answer.body
    return json.loads(answer.body)["report"]


async def test_without_an_index_every_spin_is_looked_at_for_every_player(served, outbox):
    """
    Fifty times twenty thousand documents are looked at for fifty rows, and that takes a while.
    """
    report = await fired(served, "unindexed")

    (event,) = outbox.of("event")
    query = event["contexts"]["query"]
    assert report.items() <= query.items()
    assert (50, None) == (query["rows"], query["index"])
    assert query["documents_looked_at"] >= 50 * 20_000
    assert query["took_ms"] > 100


async def test_the_index_is_the_difference(served, outbox):
    """
    The same question with the index is at least five times as fast, looks at a hundredth, and one event has both.
    """
    report = await fired(served, "indexed")

    (event,) = outbox.of("event")
    slow, fast = report["without_index"], report["with_index"]
    assert report.items() <= event["contexts"]["query"].items()
    assert (None, "ranking_player_id") == (slow["index"], fast["index"])
    assert slow["took_ms"] > 5 * fast["took_ms"]
    assert slow["documents_looked_at"] > 100 * fast["documents_looked_at"]
    assert slow["rows"] == fast["rows"]


async def test_the_event_has_the_shape_and_no_values(served, outbox):
    """
    The statement in the event is that of the span: fields and collections, and nothing of any player.
    """
    await fired(served, "unindexed")

    (event,) = outbox.of("event")
    (transaction,) = await outbox.wait("transaction")
    statement = event["contexts"]["query"]["statement"]
    assert statement in {span["description"] for span in transaction["spans"]}
    lookup = json.loads(statement)["pipeline"][0]["$lookup"]
    assert {"from": "ranking_spins_plain", "localField": "_id", "foreignField": "player_id", "as": "spins"} == lookup
    assert b"player-42" not in b"".join(outbox.raw)


async def test_the_documents_are_made_once_by_many_at_once(served, parts, mongodb_uri, ranking):
    """
    Whoever fills the collections at the same time, and after half of it was lost, there are as many as there should be.
    """
    with pymongo.MongoClient(mongodb_uri) as driver:
        driver[ranking][queries.PLAIN].delete_many({"_id": {"$gte": 5000}})
        bound = parts.catalogue.find("analytics", "slow-query")
        with parts.guard.firing(bound, "test") as run:
            await asyncio.gather(*(queries._fill(Firing(run, parts.database)) for _ in range(3)))

        counts = [driver[ranking][name].count_documents({}) for name in (queries.PLAIN, queries.INDEXED)]

    assert [20_000, 20_000] == counts


async def test_a_statement_ends_with_its_budget(served, parts, outbox, monkeypatch):
    """
    A ranking that takes longer than its budget is ended at the server, and answered as a slow database.
    """
    await fired(served, "unindexed")
    monkeypatch.setattr("crashkit.run.Run.ends_in_s", property(lambda _run: 0.05))

    answer = await served.fire("/api/debug/slow-query?case=unindexed")

    assert (504, "urn:crash-demo:problem:database-slow") == (answer.code, json.loads(answer.body)["type"])
    assert parts.database.answers
