"""
One mistake of each common kind, as each could be made in a slot machine.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import sentry_sdk
from crashkit.run import Run

from game_engine.reels import MULTIPLIERS, STRIP

JACKPOT = 500_000


@dataclass
class JackpotMismatchError(Exception):
    """
    The jackpot that the table shows is not the one that the machines paid into.

    Args:
        machine: which machine noticed.
        shown: what the table shows (minor units).
        paid_in: what the machines paid in (minor units).
    """

    machine: str
    shown: int
    paid_in: int

    def __str__(self) -> str:
        return "The jackpot on the table is not what was paid in"


def _stake_with_comma() -> int:
    entered = "12,50"
    return int(entered)


def _win_as_text() -> int:
    balance, win = 1_000, "250"
    return balance + win  # type: ignore[operator]  # the mistake: JSON brought the win as text


def _stop_past_the_strip() -> str:
    stop = len(STRIP)
    return STRIP[stop]


def _symbol_without_price() -> int:
    shown = "joker"
    return MULTIPLIERS[shown]


def _average_of_no_spins() -> float:
    won, played = 0, 0
    return won / played


def _jackpot_differs() -> None:
    mismatch = JackpotMismatchError(machine="machine-3", shown=JACKPOT, paid_in=JACKPOT - 12_500)
    sentry_sdk.set_context("jackpot", asdict(mismatch))
    raise mismatch


MISTAKES: Mapping[str, Callable[[], object]] = {
    "value-error": _stake_with_comma,
    "type-error": _win_as_text,
    "index-error": _stop_past_the_strip,
    "key-error": _symbol_without_price,
    "zero-division-error": _average_of_no_spins,
    "custom-error": _jackpot_differs,
}


async def raise_named(run: Run) -> dict[str, object]:
    """
    Make the mistake that the case names.

    Args:
        run: ``run.case.case_name`` is a key of ``MISTAKES``.

    Raises:
        ValueError, TypeError, IndexError, KeyError, ZeroDivisionError, JackpotMismatchError: by the case.
    """
    return {"result": MISTAKES[run.case.case_name or ""]()}
