"""
Every place where a spin can fail: what the player is told, and that money is neither lost nor invented.
"""

import json

import pytest
from crashctl.proof import values

from .ledger import OPENING

STAKE, WIN = 4321, 21605
SETTLED = OPENING - STAKE + WIN


async def test_a_spin_is_charged_paid_and_recorded(casino):
    """
    A spin takes its stake, pays its win, is stored, and answers with the balance, all in whole minor units.
    """
    status, answer = await casino.spin()

    assert 200 == status
    assert (SETTLED, True, True) == (answer["balance"], answer["settled"], answer["recorded"])
    assert {int} == {type(answer[name]) for name in ("stake", "multiplier", "win", "balance")}
    assert ["charge", "payout"] == [entry["kind"] for entry in casino.ledger.entries]
    assert {"win": WIN, "stake": STAKE} == {name: casino.stored[answer["spin_id"]][name] for name in ("win", "stake")}
    assert {"settled": 1} == casino.counted("spins_total")
    assert {"recorded": 1} == casino.counted("spin_records_total")


@pytest.mark.parametrize("path", ["/charges", "/payouts"])
@pytest.mark.parametrize("failure", ["lost", "answer-lost", "silent", "late", "error", "nonsense", "proxy"])
async def test_a_call_that_fails_once_is_repeated_and_moves_money_once(casino, path, failure):
    """
    Wherever one call is lost, its repetition settles the spin, with one charge and one payout.
    """
    casino.payment.fail(path, failure)

    status, answer = await casino.spin()

    for act in casino.payment.later:
        act()
    assert (200, SETTLED) == (status, answer["balance"])
    assert SETTLED == casino.ledger.balance
    assert ["charge", "payout"] == [entry["kind"] for entry in casino.ledger.entries]
    assert [] == casino.outbox.of("event")


@pytest.mark.parametrize("failure", ["lost", "answer-lost", "silent", "error"])
async def test_a_charge_that_stays_unknown_is_given_back(casino, failure):
    """
    When payment never says what became of the stake, it is refunded or its key made void: the player has it.
    """
    casino.payment.fail("/charges", *[failure] * 50)

    status, answer = await casino.spin()

    assert (503, "urn:crash-demo:problem:payment-away") == (status, answer["type"])
    assert "nothing was taken" in answer["detail"]
    assert OPENING == casino.ledger.balance
    assert {"unknown": 1} == casino.counted("spins_total")
    assert {} == casino.stored


async def test_a_charge_that_comes_after_its_refund_takes_nothing(casino):
    """
    A charge that was on its way for longer than anybody waited is refused, because its key is void.
    """
    casino.payment.fail("/charges", *["late"] * 50)

    status, _answer = await casino.spin()

    assert 503 == status
    for act in casino.payment.later:
        with pytest.raises(Exception, match="charge-void"):
            act()
    assert OPENING == casino.ledger.balance


async def test_a_refund_that_is_lost_too_is_left_to_the_hold(casino):
    """
    When the refund is lost as well, the player is told when the stake comes back, and it does as the hold ends.
    """
    casino.payment.fail("/charges", *["answer-lost"] * 50)
    casino.payment.fail("/refunds", "lost")

    status, answer = await casino.spin()

    assert 503 == status
    assert "what was taken comes back within 60 s" in answer["detail"]
    assert OPENING - STAKE == casino.ledger.balance
    casino.ledger.end_holds()
    assert OPENING == casino.ledger.balance


@pytest.mark.parametrize("failure", ["lost", "answer-lost", "silent", "error"])
async def test_a_payout_that_stays_unknown_is_finished_later(casino, failure):
    """
    The player is told that the spin is open and where to ask; then it is paid once, and recorded.
    """
    casino.payment.fail("/payouts", *[failure] * 4)
    casino.engine.money.saga._budget_s = lambda: 0.1

    status, answer = await casino.spin()

    assert (503, "urn:crash-demo:problem:spin-open") == (status, answer["type"])
    await casino.until(lambda: answer["spin_id"] in casino.stored)
    assert SETTLED == casino.ledger.balance
    assert 1 == len(casino.ledger.of("payout"))
    _status, state = await casino.call("GET", f"/spins/{answer['spin_id']}")
    assert ("settled", STAKE, WIN) == (state["state"], state["stake"], state["win"])
    assert {"settled": 1, "unknown": 1} == casino.counted("spins_total")


