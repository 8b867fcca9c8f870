"""
All kills: each service in a thread of its own, and a look at everything at the end.
"""

import threading
import time
from collections import Counter
from collections.abc import Collection, Sequence

from crashctl.drill.accounting import Accounting
from crashctl.drill.cases import DrillCase
from crashctl.drill.deaths import CORONER
from crashctl.drill.hands import Hands
from crashctl.drill.play import Stage
from crashctl.drill.sink import Sink
from crashctl.kills.lane import Lane
from crashctl.kills.outcome import Outcome, divided
from crashctl.kills.statuses import Statuses
from crashctl.waiting import TooLateError, wait_for

# A second event of one death comes a moment after the first, if it comes.
SETTLE_S = 3.0
QUIET_WITHIN_S = 120.0
SHOW_S = 1.0


def run(stage: Stage, hands: Hands, cases: Sequence[DrillCase], times: int, stop: threading.Event) -> Outcome:
    """
    Kill, and say what came of it.

    Args:
        stage: to fire through, and to ask.
        hands: that delete pods.
        cases: that kill.
        times: how often in all.
        stop: ends it early.

    Raises:
        CannotRunError: the cluster refuses something.
        SinkAwayError: the sink does not answer at the beginning, or at the end.
    """
    began = time.monotonic()
    services = list(dict.fromkeys(case.service for case in cases))
    wanted = {service: count for service, count in divided(times, services).items() if count}
    statuses = Statuses(hands)
    statuses.start()
    books = Accounting.begin(stage, cases)
    before = stage.sink.newest(CORONER)
    lanes = [
        Lane(stage, hands, statuses, [case for case in cases if case.service == service], stop) for service in wanted
    ]
    threads = [
        threading.Thread(target=lane.run, args=(wanted[lane.service],), name=lane.service, daemon=True)
        for lane in lanes
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        stage.listener.doing(", ".join(f"{lane.service} {len(lane.kills)}/{wanted[lane.service]}" for lane in lanes))
        for thread in threads:
            thread.join(SHOW_S / len(threads))
    stage.listener.doing("waiting until every service is whole again")
    unwell = [wrong for lane in lanes for wrong in _not_whole(lane)]
    time.sleep(SETTLE_S)
    statuses.stop()
    resident_mib = hands.resident_mib(CORONER)
    account, unbalanced = books.end(stage.listener)
    stage.listener.doing("looking again at every trace")
    for lane in lanes:
        lane.look_again()
    kills = [kill for lane in lanes for kill in lane.kills]
    return Outcome(
        wanted, kills, _reports(stage.sink, before, wanted), resident_mib, account, (*unbalanced, *unwell),
        time.monotonic() - began,
    )  # fmt: skip


def _not_whole(lane: Lane) -> list[str]:
    try:
        wait_for(lane.is_whole, QUIET_WITHIN_S, f"{lane.service} to be whole at the end", SHOW_S)
    except TooLateError as error:
        return [str(error)]
    return []


def _reports(sink: Sink, since_seq: int, services: Collection[str]) -> Counter[str]:
    """Count what the coroner has told since, of these services, by cause."""
    told = [payload["tags"] for payload in sink.payloads(CORONER, since_seq)]
    return Counter(tags["cause"] for tags in told if tags.get("workload") in services)
