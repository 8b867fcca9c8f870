"""
A player, what the casino told them, and what the ledger says.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx
from crashctl.waiting import wait_for

from .house import HOLD_S, House

OPENING = 50_000
STAKE = 700
# The hold, a sweep every two seconds, and a process that starts again.
SETTLED_WITHIN_S = HOLD_S + 20


@dataclass
class Player:
    """
    One player with a wallet of their own.

    Args:
        house: where they play.
        id: their name.
        answers: what they were told, spin by spin; none where the connection broke.
    """

    house: House
    id: str
    answers: list[tuple[int, dict[str, Any]] | None] = field(default_factory=list)

    def enter(self) -> None:
        """Get a wallet."""
        url = f"{self.house.url('payment')}/wallets/{self.id}"
        assert self.house.http.put(url, json={"opening": OPENING}).is_success

    def spin(self, **headers: str) -> tuple[int, dict[str, Any]] | None:
        """Play once."""
        document = {"player_id": self.id, "stake": STAKE}
        try:
            answer = httpx.post(f"{self.house.url('game-engine')}/spin", json=document, headers=headers, timeout=30)
        except httpx.TransportError:
            self.answers.append(None)
            return None
        self.answers.append((answer.status_code, answer.json()))
        return self.answers[-1]

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """All entries, oldest first."""
        return self.house.ask("payment", f"/ledger/{self.id}", limit=1000)["entries"]

    @property
    def balance(self) -> int:
        """What the wallet holds."""
        return self.house.ask("payment", f"/wallets/{self.id}")["balance"]

    def settle(self) -> dict[str, int]:
        """
        Wait until nothing is open, and hold the ledger against itself and against every answer.

        Returns:
            Win by spin, of the spins that count.
        """
        wait_for(self._nothing_open, SETTLED_WITHIN_S, f"no stake of {self.id} to be held any more")
        ledger = self.ledger
        self._adds_up(ledger)
        paid = {entry["closes"].split(":")[1]: entry["amount"] for entry in ledger if entry["kind"] == "payout"}
        charged = {entry["key"].split(":")[1] for entry in ledger if entry["kind"] == "charge"}
        assert len(paid) == len([entry for entry in ledger if entry["kind"] == "payout"])
        assert OPENING - STAKE * len(paid) + sum(paid.values()) == self.balance == ledger[-1]["balance"]
        for status, answer in filter(None, self.answers):
            self._was_told_the_truth(status, answer, paid, charged)
        return paid

    def totals(self) -> tuple[int, int, int]:
        """Give how many spins count by the ledger, what they staked, and what they won."""
        ledger = self.ledger
        stakes = {entry["key"]: entry["amount"] for entry in ledger if entry["kind"] == "charge"}
        payouts = [entry for entry in ledger if entry["kind"] == "payout"]
        staked = sum(stakes[entry["closes"]] for entry in payouts)
        return len(payouts), staked, sum(entry["amount"] for entry in payouts)

    def _nothing_open(self) -> bool:
        ledger = self.ledger
        charges = {entry["key"] for entry in ledger if entry["kind"] == "charge"}
        closed = [entry["closes"] for entry in ledger if entry["kind"] in {"payout", "refund"}]
        assert len(closed) == len(set(closed)), "a stake was closed twice"
        return charges == set(closed)

    def _adds_up(self, ledger: list[dict[str, Any]]) -> None:
        """Every entry changes the balance by its amount, and none is missing."""
        signs = {"opening": 1, "charge": -1, "payout": 1, "refund": 1, "void": 0}
        balance = 0
        for number, entry in enumerate(ledger):
            balance += signs[entry["kind"]] * entry["amount"]
            assert (balance, ledger[0]["seq"] + number) == (entry["balance"], entry["seq"])
            assert balance >= 0

    def _was_told_the_truth(self, status: int, answer: dict[str, Any], paid: dict[str, int], charged: set[str]) -> None:
        spin_id = answer["spin_id"]
        if status == httpx.codes.OK:
            assert (answer["win"], True) == (paid[spin_id], answer["settled"])
            return
        assert status == httpx.codes.SERVICE_UNAVAILABLE
        kind = answer["type"].rpartition(":")[2]
        assert kind in {"payment-away", "spin-open", "spin-returned"}
        assert kind == "spin-open" or spin_id not in paid
        found = self.house.http.get(f"{self.house.url('game-engine')}/spins/{spin_id}")
        if found.status_code == httpx.codes.NOT_FOUND:
            assert spin_id not in charged
            return
        state = found.json()
        assert ("settled" if spin_id in paid else "returned") == state["state"]
        assert paid.get(spin_id) == state.get("win")
