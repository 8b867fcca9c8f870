import json

import pytest
from crashkit.problem import Problem
from game_engine.spin import read_stake
from hypothesis import example, given
from hypothesis import strategies as st
from tornado.httpclient import AsyncHTTPClient

NAMES = st.sampled_from(["player_id", "stake", "player-7", ""]) | st.text(max_size=5)
JSON_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | NAMES


def json_branches(leaves):
    return st.lists(leaves, max_size=4) | st.dictionaries(NAMES, leaves, max_size=4)


async def spin(client, body):
    return await AsyncHTTPClient().fetch(f"{client.url}/spin", method="POST", body=body, raise_error=False)


@pytest.mark.parametrize(
    ("body", "field", "found"),
    [
        (b'{"player_id": "player-7", "stake": -1}', "stake", "-1"),
        (b'{"player_id": "player-7", "stake": 0}', "stake", "0"),
        (b'{"player_id": "player-7", "stake": 1.5}', "stake", "1.5"),
        (b'{"player_id": "player-7", "stake": "100"}', "stake", "'100'"),
        (b'{"player_id": "player-7", "stake": 10000000}', "stake", "10000000"),
        (b'{"player_id": "somebody", "stake": 100}', "player_id", "'somebody'"),
        (b'{"player_id": "player-7"}', "stake", ""),
        (b'{"player_id": "player-7", "stake": 1, "bonus": 2}', "bonus", "2"),
        (b"not json", "the body", ""),
        (b"", "the body", ""),
    ],
)
def test_a_bad_stake_is_named(body, field, found):
    """
    What does not fit is refused with the field, what was found, and what is taken.
    """
    with pytest.raises(Problem) as refused:
        read_stake(body)

    assert 422 == refused.value.status
    assert refused.value.detail.startswith(f"{field}: ")
    assert found in refused.value.detail
    assert "stake of 1 to 100000" in refused.value.detail


async def test_a_body_too_large_is_refused(client, outbox):
    """
    A body longer than any spin answers 413 and says both lengths.
    """
    answer = await spin(client, b" " * 5000)

    assert 413 == answer.code
    assert "found 5000 bytes; a spin takes 4096" in json.loads(answer.body)["detail"]
    assert [] == outbox.of("event")


@given(st.binary(max_size=200) | st.recursive(JSON_LEAVES, json_branches).map(lambda found: json.dumps(found).encode()))
@example(b'{"player_id": "player-7", "stake": 1e400}')
@example(b'{"player_id": "player-7", "stake": NaN}')
@example(b'{"player_id": "player-7", "stake": true}')
@example(b'{"player_id": "player-\xff", "stake": 1}')
@example(b'{"player_id": "\\ud800", "stake": 1}')
@example(b"[" * 4000)
def test_whatever_comes_is_a_stake_or_a_problem(body):
    """
    No body makes the service fail: it is a stake, or refused with a sentence that can be sent.
    """
    try:
        found = read_stake(body)
    except Problem as problem:
        found = problem

    if isinstance(found, Problem):
        assert 422 == found.status
        assert json.dumps(found.body()).isascii()
    else:
        assert 1 <= found.stake <= 100_000


async def test_a_refused_spin_is_no_event(client, outbox):
    """
    A caller's mistake is answered with 422 and reported to nobody.
    """
    answer = await spin(client, b"{}")

    assert 422 == answer.code
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert [] == outbox.of("event")
