"""
A spin as a saga: take the stake, pay the win, record it. Money moves at payment only, and exactly one entry closes a
stake: the payout, the refund, or payment's own when the hold ends (docs/decisions).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from itertools import count
from typing import TypeVar

import sentry_sdk
from crashkit.problem import Problem

from game_engine.accounts import SpinAccounts
from game_engine.failures import PaymentAwayError, SpinFailedError, SpinOpenError, StakeReturnedError
from game_engine.payment_client import PaymentClient, RefusedError
from game_engine.peer import UnknownOutcomeError
from game_engine.recorder import Recorder
from game_engine.spin import Result

Given = TypeVar("Given")

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
# What payment says to the player and not to us.
PASSED_ON = frozenset({HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})
RETURNED = "charge-closed"
# The win would lift the wallet above what a wallet holds.
TOO_RICH = "balance-limit"
STATES = {"held": "open", "charged": "open", "closed": "settled", "refunded": "returned", "void": "returned"}
COME_BACK = {"Retry-After": "1"}


class Saga:
    """
    Plays spins to their end.

    Args:
        payment: moves the money.
        recorder: finishes and records what is left.
        accounts: counts what became of it.
        timeout_s: for one attempt (seconds).
        budget_s: gives what a step may take, with all its attempts (seconds); less while the process drains.
    """

    def __init__(
        self,
        payment: PaymentClient,
        recorder: Recorder,
        accounts: SpinAccounts,
        timeout_s: float,
        budget_s: Callable[[], float],
    ) -> None:
        self._payment = payment
        self._recorder = recorder
        self._accounts = accounts
        self._timeout_s = timeout_s
        self._budget_s = budget_s

    async def play(self, spin: Result) -> dict[str, object]:
        """
        Settle a spin.

        Returns:
            ``balance`` (minor units), ``settled`` and ``recorded``.

        Raises:
            Problem: payment refused the stake; nothing was taken.
            SpinFailedError: it is not settled, or nobody knows.
            RefusedError: payment refused what it should have taken.
        """
        await self._take_stake(spin)
        balance = await self._pay_win(spin)
        self._accounts.spin("settled")
        recorded = await self._recorder.record(spin)
        return {"balance": balance, "settled": True, "recorded": recorded}

    async def look_up(self, spin_id: str) -> dict[str, object]:
        """
        Say what became of a spin.

        Returns:
            ``state``: ``open``, ``settled`` or ``returned``; player, stake and, where it is settled, win.

        Raises:
            Problem: no stake was ever taken for it.
            SpinFailedError: payment does not say.
        """
        try:
            charge = await self._insist("look up", lambda timeout_s: self._payment.look_up(spin_id, timeout_s))
        except UnknownOutcomeError as error:
            detail = "payment does not answer, so that nobody can say what became of the spin; ask again"
            raise _away(detail, spin_id, "look up", error.found) from error
        if charge is None:
            raise Problem(404, "unknown-spin", f"no stake was taken for a spin {spin_id}")
        state = STATES.get(charge.status, "open")
        win = {"win": charge.payout} if state == "settled" else {}
        return {"spin_id": spin_id, "player_id": charge.player_id, "state": state, "stake": charge.amount, **win}

    async def _take_stake(self, spin: Result) -> None:
        try:
            await self._insist("charge", lambda timeout_s: self._payment.charge(spin, timeout_s))
        except RefusedError as refused:
            if refused.status in PASSED_ON:
                self._accounts.spin("refused")
                raise Problem(refused.status, refused.code, refused.detail) from None
            self._accounts.spin("failed")
            raise
        except UnknownOutcomeError as error:
            self._accounts.spin("unknown")
            given_back = await self._give_back(spin)
            later = f"what was taken comes back within {self._payment.settled_within_s} s"
            became = "nothing was taken" if given_back else later
            detail = f"payment does not answer: the spin was not played, {became}"
            raise _away(detail, spin.spin_id, "charge", error.found) from error

    async def _pay_win(self, spin: Result) -> int:
        self._recorder.expect(spin)
        try:
            return await self._insist("payout", lambda timeout_s: self._payment.pay(spin, timeout_s))
        except RefusedError as refused:
            self._recorder.forget(spin)
            if refused.code == RETURNED:
                self._accounts.spin("returned")
                detail = f"the spin took too long and does not count; its stake was given back (spin {spin.spin_id})"
                raise StakeReturnedError(
                    "A stake was given back before its win was paid",
                    Problem(503, "spin-returned", detail, COME_BACK),
                    spin.spin_id,
                    "payout",
                    refused.code,
                ) from refused
            await self._give_back(spin)
            if refused.code == TOO_RICH:
                self._accounts.spin("refused")
                raise Problem(refused.status, refused.code, refused.detail) from None
            self._accounts.spin("failed")
            raise
        except UnknownOutcomeError as error:
            self._accounts.spin("unknown")
            self._recorder.finish(spin)
            detail = (
                f"payment does not say whether spin {spin.spin_id} is paid: it is, or the stake comes back, within "
                f"{self._payment.settled_within_s} s; GET /spins/{spin.spin_id} tells"
            )
            raise SpinOpenError(
                "Payment took a stake and does not say whether it paid the win",
                Problem(503, "spin-open", detail, COME_BACK),
                spin.spin_id,
                "payout",
                error.found,
            ) from error

    async def _give_back(self, spin: Result) -> bool:
        """Try once; when nobody answers, payment gives it back by itself as the hold ends."""
        try:
            await self._payment.refund(spin, self._timeout_s)
        except (UnknownOutcomeError, RefusedError):
            return False
        return True

    async def _insist(self, step: str, call: Callable[[float], Awaitable[Given]]) -> Given:
        """
        Repeat a call until payment says what became of it, or the budget is used up.

        Raises:
            UnknownOutcomeError: it was the last attempt's.
        """
        began = time.monotonic()
        pause_s = FIRST_PAUSE_S
        with sentry_sdk.start_span(op="spin.step", name=step) as span:
            for attempt in count(1):
                span.set_data("attempts", attempt)
                left_s = self._budget_s() - (time.monotonic() - began)
                try:
                    return await call(max(min(self._timeout_s, left_s), FIRST_PAUSE_S))
                except UnknownOutcomeError:
                    if time.monotonic() - began + pause_s >= self._budget_s():
                        span.set_status("unavailable")
                        raise
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        raise AssertionError("the loop ends by its budget")


def _away(detail: str, spin_id: str, step: str, found: str) -> SpinFailedError:
    problem = Problem(503, "payment-away", detail, COME_BACK)
    return PaymentAwayError("Payment does not answer", problem, spin_id, step, found)
