"""
What the product promises to its callers, with the real database.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pymongo
import pytest
import sentry_sdk
from analytics import spins

SPIN = {
    "spin_id": "00c0ffee00c0ffee",
    "player_id": "player-7",
    "stake": 100,
    "win": 500,
    "reels": ["cherry", "cherry", "cherry"],
    "multiplier": 5,
    "at": "2026-01-31T12:00:00.123456Z",
}


def spin(number, **changes):
    return {**SPIN, "spin_id": f"{number:016x}", **changes}


async def test_a_spin_is_stored_once_however_often_it_is_sent(served, outbox):
    """
    The first time answers 201, each repeat 200, and it counts once; nothing of it is an event.
    """
    answers = [(await served.store(**SPIN)).code for _ in range(3)]

    assert [201, 200, 200] == answers
    assert 1 == (await served.get("/api/v1/turnover"))["spins"]
    assert [] == outbox.of("event")


async def test_a_spin_sent_many_times_at_once_is_stored_once(served):
    """
    Of twenty that arrive together one is stored and nineteen are told that it was.
    """
    answers = await asyncio.gather(*(served.store(**SPIN) for _ in range(20)))

    assert [200] * 19 + [201] == sorted(answer.code for answer in answers)
    assert 100 == (await served.get("/api/v1/turnover"))["turnover"]


@pytest.mark.parametrize(
    "change",
    [{"stake": 101}, {"win": 0}, {"player_id": "player-8"}, {"reels": ["seven"]}, {"at": "2026-01-31T12:00:01Z"}],
)
async def test_another_spin_under_the_same_id_is_refused(change, served, outbox):
    """
    409, and what was stored first stays.
    """
    await served.store(**SPIN)

    answer = await served.store(**{**SPIN, **change})

    problem = json.loads(answer.body)
    assert (409, "urn:crash-demo:problem:spin-differs") == (answer.code, problem["type"])
    assert 500 == (await served.get(f"/api/v1/spins/{SPIN['spin_id']}"))["win"]
    assert [] == outbox.of("event")


async def test_a_spin_without_its_time_is_played_now_and_may_be_repeated(served):
    """
    Without ``at`` the time of the first arrival counts, and the same body again is a repeat.
    """
    timeless = {name: value for name, value in SPIN.items() if name != "at"}

    answers = [(await served.store(**timeless)).code for _ in range(2)]

    at = datetime.fromisoformat((await served.get(f"/api/v1/spins/{SPIN['spin_id']}"))["at"])
    assert [201, 200] == answers
    assert timedelta() <= datetime.now(UTC) - at < timedelta(minutes=1)


async def test_a_spin_can_be_read_again(served):
    """
    What is read is what was sent, its time to the millisecond and in UTC; an unknown one answers 404.
    """
    await served.store(**{**SPIN, "at": "2026-01-31T13:00:00.123456+01:00"})

    found = await served.get(f"/api/v1/spins/{SPIN['spin_id']}")
    unknown = await served.call("GET", "/api/v1/spins/0000000000000000")

    assert {**SPIN, "at": "2026-01-31T12:00:00.123000Z"} == found
    assert 404 == unknown.code


async def test_the_latest_spins_are_those_of_one_player(served):
    """
    As they were sent, the latest first, no more than asked for, and nobody else's.
    """
    for number in range(4):
        await served.store(**spin(number, at=f"2026-01-31T12:00:0{number}Z"))
    await served.store(**spin(9, player_id="player-8", at="2026-01-31T12:00:09Z"))

    found = await served.get("/api/v1/spins?player_id=player-7&limit=3")
    nobody = await served.get("/api/v1/spins?player_id=player-9")

    assert {**spin(3), "at": "2026-01-31T12:00:03Z"} == found["spins"][0]
    assert [f"{number:016x}" for number in (3, 2, 1)] == [row["spin_id"] for row in found["spins"]]
    assert ("player-7", []) == (found["player_id"], nobody["spins"])


async def test_turnover_and_return_are_exact_integers(served):
    """
    Sums beyond 32 bits are exact, the share is a number beside the two integers that it is made of, and bounds hold:
    the begin is in, the end is not.
    """
    for number in range(6):
        at = f"2026-01-31T12:00:0{number}Z"
        await served.store(**spin(number, stake=1_000_000, win=999_999_999, at=at))

    bounds = "since=2026-01-31T12:00:01Z&until=2026-01-31T12:00:05Z"
    turnover = await served.get(f"/api/v1/turnover?{bounds}")
    share = await served.get(f"/api/v1/return-to-player?{bounds}")

    told = {"since": "2026-01-31T12:00:01Z", "until": "2026-01-31T12:00:05Z", "spins": 4}
    assert {**told, "turnover": 4_000_000, "paid": 3_999_999_996, "kept": -3_995_999_996} == turnover
    assert {**told, "return_to_player": 999.999999, "numerator": 3_999_999_996, "denominator": 4_000_000} == share


async def test_nothing_played_has_no_share(served):
    """
    Where nobody staked the sums are 0 and the share is none, not an error.
    """
    share = await served.get("/api/v1/return-to-player")

    assert (None, 0, 0, 0) == tuple(share[name] for name in ("return_to_player", "numerator", "denominator", "spins"))


async def test_top_players_are_ranked_by_turnover_or_by_win(served):
    """
    The largest sum is first, among equals the lower id, and no more than asked for.
    """
    rows = [("player-1", 300, 0), ("player-2", 100, 900), ("player-3", 100, 50), ("player-2", 50, 0)]
    for number, (player, stake, win) in enumerate(rows):
        await served.store(**spin(number, player_id=player, stake=stake, win=win))

    by_turnover = await served.get("/api/v1/players/top")
    by_win = await served.get("/api/v1/players/top?by=win&limit=2")

    assert ["player-1", "player-2", "player-3"] == [row["player_id"] for row in by_turnover["players"]]
    assert {"player_id": "player-2", "spins": 2, "turnover": 150, "win": 900} == by_win["players"][0]
    assert ["player-2", "player-3"] == [row["player_id"] for row in by_win["players"]]


@pytest.mark.parametrize(
    ("bucket", "moments", "until", "sums"),
    [
        ("minute", ["31T12:00:00", "31T12:00:59.999", "31T12:02:00"], "31T12:02:01", [2, 0, 1]),
        ("hour", ["31T12:00:00", "31T12:59:59.999", "31T14:00:00"], "31T14:00:01", [2, 0, 1]),
        ("day", ["29T00:00:00", "29T23:59:59.999", "31T00:00:00", "31T01:00:00"], "31T12:00:00", [2, 0, 2]),
    ],
)
async def test_a_time_series_has_every_bucket(bucket, moments, until, sums, served):
    """
    Buckets begin at whole minutes, hours or days of UTC, and one in which nobody played is there with zeros.
    """
    for number, moment in enumerate(moments):
        await served.store(**spin(number, at=f"2026-01-{moment}Z"))

    bounds = f"since=2026-01-{moments[1]}Z&until=2026-01-{until}Z"
    found = await served.get(f"/api/v1/timeseries?bucket={bucket}&{bounds}")

    assert sums == [row["spins"] for row in found["series"]]
    assert 200 == found["series"][0]["turnover"]
    assert f"2026-01-{moments[0]}Z" == found["since"] == found["series"][0]["begin"]


async def test_a_time_series_without_bounds_ends_now(served):
    """
    Without bounds the last sixty hours are told.
    """
    await served.store(**{name: value for name, value in SPIN.items() if name != "at"})

    found = await served.get("/api/v1/timeseries")

    assert 60 <= len(found["series"]) <= 61
    assert 1 == sum(row["spins"] for row in found["series"])


async def test_the_indexes_are_made_at_the_start_and_may_be_there(served, parts, mongodb_uri, database):
    """
    The start makes both indexes; making them again changes nothing.
    """
    await spins.prepare(parts.database)

    with pymongo.MongoClient(mongodb_uri) as driver:
        names = driver[database]["spins"].index_information().keys()
    assert {"_id_", "at", "player_id_at"} == set(names)


async def test_statements_of_one_request_may_run_at_once(served, parts, outbox):
    """
    Each is a child of the request, however they overlap, and none stays behind as the current span.
    """
    with sentry_sdk.start_transaction(name="a report") as request:
        await asyncio.gather(*(spins.totals(parts.database, None, None) for _ in range(4)))
        current = sentry_sdk.get_current_span()

    (transaction,) = await outbox.wait("transaction")
    assert current is request
    assert [request.span_id] * 4 == [span["parent_span_id"] for span in transaction["spans"]]


async def test_statements_are_on_the_trace_with_their_values_masked(served, outbox):
    """
    Each statement is a span of the request's trace, with its shape; no id, player or amount is in any envelope.
    """
    await served.store(**spin(0x5EED5EED, player_id="player-424242", stake=7777, win=8888))
    await served.get("/api/v1/players/top")

    stored, ranked = await outbox.wait("transaction", 2)
    (insert,) = stored["spans"]
    (aggregate,) = ranked["spans"]
    assert ("db", "insert", "spins") == (
        insert["op"],
        insert["data"]["db.operation"],
        insert["data"]["db.collection.name"],
    )
    assert "aggregate" == aggregate["data"]["db.operation"]
    assert json.loads(insert["description"])["documents"][0]["stake"] == "?"
    sent = b"".join(outbox.raw)
    assert [] == [value for value in (b"5eed5eed", b"424242", b"7777", b"8888") if value in sent]
