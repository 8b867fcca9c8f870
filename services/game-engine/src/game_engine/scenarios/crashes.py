"""
The crash: a mistake in the middle of a spin that nobody catches.
"""

from crashkit.run import Run

SEATS = 4


async def settle_table(_run: Run) -> dict[str, object]:
    """
    Pay out the seats of a table, taking each from the table while going through it.

    Raises:
        RuntimeError: always; a dictionary must not shrink under its iterator.
    """
    bets = {f"seat-{seat}": 100 * seat for seat in range(1, SEATS + 1)}
    paid = 0
    for seat, bet in bets.items():
        paid += bet
        del bets[seat]
    return {"paid": paid}
