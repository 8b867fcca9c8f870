import json

import pytest
from analytics.product import SPIN_FIX
from analytics.reading import InvalidError, read_model
from analytics.spins import Spin
from crashkit.problem import Problem
from hypothesis import example, given
from hypothesis import strategies as st

SPIN = {
    "spin_id": "00c0ffee00c0ffee",
    "player_id": "player-7",
    "stake": 100,
    "win": 500,
    "reels": ["cherry"],
    "multiplier": 5,
}
NAMES = st.sampled_from([*SPIN, "at", ""]) | st.text(max_size=5)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([*SPIN.values(), "2026-01-31T12:00Z"])
)


def branches(leaves):
    return st.lists(leaves, max_size=4) | st.dictionaries(NAMES, leaves, max_size=9)


@pytest.mark.parametrize(
    ("change", "field", "found"),
    [
        ({"stake": -1}, "stake", "-1"),
        ({"stake": 0}, "stake", "0"),
        ({"stake": 1.5}, "stake", "1.5"),
        ({"stake": 100.0}, "stake", "100.0"),
        ({"stake": "100"}, "stake", "'100'"),
        ({"stake": True}, "stake", "True"),
        ({"stake": 10**30}, "stake", "1000000"),
        ({"stake": float("nan")}, "stake", "nan"),
        ({"win": -5}, "win", "-5"),
        ({"player_id": "somebody"}, "player_id", "'somebody'"),
        ({"player_id": {"$gt": ""}}, "player_id", "{'$gt': ''}"),
        ({"spin_id": "XYZ"}, "spin_id", "'XYZ'"),
        ({"reels": []}, "reels", "[]"),
        ({"reels": ["cherry", 7]}, "reels.1", "7"),
        ({"at": "yesterday"}, "at", "'yesterday'"),
        ({"at": "2026-01-31T12:00:00"}, "at", "'2026-01-31T12:00:00'"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at", "0001"),
        ({"bonus": 2}, "bonus", "2"),
    ],
)
async def test_a_bad_field_is_named(change, field, found, client, outbox):
    """
    What does not fit is refused with the field, what was found, and what to send, before the database is asked.
    """
    answer = await client.post(json.dumps({**SPIN, **change}).encode())

    problem = json.loads(answer.body)
    assert (422, "application/problem+json") == (answer.code, answer.headers["Content-Type"])
    assert problem["detail"].startswith(f"{field}: ")
    assert found in problem["detail"]
    assert SPIN_FIX in problem["detail"]
    assert [] == outbox.of("event")


async def test_every_missing_field_is_named(client):
    """
    A body that lacks several fields is told all of them at once.
    """
    answer = await client.post(b"{}")

    detail = json.loads(answer.body)["detail"]
    assert 422 == answer.code
    assert [] == [name for name in ("spin_id", "player_id", "stake", "win", "reels") if f"{name}: " not in detail]


@pytest.mark.parametrize("body", [b"", b"not json", b'{"stake": 1', b"\xff\xfe", b"[" * 4000])
async def test_what_is_no_json_is_malformed(body, client, outbox):
    """
    400, told apart from JSON that does not fit.
    """
    answer = await client.post(body)

    assert (400, "urn:crash-demo:problem:malformed-json") == (answer.code, json.loads(answer.body)["type"])
    assert [] == outbox.of("event")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Type": ""},
        {"Content_Encoding": "gzip"},
    ],
)
async def test_another_kind_of_body_is_refused(headers, client, outbox):
    """
    415 says what was found and what to send.
    """
    answer = await client.post(json.dumps(SPIN).encode(), **headers)

    assert 415 == answer.code
    assert "; send " in json.loads(answer.body)["detail"]
    assert [] == outbox.of("event")


async def test_a_body_too_large_is_refused(client, outbox):
    """
    413 says both lengths.
    """
    answer = await client.post(b" " * 9000)

    assert 413 == answer.code
    assert "found 9000 bytes; 8192 bytes are taken" in json.loads(answer.body)["detail"]
    assert [] == outbox.of("event")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/turnover?since=yesterday", "since"),
        ("/api/v1/turnover?since=2026-01-31T12:00:00", "since"),
        ("/api/v1/turnover?since=2026-02-01T00:00:00Z&until=2026-01-31T00:00:00Z", "since, until"),
        ("/api/v1/turnover?sinec=2026-01-31T12:00:00Z", "sinec"),
        ("/api/v1/spins", "player_id"),
        ("/api/v1/spins?player_id=me", "player_id"),
        ("/api/v1/spins?player_id=player-7&limit=101", "limit"),
        ("/api/v1/players/top?limit=0", "limit"),
        ("/api/v1/players/top?limit=101", "limit"),
        ("/api/v1/players/top?limit=ten", "limit"),
        ("/api/v1/players/top?by=luck", "by"),
        ("/api/v1/timeseries?bucket=week", "bucket"),
        ("/api/v1/timeseries?bucket=minute&since=2025-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "since, until"),
    ],
)
async def test_a_bad_parameter_is_named(path, field, client, outbox):
    """
    A parameter that does not fit, or that nobody reads, is refused as a body's field is.
    """
    answer = await client.call("GET", path)

    problem = json.loads(answer.body)
    assert (422, "application/problem+json") == (answer.code, answer.headers["Content-Type"])
    assert problem["detail"].startswith(f"{field}: ")
    assert "; found " in problem["detail"] or ": found " in problem["detail"]
    assert [] == outbox.of("event")


@given(st.binary(max_size=200) | st.recursive(LEAVES, branches).map(lambda found: json.dumps(found).encode()))
@example(json.dumps({**SPIN, "stake": 1e400}).encode())
@example(b'{"player_id": "\\ud800", "stake": 1}')
@example(b'{"at": 1e300}')
def test_whatever_comes_is_a_spin_or_a_refusal(body):
    """
    No body makes the service fail: it is a spin that can be stored, or refused with a sentence that can be sent.
    """
    try:
        found = read_model(Spin, body, SPIN_FIX)
    except InvalidError as error:
        found = error.problem
    except Problem as problem:
        found = problem

    if isinstance(found, Problem):
        assert found.status in {400, 422}
        assert json.dumps(found.body()).isascii()
    else:
        assert found.document()["_id"] == found.spin_id