async def test_a_hold_that_ends_first_beats_the_payout(casino):
    """
    When the stake was given back before the win is paid, nothing is paid, and the player is told so.
    """
    casino.payment.fail("/payouts", "late")
    casino.payment.before["/payouts"] = casino.ledger.end_holds

    status, answer = await casino.spin()

    assert (503, "urn:crash-demo:problem:spin-returned") == (status, answer["type"])
    assert OPENING == casino.ledger.balance
    _status, state = await casino.call("GET", f"/spins/{answer['spin_id']}")
    assert "returned" == state["state"]
    assert {} == casino.stored


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"player_id": "player-7", "stake": OPENING + 1}, 402, "insufficient-funds"),
        ({"player_id": "player-8", "stake": 1}, 404, "unknown-player"),
    ],
)
async def test_a_refused_stake_is_passed_on_and_no_event(casino, body, status, code):
    """
    What payment refuses to the player is answered as payment says it, takes nothing, and is reported to nobody.
    """
    found, answer = await casino.spin(json.dumps(body))

    assert (status, f"urn:crash-demo:problem:{code}") == (found, answer["type"])
    assert [] == casino.outbox.of("event")
    assert OPENING == casino.ledger.balance
    assert {"refused": 1} == casino.counted("spins_total")


@pytest.mark.parametrize(("path", "kind"), [("/charges", "PaymentAwayError"), ("/payouts", "SpinOpenError")])
async def test_a_failed_spin_is_one_event_with_its_cause_and_no_amounts(casino, path, kind):
    """
    A 503 is one handled event on the spin's trace, with what payment did, the cause, the player, and no amount.
    """
    casino.payment.fail(path, *["silent"] * 50)

    _status, answer = await casino.spin()

    (event,) = casino.outbox.of("event")
    chain = event["exception"]["values"]
    assert answer["trace_id"] == "a" * 32 == event["contexts"]["trace"]["trace_id"]
    assert (kind, True) == (chain[-1]["type"], chain[-1]["mechanism"]["handled"])
    assert {"TimeoutError", "UnknownOutcomeError"} <= {link["type"] for link in chain}
    assert answer["spin_id"] == event["contexts"]["spin"]["spin_id"]
    assert "player-7" == event["user"]["id"]
    assert [] == values.told([event], [str(STAKE), str(WIN), str(OPENING)])


async def test_a_refusal_that_is_our_mistake_is_an_unhandled_event_without_amounts(casino):
    """
    When payment finds our call wrong, the player gets 500, nothing is taken, and the event shows no amount.
    """
    casino.payment.always_refuse("/charges", 422, "fields")

    status, _answer = await casino.spin()

    (event,) = casino.outbox.of("event")
    assert 500 == status
    assert ("RefusedError", False) == (
        event["exception"]["values"][-1]["type"],
        event["exception"]["values"][-1]["mechanism"]["handled"],
    )
    assert [] == values.told([event], [str(STAKE), str(WIN)])


async def test_a_win_that_a_wallet_cannot_hold_is_refused_and_the_stake_given_back(casino):
    """
    When the wallet cannot take the win, the spin is refused as payment says it, and the stake comes back at once.
    """
    casino.payment.always_refuse("/payouts", 409, "balance-limit")

    status, answer = await casino.spin()

    assert (409, "urn:crash-demo:problem:balance-limit") == (status, answer["type"])
    assert OPENING == casino.ledger.balance
    assert [] == casino.outbox.of("event")


async def test_who_leaves_before_the_end_does_not_stop_the_spin(casino):
    """
    A caller that closes its connection in the middle changes nothing of the money.
    """
    casino.payment.fail("/charges", "silent")

    await casino.leave_early()

    await casino.until(lambda: casino.stored)
    assert SETTLED == casino.ledger.balance
