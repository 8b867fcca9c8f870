"""
A process is killed, or away for a while, in the middle of a spin.
"""

import threading

from crashctl.waiting import wait_for

from .player import OPENING
from .proxies import REQUEST_LOST

SAYS = "urn:crash-demo:problem:"


def test_payment_killed_between_stake_and_win(house, player, settled):
    """
    Payment dies with the stake taken and is started again: the spin is paid once, or its stake is given back.
    """
    house.to_payment.fail("/payouts", None, act=lambda: house.kill("payment"))

    player.spin()
    house.start("payment")

    settled(player)
    assert "charge" in [entry["kind"] for entry in player.ledger]


def test_payment_down_for_a_while(house, enter, settled):
    """
    While payment is down spins are refused and nothing is taken; the first one after it is settled.
    """
    players = [enter() for _ in range(4)]
    house.to_payment.down = True
    spins = [threading.Thread(target=player.spin) for player in players]
    for spin in spins:
        spin.start()
    for spin in spins:
        spin.join()
    house.to_payment.heal()

    statuses = [player.spin()[0] for player in players]

    assert [503] * 4 == [player.answers[0][0] for player in players]
    assert [200] * 4 == statuses
    assert [1] * 4 == [len(settled(player)) for player in players]


def test_game_engine_killed_with_the_stake_taken(house, player, settled):
    """
    The game engine dies before it pays; the next one finds the spin written down and finishes it, or it is given back.
    """
    house.to_payment.fail("/payouts", REQUEST_LOST, act=lambda: house.kill("game-engine"))

    answer = player.spin()
    house.start("game-engine")

    assert answer is None
    assert len(settled(player)) <= 1
    assert ["opening", "charge"] == [entry["kind"] for entry in player.ledger][:2]


def test_game_engine_killed_before_it_knows_of_the_charge(house, player, settled):
    """
    The game engine dies with the charge under way: nobody remembers the spin, and the hold gives the stake back.
    """
    house.to_payment.fail("/charges", None, act=lambda: house.kill("game-engine"))

    answer = player.spin()

    assert answer is None
    assert {} == settled(player)
    assert OPENING == player.balance


def test_game_engine_killed_with_the_win_paid(house, player, settled):
    """
    The game engine dies before it records a spin that is settled; the next one records it.
    """
    house.to_analytics.fail("/api/v1/spins", REQUEST_LOST, act=lambda: house.kill("game-engine"))

    answer = player.spin()

    assert answer is None
    assert 1 == len(settled(player))


def test_game_engine_told_to_end_records_what_waits(house, player):
    """
    SIGTERM with spins that wait for analytics: they are there before the process ends, with 0.
    """
    house.to_analytics.down = True
    answers = [player.spin()[1] for _ in range(20)]
    before = house.ask("analytics", "/api/v1/turnover")["spins"]
    house.to_analytics.heal()

    code = house.end("game-engine")

    assert 0 == code
    assert [False] * 20 == [answer["recorded"] for answer in answers]
    assert before + 20 == house.ask("analytics", "/api/v1/turnover")["spins"]


def test_game_engine_told_to_end_settles_what_is_open(house, player, settled):
    """
    SIGTERM in the middle of a spin: the player gets the answer before the process ends.
    """
    codes = []
    ending = threading.Thread(target=lambda: codes.append(house.end("game-engine")))
    house.to_payment.fail("/charges", None, act=ending.start)

    status, _answer = player.spin()
    ending.join()

    assert (200, [0]) == (status, codes)
    assert 1 == len(settled(player))


def test_the_database_away_in_the_middle(house, player, settled):
    """
    The database is cut off between stake and win: the spin stays open, payment says not ready, and both come back.
    """
    house.to_payment.fail("/payouts", None, act=house.to_database.cut)

    status, answer = player.spin()
    refused, _ = player.spin()
    wait_for(lambda: not house.is_ready("payment"), 20, "payment to be not ready")

    assert (503, SAYS + "spin-open") == (status, answer["type"])
    assert 503 == refused
    settled(player)
