"""
What is read: sorted, cut, summed and joined as the services need it.
"""

from datetime import UTC, datetime, timedelta

import pytest

START = datetime(2026, 1, 1, 10, 0, 30, tzinfo=UTC)


@pytest.fixture
def spins(documents):
    """Ten spins of three players, a minute apart from ten to the hour on."""
    documents.insert_many(
        [
            {
                "_id": f"spin-{n}",
                "player_id": f"player-{n % 3}",
                "stake": 10,
                "win": 25 * (n % 2),
                "at": START + timedelta(minutes=50 + n * 2),
            }
            for n in range(10)
        ]
    )
    return documents


def test_the_last_entry_is_found_by_its_id(ledger):
    """
    A range of `_id`, sorted backwards and cut to one, gives a player's last entry and nobody else's.
    """
    ledger.insert_many([{"_id": f"player-{p}:{n:03}", "key": f"{p}:{n}"} for p in (1, 10, 2) for n in range(5)])

    (last,) = ledger.find({"_id": {"$gte": "player-1:", "$lt": "player-1;"}}).sort("_id", -1).limit(1)

    assert "player-1:004" == last["_id"]


def test_a_page_goes_on_where_the_last_one_ended(spins):
    """
    `$gt`, sort and limit cut the whole into pages without gaps or repeats.
    """
    first = [spin["_id"] for spin in spins.find().sort("_id").limit(4)]
    rest = [spin["_id"] for spin in spins.find({"_id": {"$gt": first[-1]}}).sort("_id")]

    assert [f"spin-{n}" for n in range(10)] == [*first, *rest]


def test_what_is_due_is_found_through_its_index(ledger):
    """
    Entries without the field are never due; the others come in order.
    """
    ledger.insert_many([{"_id": n, "key": str(n), "hold_until": START + timedelta(seconds=n)} for n in (3, 1, 2)])
    ledger.insert_one({"_id": 4, "key": "4"})

    due = ledger.find({"hold_until": {"$lte": START + timedelta(seconds=2)}}).sort("hold_until").limit(10)

    assert [1, 2] == [entry["_id"] for entry in due]


def test_one_of_two_conditions_is_enough(ledger):
    """
    `$or` finds an entry by its key and another by the charge that it closes, and a projection leaves the rest out.
    """
    ledger.insert_many([{"_id": 1, "key": "a"}, {"_id": 2, "key": "b", "closes": "a"}, {"_id": 3, "key": "c"}])

    found = ledger.find({"$or": [{"key": {"$in": ["a", "x"]}}, {"closes": "a"}]}, {"_id": 0, "key": 1}).sort("key")

    assert [{"key": "a"}, {"key": "b"}] == list(found)


def test_two_questions_are_asked_in_one_statement(ledger):
    """
    `$unionWith` adds the entries that have a key to a player's last entry.
    """
    ledger.insert_many([{"_id": f"player-1:{n}", "key": f"k{n}"} for n in range(3)])

    found = ledger.aggregate(
        [
            {"$match": {"_id": {"$gte": "player-1:"}}},
            {"$sort": {"_id": -1}},
            {"$limit": 1},
            {"$unionWith": {"coll": ledger.name, "pipeline": [{"$match": {"key": "k0"}}]}},
        ]
    )

    assert ["k2", "k0"] == [entry["key"] for entry in found]


def test_sums_by_player_are_sorted_and_cut(spins):
    """
    `$match`, `$group`, `$sort` and `$limit` give the players who won most.
    """
    top = spins.aggregate(
        [
            {"$match": {"win": {"$gt": 0}}},
            {"$group": {"_id": "$player_id", "spins": {"$sum": 1}, "won": {"$sum": "$win"}}},
            {"$sort": {"won": -1, "_id": 1}},
            {"$limit": 2},
        ]
    )

    assert [{"_id": "player-0", "spins": 2, "won": 50}, {"_id": "player-1", "spins": 2, "won": 50}] == list(top)


def test_nothing_matched_gives_no_group(spins):
    """
    A sum over nothing is no row at all, not a row of zeros.
    """
    rows = spins.aggregate([{"$match": {"stake": {"$gt": 100}}}, {"$group": {"_id": None, "sum": {"$sum": "$stake"}}}])

    assert [] == list(rows)


@pytest.mark.parametrize(
    ("size_ms", "expected"),
    [
        (3_600_000, {START.replace(minute=0, second=0): 5, START.replace(hour=11, minute=0, second=0): 5}),
        (86_400_000, {datetime(2026, 1, 1, tzinfo=UTC): 10}),
        (60_000, {START.replace(second=0) + timedelta(minutes=50 + n * 2): 1 for n in range(10)}),
    ],
    ids=["hour", "day", "minute"],
)
def test_time_is_cut_into_buckets(spins, size_ms, expected):
    """
    `$toLong`, `$mod` and `$subtract` put each spin into the bucket in which it began.
    """
    at_ms = {"$toLong": "$at"}
    begin = {"$toDate": {"$subtract": [at_ms, {"$mod": [at_ms, size_ms]}]}}

    rows = spins.aggregate([{"$group": {"_id": begin, "spins": {"$sum": 1}}}, {"$sort": {"_id": 1}}])

    assert expected == {row["_id"]: row["spins"] for row in rows}


def test_a_join_brings_each_player_the_spins(client, database_name, spins):
    """
    `$lookup` finds the spins of each player, none for one who never played, and `$project` sums them.
    """
    players = client[database_name]["players"]
    players.insert_many([{"_id": f"player-{n}"} for n in (0, 1, 9)])

    rows = players.aggregate(
        [
            {"$lookup": {"from": spins.name, "localField": "_id", "foreignField": "player_id", "as": "spins"}},
            {"$project": {"played": {"$size": "$spins"}, "won": {"$sum": "$spins.win"}}},
            {"$sort": {"_id": 1}},
        ]
    )

    assert [("player-0", 4, 50), ("player-1", 3, 50), ("player-9", 0, 0)] == [
        (row["_id"], row["played"], row["won"]) for row in rows
    ]


def test_a_range_is_unwound(documents):
    """
    `$range`, `$unwind`, `$mod` and `$subtract` make many rows out of one document.
    """
    documents.insert_one({"_id": 1, "steps": 10})

    rows = documents.aggregate(
        [
            {"$project": {"n": {"$range": [0, "$steps"]}}},
            {"$unwind": "$n"},
            {"$group": {"_id": {"$mod": ["$n", 2]}, "sum": {"$sum": {"$subtract": ["$n", 1]}}}},
            {"$sort": {"_id": 1}},
        ]
    )

    assert [{"_id": 0, "sum": 15}, {"_id": 1, "sum": 20}] == list(rows)


def test_more_than_one_batch_is_read_to_the_end(documents):
    """
    A cursor goes on over `getMore` until everything was read.
    """
    documents.insert_many([{"_id": n} for n in range(1000)])

    read = [found["_id"] for found in documents.find({}, batch_size=100).sort("_id")]

    assert list(range(1000)) == read


def test_times_keep_their_milliseconds(documents):
    """
    A moment comes back to the millisecond, in UTC.
    """
    moment = datetime(2026, 2, 28, 23, 59, 59, 123000, tzinfo=UTC)
    documents.insert_one({"_id": 1, "at": moment})

    assert moment == documents.find_one()["at"]
