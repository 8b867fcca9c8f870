"""
What is played: a sequence of players and stakes that follows from a seed, and when each spin is due.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Order:
    """
    What somebody asked for.

    Args:
        url: of the gateway.
        rate: spins a second.
        players: how many play.
        first_player: number of the first of them.
        seed: of the sequence.
        for_s: how long spins become due (seconds); none for until it is stopped.
        stake_min: smallest stake (minor units).
        stake_max: largest stake (minor units).
        opening: credit of a wallet that is made (minor units).
        connections: spins that are open at once.
        settle_s: how long to wait for open spins at the end (seconds).
    """

    url: str
    rate: float
    players: int
    first_player: int
    seed: int
    for_s: float | None
    stake_min: int
    stake_max: int
    opening: int
    connections: int
    settle_s: float

    def player_ids(self) -> list[str]:
        """Name the players."""
        return [f"player-{self.first_player + number}" for number in range(self.players)]


@dataclass(frozen=True)
class Turn:
    """
    One spin to play.

    Args:
        player_id: who.
        stake: minor units.
        due: when, by the monotonic clock (seconds).
    """

    player_id: str
    stake: int
    due: float


def sequence(order: Order) -> Iterator[tuple[str, int]]:
    """
    Give player and stake of each spin, without an end. The same seed gives the same ones.
    """
    random = Random(order.seed)
    ids = order.player_ids()
    while True:
        yield random.choice(ids), random.randint(order.stake_min, order.stake_max)


class Schedule:
    """
    Hands out the spins of a load in their order. How long others take delays none: a spin is due by the clock.

    Args:
        order: what is played.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._sequence = sequence(order)
        self._lock = threading.Lock()
        self._taken = 0
        self._began = time.monotonic()

    def take(self) -> Turn | None:
        """Give the next spin; none when no more become due, or the time is over."""
        order = self._order
        with self._lock:
            due_s = self._taken / order.rate
            if order.for_s is not None and (due_s >= order.for_s or self.elapsed_s > order.for_s):
                return None
            self._taken += 1
            player_id, stake = next(self._sequence)
        return Turn(player_id, stake, self._began + due_s)

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def not_taken(self, played_s: float) -> int:
        """
        Count the spins that had become due and were never begun.

        Args:
            played_s: for how long spins were due (seconds).
        """
        until_s = played_s if self._order.for_s is None else min(played_s, self._order.for_s)
        return max(int(until_s * self._order.rate) - self._taken, 0)
