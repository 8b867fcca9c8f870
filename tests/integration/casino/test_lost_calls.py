"""
A call between the services is lost, before or after it did its work.
"""

import pytest

from .player import OPENING
from .proxies import ANSWER_LOST, REQUEST_LOST, SLOW

ALWAYS = 1000
SAYS = "urn:crash-demo:problem:"


def test_a_spin_crosses_the_casino(player, settled):
    """
    A spin is charged, paid and recorded.
    """
    status, answer = player.spin()

    assert (200, True, True) == (status, answer["settled"], answer["recorded"])
    assert {answer["spin_id"]: answer["win"]} == settled(player)
    assert answer["balance"] == player.balance


@pytest.mark.parametrize("path", ["/charges", "/payouts"])
@pytest.mark.parametrize("way", [REQUEST_LOST, ANSWER_LOST, SLOW])
def test_a_call_to_payment_that_is_lost_once_is_not_noticed(house, player, settled, path, way):
    """
    The same call is made again; the money moves once, and the player sees a spin.
    """
    house.to_payment.fail(path, way)

    status, _answer = player.spin()

    assert 200 == status
    assert 1 == len(settled(player))


@pytest.mark.parametrize("way", [REQUEST_LOST, ANSWER_LOST])
def test_a_charge_that_is_lost_again_and_again_takes_nothing(house, player, settled, way):
    """
    The player is told that nothing was taken, and nothing was.
    """
    house.to_payment.fail("/charges", way, ALWAYS)

    status, answer = player.spin()

    assert (503, SAYS + "payment-away") == (status, answer["type"])
    assert "nothing was taken" in answer["detail"]
    assert OPENING == player.balance
    assert {} == settled(player)


@pytest.mark.parametrize("way", [REQUEST_LOST, ANSWER_LOST])
def test_a_refund_that_is_lost_too_leaves_the_stake_to_its_hold(house, player, settled, way):
    """
    Payment gives the stake back by itself, and it is given back once.
    """
    house.to_payment.fail("/charges", ANSWER_LOST, ALWAYS)
    house.to_payment.fail("/refunds", way, ALWAYS)

    status, answer = player.spin()

    assert (503, SAYS + "payment-away") == (status, answer["type"])
    assert "comes back" in answer["detail"]
    assert {} == settled(player)
    assert OPENING == player.balance


@pytest.mark.parametrize("way", [REQUEST_LOST, ANSWER_LOST])
def test_a_payout_that_is_lost_again_and_again_is_finished_later(house, player, settled, way):
    """
    The player is told that the spin is open; once payment can be reached it is settled, and recorded.
    """
    house.to_payment.fail("/payouts", way, ALWAYS)

    status, answer = player.spin()

    assert (503, SAYS + "spin-open") == (status, answer["type"])
    assert {answer["spin_id"]} == settled(player).keys()


def test_a_payout_that_comes_after_its_hold_is_not_paid(house, player, settled):
    """
    When payment cannot be reached until the hold has ended, the stake is given back and the win not paid.
    """
    house.to_payment.fail("/payouts", REQUEST_LOST, ALWAYS)

    status, answer = player.spin()
    player.settle()

    assert (503, SAYS + "spin-open") == (status, answer["type"])
    assert {} == settled(player)
    assert OPENING == player.balance


@pytest.mark.parametrize("way", [REQUEST_LOST, ANSWER_LOST, SLOW])
def test_analytics_costs_no_player_a_spin(house, player, settled, way):
    """
    While analytics loses or delays what it is told, spins are settled and not recorded; later they are.
    """
    house.to_analytics.fail("/api/v1/spins", way, ALWAYS)

    answers = [player.spin() for _ in range(3)]

    assert [(200, False)] * 3 == [(status, answer["recorded"]) for status, answer in answers]
    assert 3 == len(settled(player))


def test_one_that_is_slow_delays_one_spin(house, player, settled):
    """
    Where analytics was slow once, the spins that come meanwhile do not wait for it too.
    """
    house.to_analytics.fail("/api/v1/spins", SLOW, ALWAYS)

    recorded = [player.spin()[1]["recorded"] for _ in range(20)]

    assert [False] * 20 == recorded
    assert 20 == len(settled(player))
