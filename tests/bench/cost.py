"""
What flight record, spool and book cost a request, in processor time of the whole process, beside the same services
without them in one run: ``scripts/with-database python -m tests.bench.cost``; no cluster is needed.

Both casinos run at the same time and take turns, some requests each, so that a busy machine is as busy for both. A
ratio is that of two turns that followed each other; its median is what counts, and the quartiles say how far to trust
it. A well request is a spin through the gateway, of which each service does its part. A failing one is the crash of a
service, asked for at the service itself: an event and a transaction, which have arrived when the turn ends.
"""

import argparse
import json
import statistics
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench.asking import Player, crash
from tests.bench.twins import COUNTED, Twin, twins

ROUNDS = 4
TURNS = 16
WARM = 3
# Requests of a turn.
SPINS = 40
CRASHES = 24
IDLE_S = 5.0
IDLE = "idle second"
US = 1_000_000

Pair = tuple[Twin, Twin]
Used = Mapping[str, float]


@dataclass
class Found:
    """
    Processor time in each pair of turns.

    Args:
        with_s: with all three (seconds).
        without_s: without (seconds).
    """

    with_s: list[float] = field(default_factory=list)
    without_s: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Give medians (microseconds), and median and quartiles of the ratios."""
        ratios = [one / other - 1 for one, other in zip(self.with_s, self.without_s, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        return {
            "without_us": statistics.median(self.without_s) * US,
            "with_us": statistics.median(self.with_s) * US,
            "ratio": middle,
            "low": low,
            "high": high,
            "pairs": len(ratios),
        }


def spins(pair: Pair, turns: int, found: dict[str, Found]) -> None:
    """Measure well requests, in each service."""
    players = {twin.keeps: Player(twin) for twin in pair}
    in_turns(pair, turns, lambda twin: used_by(twin, "spin", lambda: players[twin.keeps].spin(SPINS), SPINS), found)


def crashes(pair: Pair, turns: int, found: dict[str, Found]) -> None:
    """Measure failing requests, service by service."""
    for name in COUNTED:
        in_turns(pair, turns, partial(_crashing, name), found)


def _crashing(name: str, twin: Twin) -> Used:
    return used_by(twin, "crash", lambda: crash(twin, name, CRASHES), CRASHES, (name,))


def idle(pair: Pair, _turns: int, found: dict[str, Found]) -> None:
    """Measure seconds in which nobody asks for anything."""
    in_turns(pair, 2, lambda twin: used_by(twin, IDLE, lambda: threading.Event().wait(IDLE_S), IDLE_S), found)


LOADS: dict[str, Callable[[Pair, int, dict[str, Found]], None]] = {"spins": spins, "crashes": crashes, "idle": idle}


def used_by(
    twin: Twin, what: str, act: Callable[[], object], times: float, names: tuple[str, ...] = COUNTED
) -> dict[str, float]:
    """
    Give the processor time of something, by service (seconds).

    Args:
        twin: that does it.
        what: as the table calls it.
        act: does it.
        times: how often.
        names: of the services that are looked at.
    """
    before = {name: twin.cpu_s(name) for name in names}
    act()
    used = {f"{what}, {name}": (twin.cpu_s(name) - before[name]) / times for name in names}
    return used if len(used) == 1 else {**used, f"{what}, all four": sum(used.values())}


def in_turns(pair: Pair, turns: int, turn: Callable[[Twin], Used], found: dict[str, Found]) -> None:
    """
    Have both do the same, again and again; who begins changes.

    Args:
        pair: the one with, the one without.
        turns: of each, after some for warming up.
        turn: gives the processor time of one turn.
        found: gets it.
    """
    for number in range(-WARM, turns):
        order = pair if number % 2 else pair[::-1]
        used = {twin.keeps: turn(twin) for twin in order}
        for what in used[True] if number >= 0 else ():
            figures = found.setdefault(what, Found())
            figures.with_s.append(used[True][what])
            figures.without_s.append(used[False][what])


def table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """Give the figures as people read them."""
    lines = [
        "\nProcessor time with flight record, spool and book, beside the same services without them (microseconds)",
        f"{'':<26}{'without':>9}{'with':>9}{'more':>9}   quartiles of the ratios of two turns",
    ]
    lines += [
        f"{what:<26}{said['without_us']:>9.0f}{said['with_us']:>9.0f}{_more(what, said)}"
        for what, said in figures.items()
    ]
    return "\n".join(lines)


def _more(what: str, said: Mapping[str, float]) -> str:
    if what.startswith(IDLE):
        # Beside next to nothing a ratio says nothing.
        return f"{(said['with_us'] - said['without_us']) / US:>+9.2%}   of a core"
    return f"{said['ratio']:>+9.1%}   {said['low']:+.1%} to {said['high']:+.1%} ({said['pairs']:.0f} pairs)"


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="starts of both (default %(default)s)")
    parser.add_argument("--turns", type=int, default=TURNS, help="of each load in a round (default %(default)s)")
    parser.add_argument("--only", choices=LOADS, help="one of the loads")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found: dict[str, Found] = {}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as place, twins(Path(place)) as pair:
            for name, load in LOADS.items():
                if options.only in {None, name}:
                    load(pair, options.turns, found)
    figures = {what: one.figures() for what, one in found.items()}
    print(json.dumps(figures, indent=2) if options.json else table(figures))


if __name__ == "__main__":
    main()
