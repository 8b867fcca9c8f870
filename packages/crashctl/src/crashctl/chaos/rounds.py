"""
What players saw of each spin, one by one: a load of :mod:`crashctl.load` keeps sums, and here every answer counts.
"""

import threading
from dataclasses import dataclass
from http import HTTPStatus

from crashctl.load.gateway import Answer
from crashctl.load.plan import Turn
from crashctl.load.tally import Tally

PROBLEM = "urn:crash-demo:problem:"


@dataclass(frozen=True)
class Round:
    """
    One spin, as its player saw it.

    Args:
        player_id: who.
        stake: minor units.
        status: HTTP status of the answer; none where there was none.
        spin_id: that the answer named; none where it named none.
        win: minor units; none where the answer told of none.
        problem: code of the refusal, such as ``spin-open``; empty where it is none of the game's.
    """

    player_id: str
    stake: int
    status: int | None = None
    spin_id: str | None = None
    win: int | None = None
    problem: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the player was told that it counts."""
        return self.status == HTTPStatus.OK and self.spin_id is not None

    @property
    def refused(self) -> bool:
        """Whether the player was told that it was never played."""
        return self.status is not None and self.status < HTTPStatus.INTERNAL_SERVER_ERROR and not self.accepted


class Rounds(Tally):
    """
    Keeps every answer.

    Args:
        player_ids: who plays.
    """

    def __init__(self, player_ids: list[str]) -> None:
        super().__init__(player_ids)
        self._seen: list[Round] = []
        self._playing: dict[int, Turn] = {}
        self._guard = threading.Lock()

    def begun(self, turn: Turn, behind_s: float) -> None:
        """Count a spin that begins."""
        super().begun(turn, behind_s)
        with self._guard:
            self._playing[id(turn)] = turn

    def ended(self, turn: Turn, answer: Answer | None, took_s: float) -> None:
        """Keep an answer."""
        super().ended(turn, answer, took_s)
        with self._guard:
            self._playing.pop(id(turn))
            self._seen.append(_round(turn, answer))

    def rounds(self) -> list[Round]:
        """Give all of them; what is still open has no answer."""
        with self._guard:
            return [*self._seen, *(Round(turn.player_id, turn.stake) for turn in self._playing.values())]


def _round(turn: Turn, answer: Answer | None) -> Round:
    if answer is None:
        return Round(turn.player_id, turn.stake)
    body = answer.body
    spin_id, win, kind = body.get("spin_id"), body.get("win"), str(body.get("type") or "")
    return Round(
        player_id=turn.player_id,
        stake=turn.stake,
        status=answer.status,
        spin_id=spin_id if isinstance(spin_id, str) else None,
        win=win if isinstance(win, int) else None,
        problem=kind.removeprefix(PROBLEM) if kind.startswith(PROBLEM) else "",
    )
