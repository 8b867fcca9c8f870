import json

import pytest
from crashkit.problem import Problem
from game_engine.spin import read_stake
from tornado.httpclient import AsyncHTTPClient


async def spin(client, body):
    return await AsyncHTTPClient().fetch(f"{client.url}/spin", method="POST", body=body, raise_error=False)


async def test_a_spin_answers_with_integer_money(client):
    """
    A spin says what was staked, what the reels show, and what is won, all in whole minor units.
    """
    answer = await spin(client, json.dumps({"player_id": "player-7", "stake": 100}))

    result = json.loads(answer.body)
    assert 200 == answer.code
    assert 100 * result["multiplier"] == result["win"]
    assert all(isinstance(result[name], int) for name in ("stake", "multiplier", "win"))


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


async def test_a_refused_spin_is_no_event(client, outbox):
    """
    A caller's mistake is answered with 422 and reported to nobody.
    """
    answer = await spin(client, b"{}")

    assert 422 == answer.code
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert [] == outbox.of("event")
