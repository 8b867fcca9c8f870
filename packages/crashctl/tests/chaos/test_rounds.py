import pytest
from crashctl.chaos.rounds import Round, Rounds
from crashctl.load.gateway import Answer
from crashctl.load.plan import Turn

PROBLEM = "urn:crash-demo:problem:"
SPIN_ID = "00c0ffee00c0ffee"


@pytest.mark.parametrize(
    ("answer", "expected", "accepted", "refused"),
    [
        (Answer(200, {"spin_id": SPIN_ID, "win": 50}), Round("player-1", 10, 200, SPIN_ID, 50), True, False),
        (
            Answer(503, {"spin_id": SPIN_ID, "type": f"{PROBLEM}spin-open"}),
            Round("player-1", 10, 503, SPIN_ID, None, "spin-open"),
            False,
            False,
        ),
        (
            Answer(402, {"type": f"{PROBLEM}insufficient-funds"}),
            Round("player-1", 10, 402, None, None, "insufficient-funds"),
            False,
            True,
        ),
        (Answer(502, {}), Round("player-1", 10, 502), False, False),
        (None, Round("player-1", 10), False, False),
    ],
    ids=["accepted", "open", "refused", "a proxy's failure", "no answer"],
)
def test_a_round_is_what_its_player_saw(answer, expected, accepted, refused):
    """
    Of each answer that is kept which decides what may have become of the stake.
    """
    rounds = Rounds(["player-1"])
    turn = Turn("player-1", 10, 0.0)

    rounds.begun(turn, 0)
    rounds.ended(turn, answer, 0.1)

    (only,) = rounds.rounds()
    assert expected == only
    assert (accepted, refused) == (only.accepted, only.refused)


def test_what_is_still_open_has_no_answer():
    """
    A spin that nobody waits for any longer is one of those whose end the ledger tells, once.
    """
    rounds = Rounds(["player-1"])
    late = Turn("player-1", 10, 0.0)
    rounds.begun(late, 0)
    rounds.give_up()

    assert [Round("player-1", 10)] == rounds.rounds()
