"""
What the game asks of payment. Each call moves money at most once for its key, however often it is repeated.
"""

from dataclasses import dataclass, field
from http import HTTPStatus

from game_engine.peer import Answer, Peer, UnknownOutcomeError
from game_engine.spin import Result

# Answers that say "later" and not "no".
LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class RefusedError(Exception):
    """Payment said no, and moved nothing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"payment refused the call: {answer.status} {answer.problem}")
        self.status = answer.status
        self.code = answer.problem or ""
        self.detail = str(answer.body.get("detail", ""))


@dataclass(frozen=True)
class Charge:
    """
    A stake, as payment knows it.

    Args:
        player_id: who paid it.
        status: ``held``, ``charged``, ``closed``, ``refunded`` or ``void``.
        amount: minor units.
        payout: what was paid for it, once it is closed (minor units).
    """

    player_id: str
    status: str
    amount: int = field(repr=False)
    payout: int | None = field(repr=False)


def stake_key(spin_id: str) -> str:
    """Name the stake of a spin."""
    return f"spin:{spin_id}:stake"


def win_key(spin_id: str) -> str:
    """Name the payout of a spin."""
    return f"spin:{spin_id}:win"


class PaymentClient:
    """
    The calls, one attempt each.

    Args:
        peer: payment.
        hold_s: how long a stake is held before payment gives it back by itself (seconds).
    """

    def __init__(self, peer: Peer, hold_s: int) -> None:
        self._peer = peer
        self._hold_s = hold_s
        # Payment looks for holds that have ended every few seconds.
        self.settled_within_s = 2 * hold_s

    async def charge(self, spin: Result, timeout_s: float) -> int:
        """
        Take the stake and hold it.

        Returns:
            The balance after it (minor units).

        Raises:
            RefusedError: nothing was taken.
            UnknownOutcomeError: it may have been taken.
        """
        return await self._move(
            "/charges",
            {
                "player_id": spin.player_id,
                "amount": spin.stake,
                "key": stake_key(spin.spin_id),
                "hold_s": self._hold_s,
            },
            timeout_s,
        )

    async def pay(self, spin: Result, timeout_s: float) -> int:
        """
        Pay the win, which may be nothing, and so close the stake.

        Returns:
            The balance after it (minor units).

        Raises:
            RefusedError: it was not paid; ``charge-closed``: the stake had been given back.
            UnknownOutcomeError: it may have been paid.
        """
        return await self._move(
            "/payouts",
            {
                "player_id": spin.player_id,
                "amount": spin.win,
                "key": win_key(spin.spin_id),
                "charge_key": stake_key(spin.spin_id),
            },
            timeout_s,
        )

    async def refund(self, spin: Result, timeout_s: float) -> None:
        """
        Give the stake back, or see to it that it can no longer be taken.

        Raises:
            RefusedError: the stake is closed by a payout.
            UnknownOutcomeError: it may have been given back.
        """
        document = {"player_id": spin.player_id, "charge_key": stake_key(spin.spin_id)}
        self._accepted(await self._peer.ask("POST", "/refunds", document, timeout_s=timeout_s))

    async def look_up(self, spin_id: str, timeout_s: float) -> Charge | None:
        """
        Ask what became of a stake; none where payment has never seen it.

        Raises:
            UnknownOutcomeError: payment does not say.
        """
        answer = await self._peer.ask("GET", f"/charges/{stake_key(spin_id)}", timeout_s=timeout_s)
        if answer.status == HTTPStatus.NOT_FOUND and answer.problem:
            return None
        match answer.body:
            case {"player_id": str(player_id), "status": str(status), "amount": int(amount), **more}:
                paid = more.get("payout")
                win = paid.get("amount") if isinstance(paid, dict) else None
                return Charge(player_id, status, amount, win if isinstance(win, int) else None)
        raise UnknownOutcomeError(self._peer.name, f"{answer.status} without a charge")

    async def _move(self, path: str, document: dict[str, object], timeout_s: float) -> int:
        answer = await self._peer.ask("POST", path, document, timeout_s=timeout_s)
        self._accepted(answer)
        balance = answer.body.get("balance")
        if not isinstance(balance, int) or isinstance(balance, bool):
            raise UnknownOutcomeError(self._peer.name, f"{answer.status} without a balance")
        return balance

    def _accepted(self, answer: Answer) -> None:
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return
        # A refusal that is no problem of ours was not said by payment, but by something on the way to it.
        if answer.problem and answer.status >= HTTPStatus.BAD_REQUEST and answer.status not in LATER:
            raise RefusedError(answer)
        raise UnknownOutcomeError(self._peer.name, f"{answer.status} {answer.problem or ''}".rstrip())
