"""
Carrying envelopes from the store to one target, until it has them or has refused them for good.
"""

import asyncio
import gzip
import logging
import random
import sqlite3
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp
from crashkit.wire.limits import ALL_CATEGORIES
from crashkit.wire.trimming import smaller

from event_sink import deliveries
from event_sink.deliveries import Delivery
from event_sink.ledger import Changes
from event_sink.limits import MIB
from event_sink.reader import Reader
from event_sink.targets import Target
from event_sink.verdict import TOO_LARGE, Verdict, judge
from event_sink.writer import StoreUnavailableError, Writer

LOG = logging.getLogger(__name__)
# Why a delivery counts as such although something of it is not there.
TRIMMED: Final = "trimmed"
_AT_ONCE: Final = 6
_LARGE: Final = 4 * MIB
_IDLE_S: Final = 30.0
_FIRST_BACKOFF_S: Final = 0.5
_LONGEST_BACKOFF_S: Final = 30.0
_LONGEST_HOLD_S: Final = 300.0
TIMEOUT: Final = aiohttp.ClientTimeout(total=60, connect=5, sock_read=30)


@dataclass
class _Hold:
    """A wait that grows with each failure in a row."""

    longest_s: float
    until: float = 0.0
    failures: int = 0

    def grow(self, now: float, at_least_s: float = 0.0) -> None:
        backoff_s = min(self.longest_s, _FIRST_BACKOFF_S * 2 ** min(self.failures, 20))
        self.failures += 1
        self.until = now + max(at_least_s, backoff_s * random.uniform(0.75, 1.0))

    def end(self) -> None:
        self.until, self.failures = 0.0, 0


