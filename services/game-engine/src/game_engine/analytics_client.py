"""
Storing a spin in analytics.
"""

from http import HTTPStatus

from game_engine.peer import Peer, UnknownOutcomeError
from game_engine.spin import Result

STORED = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
# Will be answered the same however often it is asked.
FINAL = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})


class RecordRefusedError(Exception):
    """Analytics does not take the spin as it is, and never will."""

    def __init__(self, status: int, code: str | None) -> None:
        super().__init__("analytics refused the record of a spin")
        self.status = status
        self.code = code


class AnalyticsClient:
    """
    The one call, idempotent by the id of the spin.

    Args:
        peer: analytics.
        timeout_s: for one attempt (seconds).
    """

    def __init__(self, peer: Peer, timeout_s: float) -> None:
        self._peer = peer
        self._timeout_s = timeout_s

    async def store(self, spin: Result) -> None:
        """
        Store a settled spin.

        Raises:
            RecordRefusedError: it is not taken.
            UnknownOutcomeError: it may be stored.
        """
        answer = await self._peer.ask("POST", "/api/v1/spins", spin.record(), timeout_s=self._timeout_s)
        if answer.status in STORED and answer.body.get("spin_id") == spin.spin_id:
            return
        if answer.status in FINAL:
            raise RecordRefusedError(answer.status, answer.problem)
        raise UnknownOutcomeError(self._peer.name, f"{answer.status} {answer.problem or ''}".rstrip())
