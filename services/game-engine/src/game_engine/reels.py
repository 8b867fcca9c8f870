"""
The reel model: what each reel shows how often, and what three of a kind pay.

All three reels are alike. With these weights and multipliers the return to player is exactly 90 %: of every 8,000
equally likely results, those that pay give back 7,200 stakes (``return_to_player``).
"""

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Final

REELS: Final = 3


@dataclass(frozen=True)
class Symbol:
    """
    One symbol of the reels.

    Args:
        name: what is shown.
        weight: stops of each reel that show it.
        multiplier: times the stake that three of them pay.
    """

    name: str
    weight: int
    multiplier: int


SYMBOLS: Final = (
    Symbol("cherry", weight=8, multiplier=5),
    Symbol("lemon", weight=6, multiplier=10),
    Symbol("bell", weight=3, multiplier=40),
    Symbol("seven", weight=2, multiplier=100),
    Symbol("diamond", weight=1, multiplier=600),
)
STRIP: Final = tuple(symbol.name for symbol in SYMBOLS for _ in range(symbol.weight))
MULTIPLIERS: Final = {symbol.name: symbol.multiplier for symbol in SYMBOLS}


def draw(random: Random) -> tuple[str, ...]:
    """
    Stop every reel.

    Args:
        random: where the stops come from.

    Returns:
        The symbol that each reel shows.
    """
    return tuple(random.choice(STRIP) for _ in range(REELS))


def multiplier(shown: tuple[str, ...]) -> int:
    """
    Say what a result pays, in stakes; 0 for a loss.

    Raises:
        KeyError: a symbol is not on the reels.
    """
    first = MULTIPLIERS[shown[0]]
    return first if len(set(shown)) == 1 else 0


def return_to_player() -> Fraction:
    """
    Compute what a stake gives back on average: the sum of chance times multiplier.
    """
    return sum((Fraction(symbol.weight, len(STRIP)) ** REELS * symbol.multiplier for symbol in SYMBOLS), Fraction(0))
