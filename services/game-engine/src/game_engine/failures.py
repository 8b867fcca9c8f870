"""
How a spin fails: each is a 5xx for the player and one event with its cause.
"""

from crashkit.problem import Problem


class SpinFailedError(Exception):
    """
    A spin that was not settled.

    Args:
        message: constant, so that all of a kind are one issue.
        problem: what the player is told; a 503.
        spin_id: 16 hex digits.
        step: ``charge``, ``payout`` or ``look up``.
        found: what payment answered at last; no amounts.
    """

    def __init__(self, message: str, problem: Problem, spin_id: str, step: str, found: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.spin_id = spin_id
        self._step = step
        self._found = found

    def context(self) -> dict[str, object]:
        """Give the context ``spin`` of the event."""
        return {"spin_id": self.spin_id, "step": self._step, "found": self._found}


class PaymentAwayError(SpinFailedError):
    """The stake was not taken, or comes back."""


class SpinOpenError(SpinFailedError):
    """The stake was taken, and nobody knows yet whether the win was paid."""


class StakeReturnedError(SpinFailedError):
    """The stake was given back before the win was paid."""
