"""
The database of the release keeps what it has said yes to, also when its pod goes.
"""

import secrets

import pytest
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

RUN = secrets.token_hex(4)
PLAYER, OPENING, CHARGE = f"player-{100_000_000 + secrets.randbelow(900_000_000)}", 1_000_000, 2_500
WITHIN_S = 180


def test_a_wallet_outlives_the_pod_of_the_database(cluster, gateway):
    """
    After the pod of the database is deleted and replaced, the balance is what it was, and the next charge is taken from
    it; meanwhile no service restarts.
    """
    wallet = f"/api/v1/payment/wallets/{PLAYER}"
    gateway.put(wallet, json={"opening": OPENING}).raise_for_status()
    _charge(gateway, "before-the-pod-goes").raise_for_status()
    before = gateway.get(wallet).json()
    restarts = {name: count for name, count in cluster.restarts().items() if name != "mongodb"}
    old = cluster.pod("mongodb")["metadata"]["uid"]

    cluster.run(
        "kubectl", "--namespace", "crash-demo", "delete", "pod", cluster.pod("mongodb")["metadata"]["name"],
        within_s=WITHIN_S,
    )  # fmt: skip

    def answers_again():
        answer = gateway.get(wallet)
        return answer.json() if answer.status_code == 200 else None

    assert before == wait_for(answers_again, WITHIN_S, "payment to reach the database again", 0.5)
    assert old != cluster.pod("mongodb")["metadata"]["uid"]
    charged = wait_for(lambda: _taken(gateway), WITHIN_S, "a charge to be taken again", 0.5)
    assert before["balance"] - CHARGE == charged["balance"]
    assert restarts == {name: count for name, count in cluster.restarts().items() if name != "mongodb"}


def _charge(gateway, key):
    return gateway.post("/api/v1/payment/charges", json={"player_id": PLAYER, "amount": CHARGE, "key": f"{key}-{RUN}"})


def _taken(gateway):
    answer = _charge(gateway, "after-the-pod-came")
    return answer.json() if answer.status_code in {200, 201} else None
