"""
A bounded queue of work that is tried again in the background until it is done.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from game_engine.capture import capture

Entry = TypeVar("Entry")

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
HURRIED_PAUSE_S = 0.1
AT_ONCE = 8
POLL_S = 0.02


class Backlog(Generic[Entry]):
    """
    The queue.

    Args:
        work: does one entry; whether it is done, or must be tried again.
        capacity: entries that wait at the most.
    """

    def __init__(self, work: Callable[[Entry], Awaitable[bool]], capacity: int) -> None:
        self._work = work
        self._capacity = capacity
        self._waiting: deque[Entry] = deque()
        self._open = 0
        self._failing = False
        self._arrived = asyncio.Event()
        self._hurry = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting) + self._open

    def offer(self, entry: Entry) -> bool:
        """Take an entry; no when the queue is full."""
        if len(self) >= self._capacity:
            return False
        self._waiting.append(entry)
        self._arrived.set()
        return True

    async def run(self) -> None:
        """Work until cancelled: in order, a few at a time, with longer pauses the longer it fails."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._arrived.wait()
            self._failing = not await self._try_some()
            if not self._waiting:
                self._arrived.clear()
            if self._failing:
                await self._rest(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            else:
                pause_s = FIRST_PAUSE_S

    async def flush(self, within_s: float) -> int:
        """
        Hurry until nothing waits.

        Args:
            within_s: how long at the most (seconds).

        Returns:
            How many entries are left.
        """
        self._hurry.set()
        deadline = asyncio.get_running_loop().time() + within_s
        while len(self) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)  # what is awaited is a length, which has no event
        return len(self)

    async def _try_some(self) -> bool:
        """Try the oldest entries, or one while it fails; whether all are done."""
        some = [self._waiting.popleft() for _ in range(1 if self._failing else min(AT_ONCE, len(self._waiting)))]
        self._open = len(some)
        results = await asyncio.gather(*(self._work(entry) for entry in some), return_exceptions=True)
        self._open = 0
        for result in results:
            # An entry that cannot be worked on must not stop all that come after it.
            if isinstance(result, BaseException):
                capture(result, mechanism="backlog", handled=False, with_variables=False)
        left = [entry for entry, result in zip(some, results, strict=True) if result is False]
        self._waiting.extendleft(reversed(left))
        return not left

    async def _rest(self, pause_s: float) -> None:
        if self._hurry.is_set():
            await asyncio.sleep(HURRIED_PAUSE_S)
            return
        try:
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()
        except TimeoutError:
            return
