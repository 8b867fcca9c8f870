"""
What is left of a spin once the player has the answer: finish a payout that nobody knows of, record it in analytics.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import sentry_sdk
from sentry_sdk.tracing import TransactionSource

from game_engine.accounts import SpinAccounts
from game_engine.analytics_client import AnalyticsClient, RecordRefusedError
from game_engine.backlog import Backlog
from game_engine.capture import capture
from game_engine.journal import Journal
from game_engine.payment_client import PaymentClient, RefusedError
from game_engine.peer import UnknownOutcomeError
from game_engine.spin import Result

DROPPED = "Settled spins are not recorded: too many wait for payment or analytics"
LEFT = "Settled spins were not recorded before the process ended"


@dataclass(frozen=True)
class Kept:
    """
    A spin that waits.

    Args:
        spin: what it gave.
        trace: headers of the trace that it was played on.
    """

    spin: Result
    trace: Mapping[str, str]


class Recorder:
    """
    Records spins; what cannot be done at once waits, and survives the process where there is a folder for it.

    Args:
        payment: finishes payouts.
        analytics: takes the records; none where it is no part of the release.
        accounts: counts what became of them.
        journal: of the spins whose end is still to be seen.
        capacity: spins that wait for one thing at the most.
        timeout_s: for one attempt at payment (seconds).
    """

    def __init__(
        self,
        payment: PaymentClient,
        analytics: AnalyticsClient | None,
        accounts: SpinAccounts,
        journal: Journal,
        *,
        capacity: int,
        timeout_s: float,
    ) -> None:
        self._payment = payment
        self._analytics = analytics
        self._accounts = accounts
        self._journal = journal
        self._timeout_s = timeout_s
        self._payouts: Backlog[Kept] = Backlog(self._finish_payout, capacity)
        self._records: Backlog[Kept] = Backlog(self._store_later, capacity)
        self._told_of_drops = False
        accounts.watch({"payouts": self._payouts.__len__, "records": self._records.__len__})

    def expect(self, spin: Result) -> None:
        """Remember that a win is about to be paid, in case that this process does not live to see it."""
        kept = Kept(spin, _trace())
        self._journal.open(kept.spin, kept.trace)

    def forget(self, spin: Result) -> None:
        """There is nothing left to do for it."""
        self._journal.close(spin.spin_id)

    def finish(self, spin: Result) -> None:
        """Repeat a payout until payment says what became of it."""
        self._wait(self._payouts, Kept(spin, _trace()))

    async def record(self, spin: Result) -> bool:
        """
        Record a settled spin, at once or later; whether it is recorded now.

        While others wait, analytics is away or slow, and this player need not wait for it too.
        """
        if self._analytics is None:
            self.forget(spin)
            return False
        if not len(self._records) and await self._store(spin):
            return True
        if self._wait(self._records, Kept(spin, _trace())):
            self._accounts.record("queued")
        return False

    async def run(self) -> None:
        """Work in the background until cancelled; what an earlier process left comes first."""
        for spin, trace in self._journal.unfinished():
            self._wait(self._payouts, Kept(spin, trace))
        await asyncio.gather(self._payouts.run(), self._records.run())

    async def flush(self, within_s: float) -> None:
        """
        Finish what waits, as far as time allows.

        Args:
            within_s: how long at the most (seconds).
        """
        ends = asyncio.get_running_loop().time() + within_s
        left = await self._payouts.flush(within_s)
        left += await self._records.flush(ends - asyncio.get_running_loop().time())
        if left:
            sentry_sdk.set_context("backlog", {"left": left, "kept_for_a_restart": self._journal.is_kept})
            sentry_sdk.capture_message(LEFT, level="error")

    def _wait(self, queue: Backlog[Kept], kept: Kept) -> bool:
        if queue.offer(kept):
            return True
        self._accounts.record("dropped")
        self.forget(kept.spin)
        if not self._told_of_drops:
            self._told_of_drops = True
            sentry_sdk.set_context("backlog", {"waiting_for_payment": len(self._payouts), "waiting": len(queue)})
            sentry_sdk.capture_message(DROPPED, level="error")
        return False

    async def _store_later(self, kept: Kept) -> bool:
        with _continued(kept, "record a spin"):
            return await self._store(kept.spin)

    async def _store(self, spin: Result) -> bool:
        if self._analytics is None:
            return True
        try:
            await self._analytics.store(spin)
        except UnknownOutcomeError:
            return False
        except RecordRefusedError as error:
            self._accounts.record("refused")
            found = {"spin_id": spin.spin_id, "step": "record", "status": error.status, "code": error.code}
            with sentry_sdk.new_scope() as scope:
                scope.set_context("spin", found)
                capture(error, mechanism="recorder", handled=True, with_variables=False)
        else:
            self._accounts.record("recorded")
            self._told_of_drops = False
        self.forget(spin)
        return True

    async def _finish_payout(self, kept: Kept) -> bool:
        with _continued(kept, "finish a payout"):
            try:
                await self._payment.pay(kept.spin, self._timeout_s)
            except UnknownOutcomeError:
                return False
            except RefusedError:
                # The stake was given back: there is no win to pay, and no spin to record.
                self._accounts.spin("returned")
                self.forget(kept.spin)
                return True
            self._accounts.spin("settled")
            if self._analytics is None:
                self.forget(kept.spin)
            elif self._wait(self._records, kept):
                self._accounts.record("queued")
            return True


def _trace() -> dict[str, str]:
    headers = {"sentry-trace": sentry_sdk.get_traceparent(), "baggage": sentry_sdk.get_baggage()}
    return {name: value for name, value in headers.items() if value}


@contextmanager
def _continued(kept: Kept, name: str) -> Iterator[None]:
    """Go on, on the trace that the spin was played on."""
    with sentry_sdk.isolation_scope() as scope:
        scope.set_user({"id": kept.spin.player_id, "email": f"{kept.spin.player_id}@example.com"})
        transaction = sentry_sdk.continue_trace(
            dict(kept.trace), op="spin.step", name=name, source=TransactionSource.TASK
        )
        with sentry_sdk.start_transaction(transaction):
            yield
