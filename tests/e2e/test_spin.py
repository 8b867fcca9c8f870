"""
A spin through the whole casino: one trace over all its services, with the statements of the database on it.
"""

import secrets

import pytest
from crashctl.drill.trace import new_trace
from crashctl.proof.normaliser import marks
from crashctl.proof.values import told
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

WITHIN_S = 30
# Who calls whom.
HOPS = {"game-engine": "gateway", "payment": "game-engine", "analytics": "game-engine"}
SERVICES = {"gateway", *HOPS}
# Numbers unlike any other on the trace, so that they are found wherever they should not be.
PLAYER, OPENING, STAKE = f"player-{100_000_000 + secrets.randbelow(900_000_000)}", 918_273_645, 48_151


@pytest.fixture(scope="module")
def spin(gateway):
    """A spin of a player with a wallet, and the id of its trace."""
    gateway.put(f"/api/v1/payment/wallets/{PLAYER}", json={"opening": OPENING}).raise_for_status()
    before = _balance(gateway)
    trace = new_trace()
    answer = gateway.post("/api/v1/game-engine/spin", json={"player_id": PLAYER, "stake": STAKE}, headers=trace.headers)
    assert 200 == answer.status_code, answer.text
    return {"trace": trace.id, "before": before, **answer.json()}


@pytest.fixture(scope="module")
def transactions(sink, spin):
    """The transactions of the spin in the sink, by service; payment has one for the stake and one for the win."""

    def all_there():
        items = sink.get(f"/api/v1/traces/{spin['trace']}").json()["items"]
        found = {}
        for item in items:
            if item["type"] == "transaction":
                found.setdefault(item["service"], []).append(item["payload"])
        return found if found.keys() >= SERVICES and len(found["payment"]) > 1 else None

    return wait_for(all_there, WITHIN_S, "a transaction of every service in the sink")


def test_the_money_has_moved(gateway, spin):
    """
    The stake is taken and the win is paid, to the unit, and the answer says so.
    """
    balance = spin["before"] - STAKE + spin["win"]

    assert (True, balance) == (spin["settled"], spin["balance"])
    assert balance == _balance(gateway)


def test_every_hop_is_in_spotlight(replayed, spin):
    """
    Spotlight shows the trace with a transaction of each service.
    """

    def services():
        found = set(replayed(spin["trace"]))
        return found if found >= SERVICES else None

    assert SERVICES == wait_for(services, WITHIN_S, "a transaction of every service in Spotlight")


def test_each_hop_hangs_below_its_caller(transactions):
    """
    The transaction of each service has a span of its caller as its parent: the trace is one tree.
    """
    spans = {
        service: {span["span_id"] for one in found for span in one["spans"]} for service, found in transactions.items()
    }

    for service, caller in HOPS.items():
        for one in transactions[service]:
            assert one["contexts"]["trace"]["parent_span_id"] in spans[caller], f"{service} below {caller}"


@pytest.mark.parametrize("service", ["payment", "analytics"])
def test_statements_are_spans_of_their_service(service, transactions):
    """
    What payment and analytics ask the database is on the trace, below their own transaction.
    """
    for one in transactions[service]:
        own = one["contexts"]["trace"]["span_id"]
        known = {own, *(span["span_id"] for span in one["spans"])}
        statements = [span for span in one["spans"] if span["op"].partition(".")[0] == "db"]
        assert statements, f"no statement of {service}"
        assert {span["parent_span_id"] for span in statements} <= known


def test_no_value_of_the_spin_is_told(transactions, spin):
    """
    Stake, balance and opening are in no transaction: a statement is its shape, and a player who has done nothing wrong
    is not named in it.
    """
    found = [one for some in transactions.values() for one in some]
    statements = [span for one in found for span in one["spans"] if span["op"].partition(".")[0] == "db"]

    assert [] == told(found, [STAKE, spin["balance"], OPENING])
    assert [] == told(statements, [PLAYER, spin["spin_id"]])


def test_sentry_would_mark_nothing(transactions):
    """
    Sentry's own normaliser finds every transaction well-formed.
    """
    assert [] == [mark for found in transactions.values() for one in found for mark in marks(one)]


def _balance(gateway):
    return gateway.get(f"/api/v1/payment/wallets/{PLAYER}").raise_for_status().json()["balance"]
