"""
``crashctl load``.
"""

import signal
import sys
import threading
import time
from typing import Annotated

import typer

from crashctl.load import money, report
from crashctl.load.arguments import ArgumentError, read_order
from crashctl.load.gateway import Gateway
from crashctl.load.plan import Order
from crashctl.load.play import play
from crashctl.load.tally import Tally

FAILED = 1
CANNOT_RUN = 2
# A pod that was told to end has not the time to wait for a hold.
STOPPED_SETTLE_S = 5.0
LINE_EVERY_S = 10.0


def load(
    *,
    url: Annotated[str, typer.Option(help="URL of the gateway.")] = "http://127.0.0.1:8080",
    rate: Annotated[str, typer.Option(help="Spins a second.")] = "10",
    players: Annotated[str, typer.Option(help="How many play.")] = "20",
    first_player: Annotated[str, typer.Option(help="Number of the first; loads at once need players of their own.")]
    = "1",
    seed: Annotated[str, typer.Option(help="The same seed plays the same players and stakes.")] = "7",
    for_s: Annotated[str | None, typer.Option("--for", help="Seconds; else until SIGTERM or Ctrl-C.")] = None,
    stake: Annotated[str, typer.Option(help="Minor units, one or a range.")] = "10-500",
    opening: Annotated[str, typer.Option(help="Credit of a new wallet, minor units.")] = "100000000",
    connections: Annotated[str, typer.Option(help="Spins that are open at once, at the most.")] = "64",
    settle: Annotated[str, typer.Option(help="Seconds to wait at the end for spins that are still open.")] = "90",
    to_json: Annotated[bool, typer.Option("--json", help="Print JSON; progress goes to standard error.")] = False,
) -> None:  # fmt: skip
    """Play seeded spins at a rate, and prove that no money is lost: 1 when it is, or when a spin failed."""
    try:
        order = read_order(
            url, rate=rate, players=players, first_player=first_player, seed=seed, for_s=for_s, stake=stake,
            opening=opening, connections=connections, settle=settle,
        )  # fmt: skip
        came_to = _run(order)
    except (ArgumentError, money.CannotPlayError) as error:
        typer.echo(f"load cannot run: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    typer.echo(report.as_json(came_to) if to_json else report.as_table(came_to))
    if not came_to.good:
        raise typer.Exit(FAILED)


def _run(order: Order) -> report.Report:
    stop, hurry = threading.Event(), threading.Event()

    def told_to_end(*_: object) -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_end)
    gateway = Gateway(order.url)
    before = [money.open_wallet(gateway, player_id, order.opening) for player_id in order.player_ids()]
    tally = Tally(order.player_ids())
    progress = Progress(order, tally)

    seconds, not_begun = play(order, tally, stop, progress.show)

    progress.say("every spin has ended; the wallets are compared with the ledger")
    settled_by = time.monotonic() + (STOPPED_SETTLE_S if stop.is_set() else order.settle_s)
    found = []
    for wallet in before:
        found += money.check(gateway, wallet, tally.accounts[wallet.player_id], settled_by, hurry.is_set)
    gateway.close()
    return report.make(order, tally, seconds, not_begun, found)


class Progress:
    """
    The line that says how it goes: kept up to date on a terminal, else one now and then.

    Args:
        order: what is played.
        tally: what is counted.
    """

    def __init__(self, order: Order, tally: Tally) -> None:
        self._order = order
        self._tally = tally
        self._said_s = 0.0
        self._spins = 0

    def show(self, elapsed_s: float) -> None:
        """Say how it goes, if it is time to."""
        since_s = elapsed_s - self._said_s
        if since_s < (1.0 if sys.stderr.isatty() else LINE_EVERY_S):
            return
        tally = self._tally
        now = (tally.spins - self._spins) / since_s
        self._said_s, self._spins = elapsed_s, tally.spins
        total = f" of {self._order.for_s:g}" if self._order.for_s else ""
        self.say(
            f"{elapsed_s:.0f}{total} s: {tally.spins} spins, {now:.1f} a second of {self._order.rate:g}, "
            f"p99 {tally.durations.share_ms(0.99):.0f} ms, {tally.late} late, {tally.failed} failed"
        )

    def say(self, line: str) -> None:
        """Say something in its place."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if "compared" in line else ""))
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()