class Forwarder:
    """The way to one target."""

    def __init__(
        self, target: Target, writer: Writer, reader: Reader, session: aiohttp.ClientSession, large: asyncio.Lock
    ) -> None:
        self.target = target
        self._writer = writer
        self._reader = reader
        self._session = session
        self._large = large
        self._wake = asyncio.Event()
        self._stopping = False
        self._away = _Hold(_LONGEST_BACKOFF_S)
        self._held_projects: dict[int, _Hold] = {}
        self._limits: dict[str, float] = {}
        self._last_error = ""

    def wake(self) -> None:
        """
        Say that something new is owed to the target.
        """
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def state(self) -> dict[str, Any]:
        """
        How the target is doing, for the accounts.
        """
        now = time.time()
        return {
            "rate_limited_until": {name or "all": until for name, until in self._limits.items() if until > now},
            "retries_at": self._away.until if self._away.until > now else None,
            "held_projects": {project: hold.until for project, hold in self._held_projects.items() if hold.until > now},
            "last_error": self._last_error,
        }

    async def run(self) -> None:
        """
        Forward until stopped. The current requests are finished first.
        """
        name = self.target.name
        self._limits = await self._reader.run(lambda connection: deliveries.load_limits(connection, name, time.time()))
        while not self._stopping:
            self._wake.clear()
            try:
                wait_s = await self._round()
            except (StoreUnavailableError, sqlite3.Error) as error:
                LOG.warning(
                    "the outcome of deliveries could not be stored", extra={"target": name, "error": str(error)}
                )
                wait_s = 5.0
            if wait_s > 0 and not self._stopping:
                await self._sleep(wait_s)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def _round(self) -> float:
        """
        Send what is due.

        Returns:
            How long there is nothing to do unless woken (s).
        """
        now = time.time()
        await self._drop_old(now)
        self._limits = {category: until for category, until in self._limits.items() if until > now}
        blocked = max(self._away.until, self._limits.get(ALL_CATEGORIES, 0.0)) - now
        if blocked > 0:
            return min(blocked, _IDLE_S)
        held = {project for project, hold in self._held_projects.items() if hold.until > now}
        name, limited = self.target.name, set(self._limits)
        batch = await self._reader.run(
            lambda connection: deliveries.due(
                connection, name, now=now, limited=limited, held_projects=held, most=_AT_ONCE
            )
        )
        if not batch:
            upcoming = await self._reader.run(lambda connection: deliveries.next_due(connection, name, now))
            return self._until_something_changes(now, upcoming)
        verdicts = await asyncio.gather(*(self._send(delivery) for delivery in batch))
        outcomes = list(zip(batch, verdicts, strict=True))
        answers = any(verdict.outcome != "away" for verdict in verdicts)
        await self._writer.run(lambda connection, changes: self._write(connection, changes, outcomes, answers=answers))
        self._learn_whether_away(verdicts[0], answers=answers)
        for delivery, verdict in outcomes:
            self._learn(delivery, verdict)
        return 0.0

    def _until_something_changes(self, now: float, upcoming: float | None) -> float:
        moments = [*self._limits.values(), *(hold.until for hold in self._held_projects.values()), upcoming or 0.0]
        return min([moment - now for moment in moments if moment > now] + [_IDLE_S])

    async def _drop_old(self, now: float) -> None:
        if self.target.max_age_s is None:
            return
        name, before = self.target.name, now - self.target.max_age_s
        owed = await self._reader.run(lambda connection: deliveries.has_older(connection, name, before))
        if owed:
            await self._writer.run(
                lambda connection, changes: deliveries.drop_old(connection, changes, name, before, 500)
            )

    async def _send(self, delivery: Delivery) -> Verdict:
        """
        Post one delivery and read the answer.
        """
        size = await self._reader.run(lambda connection: deliveries.envelope_size(connection, delivery))
        async with self._large if size > _LARGE else nullcontext():
            body = await self._reader.run(
                lambda connection: deliveries.body(connection, delivery, self.target.key, time.time())
            )
            if body is None:
                # Retention was faster; the row is closed and the outcome finds nothing to change.
                return Verdict("delivered")
            return await self._post(delivery, body)

    async def _post(self, delivery: Delivery, body: bytes) -> Verdict:
        """
        Post an envelope, and while it is too large for the target a smaller copy of its event at once.
        """
        verdict = await self._post_once(delivery, body)
        if verdict.reason != TOO_LARGE:
            return verdict
        copies = smaller(body)
        while verdict.reason == TOO_LARGE and (copy := await asyncio.to_thread(next, copies, None)):
            verdict = await self._post_once(delivery, copy)
        return replace(verdict, reason=TRIMMED) if verdict.outcome == "delivered" else verdict

    async def _post_once(self, delivery: Delivery, body: bytes) -> Verdict:
        headers = dict(self.target.headers)
        if self.target.packs:
            body = await asyncio.to_thread(gzip.compress, body, 5)
            headers["Content-Encoding"] = "gzip"
        url = self.target.url_of(delivery.project_id)
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.content.read(65_536)
                return judge(answer.status, answer.headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Verdict("away", f"no_answer ({type(error).__name__})")

    def _write(
        self,
        connection: sqlite3.Connection,
        changes: Changes,
        outcomes: list[tuple[Delivery, Verdict]],
        *,
        answers: bool,
    ) -> None:
        now = time.time()
        for delivery, verdict in outcomes:
            if verdict.outcome in ("delivered", "refused"):
                deliveries.settle(connection, changes, delivery.seq, verdict.outcome, verdict.reason)
            else:
                # Where the target answers others, this envelope waits by itself: a bad one does not block the way.
                alone = answers and verdict.outcome == "away"
                wait_s = min(_LONGEST_HOLD_S, _FIRST_BACKOFF_S * 2 ** min(delivery.attempts, 20)) if alone else 0.0
                deliveries.postpone(connection, delivery.seq, now + wait_s, verdict.reason)
            limits = {category: now + seconds for category, seconds in _limits(delivery, verdict).items()}
            deliveries.save_limits(connection, self.target.name, limits)

    def _learn_whether_away(self, first: Verdict, *, answers: bool) -> None:
        name = self.target.name
        if answers:
            if self._away.failures:
                LOG.info("the target answers again", extra={"target": name})
            self._away.end()
            return
        if not self._away.failures:
            LOG.warning("the target is away, envelopes are kept", extra={"target": name, "reason": first.reason})
        self._away.grow(time.time(), first.retry_after_s)

    def _learn(self, delivery: Delivery, verdict: Verdict) -> None:
        """
        Let the next round know what this answer said about its category and its project.
        """
        now = time.time()
        for category, seconds in _limits(delivery, verdict).items():
            self._limits[category] = max(now + seconds, self._limits.get(category, 0.0))
        if verdict.outcome in ("delivered", "refused"):
            self._held_projects.pop(delivery.project_id, None)
        if verdict.outcome == "misconfigured":
            self._hold_project(delivery, verdict, now)
        if verdict.outcome == "refused":
            found = {"reason": verdict.reason, "delivery": delivery.seq, "project_id": delivery.project_id}
            LOG.warning("the target refused an envelope for good", extra={"target": self.target.name, **found})
        if verdict.reason and verdict.outcome != "delivered":
            self._last_error = verdict.reason

    def _hold_project(self, delivery: Delivery, verdict: Verdict, now: float) -> None:
        project = delivery.project_id
        if project not in self._held_projects:
            found = {"target": self.target.name, "reason": verdict.reason, "project_id": project}
            LOG.warning(
                "the target does not take this project, envelopes are kept; check its key and its projects", extra=found
            )
        hold = self._held_projects.setdefault(project, _Hold(_LONGEST_HOLD_S))
        if hold.until <= now:
            hold.grow(now)


def _limits(delivery: Delivery, verdict: Verdict) -> Mapping[str, float]:
    """
    The limits of an answer. One that names only other categories still stands for the delivery that met it.
    """
    if verdict.outcome != "limited" or {delivery.category, ALL_CATEGORIES} & set(verdict.limits):
        return verdict.limits
    return {**verdict.limits, delivery.category: max(verdict.limits.values())}
