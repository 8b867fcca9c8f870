"""
What Sentry is told of a spin: one trace over all services, and one event for a spin that failed.
"""

import pytest
from crashctl.drill.trace import new_trace
from crashctl.proof import values
from crashctl.waiting import wait_for

from .player import OPENING, STAKE
from .proxies import REQUEST_LOST

WITHIN_S = 20


def items(house, trace, kind):
    found = house.ask("event-sink", f"/api/v1/traces/{trace.id}")["items"]
    return [item for item in found if item["type"] == kind]


def test_a_spin_is_one_trace_over_three_services_and_the_database(house, player):
    """
    Engine, payment (stake and win) and analytics are on the caller's trace, those with a database with its spans, and
    no amount is told.
    """
    trace = new_trace()

    _status, answer = player.spin(**trace.headers)

    transactions = wait_for(
        lambda: found if len(found := items(house, trace, "transaction")) >= 4 else None, WITHIN_S, "four transactions"
    )
    assert ["analytics", "game-engine", "payment", "payment"] == sorted(item["service"] for item in transactions)
    for item in transactions:
        operations = {span["op"] for span in item["payload"]["spans"]}
        if item["service"] == "game-engine":
            assert "http.client" in operations
        else:
            assert operations & {"db", "db.query"}, item["service"]
    told = values.told([item["payload"] for item in transactions], [player.id, str(OPENING), answer["balance"]])
    assert [] == [place for place in told if "user" not in str(place)]


@pytest.mark.parametrize(("path", "kind"), [("/charges", "PaymentAwayError"), ("/payouts", "SpinOpenError")])
def test_a_spin_that_fails_is_one_event_with_its_cause(house, player, settled, path, kind):
    """
    A 503 is one event of the engine, handled, on the trace, with the spin and the step, and no amount.
    """
    trace = new_trace()
    house.to_payment.fail(path, REQUEST_LOST, 1000)

    status, answer = player.spin(**trace.headers)

    assert 503 == status
    (event,) = wait_for(lambda: items(house, trace, "event"), WITHIN_S, "the event")
    chain = event["payload"]["exception"]["values"]
    assert (kind, "game-engine") == (chain[-1]["type"], event["service"])
    assert {"ServerDisconnectedError", "UnknownOutcomeError"} <= {link["type"] for link in chain}
    assert answer["spin_id"] == event["payload"]["contexts"]["spin"]["spin_id"]
    assert [] == values.told([event["payload"]], [str(OPENING), str(OPENING - STAKE)])
    settled(player)
