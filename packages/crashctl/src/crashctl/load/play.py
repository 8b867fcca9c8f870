"""
Plays the spins of a schedule, a number of them at once.
"""

import threading
import time
from collections.abc import Callable

from crashctl.load.gateway import Gateway, NoAnswerError
from crashctl.load.plan import Order, Schedule, Turn
from crashctl.load.tally import Tally

# What a thread of ours needs is far below the default of 8 MiB, which a small pod would have to reserve.
STACK_BYTES = 256 * 1024
POLL_S = 0.2
# A pod that was told to end is killed when it waits for long.
STOPPED_WITHIN_S = 8.0


def play(order: Order, tally: Tally, stop: threading.Event, progress: Callable[[float], None]) -> tuple[float, int]:
    """
    Play until no spin becomes due any more, or somebody says stop; open spins are played to their end,
    or for a few seconds where they were stopped.

    Args:
        order: what is played.
        tally: counts the answers.
        stop: ends it early.
        progress: is told now and then how long it has been going on (seconds).

    Returns:
        How long spins were due (seconds), and how many of them were never begun.
    """
    usual = threading.stack_size(STACK_BYTES)
    schedule = Schedule(order)
    workers = [
        threading.Thread(target=_work, args=(order.url, schedule, tally, stop), name=f"player {number}", daemon=True)
        for number in range(order.connections)
    ]
    for worker in workers:
        worker.start()
    threading.stack_size(usual)
    ended_s: float | None = None
    while any(worker.is_alive() for worker in workers):
        if stop.is_set() and ended_s is None:
            ended_s = schedule.elapsed_s
        if ended_s is not None and schedule.elapsed_s - ended_s > STOPPED_WITHIN_S:
            break
        progress(schedule.elapsed_s)
        workers[0].join(POLL_S) if workers[0].is_alive() else time.sleep(POLL_S / 4)
    tally.give_up()
    played_s = ended_s or (order.for_s if order.for_s is not None else schedule.elapsed_s)
    return played_s, schedule.not_taken(played_s)


def _work(url: str, schedule: Schedule, tally: Tally, stop: threading.Event) -> None:
    gateway = Gateway(url)
    while not stop.is_set() and (turn := schedule.take()):
        if stop.wait(turn.due - time.monotonic()):
            break
        tally.begun(turn, time.monotonic() - turn.due)
        _spin(gateway, turn, tally)
    gateway.close()


def _spin(gateway: Gateway, turn: Turn, tally: Tally) -> None:
    document = {"player_id": turn.player_id, "stake": turn.stake}
    try:
        answer = gateway.send("POST", "/game-engine/spin", document)
    except NoAnswerError:
        answer = None
    tally.ended(turn, answer, time.monotonic() - turn.due)
