"""
What is counted while spins are played, in memory that does not grow with their number.
"""

import math
import threading
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

from crashctl.load.gateway import Answer
from crashctl.load.plan import Turn

# Steps of 2 % from 0.1 ms: what is told is at most that much too long.
STEP = 1.02
SHORTEST_MS = 0.1
LATE_S = 0.1
NO_ANSWER = "no answer"


@dataclass
class Durations:
    """Durations in classes, each a little longer than the one before."""

    counts: Counter[int] = field(default_factory=Counter)
    longest_ms: float = 0.0

    def add(self, ms: float) -> None:
        """Count one (milliseconds)."""
        self.counts[max(math.ceil(math.log(max(ms, SHORTEST_MS) / SHORTEST_MS, STEP)), 0)] += 1
        self.longest_ms = max(self.longest_ms, ms)

    def share_ms(self, share: float) -> float:
        """Give the duration that a share of all, 0 to 1, does not exceed (milliseconds)."""
        wanted = share * self.counts.total()
        for step in sorted(self.counts):
            wanted -= self.counts[step]
            if wanted <= 0:
                return min(float(SHORTEST_MS * STEP**step), self.longest_ms)
        return 0.0


@dataclass
class Account:
    """
    What one player did, by the answers.

    Args:
        settled: spins that count.
        stakes: of those (minor units).
        wins: of those (minor units).
        unknown: ids of spins whose end the answer did not tell, with their stakes.
        nameless: spins whose answer, if any, named no id.
    """

    settled: int = 0
    stakes: int = 0
    wins: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    nameless: int = 0


class Tally:
    """
    Counts answers.

    Args:
        player_ids: who plays.
    """

    def __init__(self, player_ids: list[str]) -> None:
        self._lock = threading.Lock()
        self.accounts = {player_id: Account() for player_id in player_ids}
        self.statuses: Counter[str] = Counter()
        self.durations = Durations()
        self.late = 0
        self._open = 0
        self._given_up = False
        self.not_recorded = 0

    @property
    def spins(self) -> int:
        """How many were played."""
        return self.statuses.total()

    @property
    def failed(self) -> int:
        """How many were answered with a 5xx, or not at all."""
        return sum(count for status, count in self.statuses.items() if status == NO_ANSWER or status >= "500")

    def begun(self, turn: Turn, behind_s: float) -> None:
        """Count a spin that begins, maybe late (seconds). Nothing is known of it until it ends."""
        with self._lock:
            self._open += 1
            self.accounts[turn.player_id].nameless += 1
            self.late += behind_s > LATE_S

    def give_up(self) -> None:
        """Wait for no spin any longer: those that are open have no answer."""
        with self._lock:
            self._given_up = True
            if self._open:
                self.statuses[NO_ANSWER] += self._open

    def ended(self, turn: Turn, answer: Answer | None, took_s: float) -> None:
        """
        Count a spin's answer.

        Args:
            turn: what was played.
            answer: none where there was none.
            took_s: from when it was due (seconds).
        """
        account = self.accounts[turn.player_id]
        with self._lock:
            if self._given_up:
                return
            self._open -= 1
            self.durations.add(took_s * 1000)
            self.statuses[str(answer.status) if answer else NO_ANSWER] += 1
            is_told = answer and (answer.status < HTTPStatus.INTERNAL_SERVER_ERROR or "spin_id" in answer.body)
            if not answer or not is_told:
                return
            account.nameless -= 1
            if answer.status == HTTPStatus.OK:
                account.settled += 1
                account.stakes += turn.stake
                account.wins += int(answer.body["win"])
                self.not_recorded += not answer.body.get("recorded")
            elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                account.unknown[str(answer.body["spin_id"])] = turn.stake
