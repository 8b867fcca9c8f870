"""
A whole chaos: look, play, fire and kill, wait until all is quiet, look again and compare.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from crashctl.chaos.bag import Kill, turns
from crashctl.chaos.bank import Bank
from crashctl.chaos.cluster import Cluster, ClusterAwayError
from crashctl.chaos.counting import Counting
from crashctl.chaos.firing import Gunner
from crashctl.chaos.killing import Killer
from crashctl.chaos.lives import Death
from crashctl.chaos.rounds import Rounds
from crashctl.chaos.told import Done
from crashctl.chaos.verdict import Outcome
from crashctl.chaos.watching import Watching
from crashctl.drill.cases import DrillCase
from crashctl.drill.gateway import Gateway
from crashctl.drill.problems import CannotRunError
from crashctl.drill.sink import Sink
from crashctl.load.plan import Order
from crashctl.load.play import play
from crashctl.waiting import TooLateError, wait_for

WELL_WITHIN_S = 60.0
# A kubelet of another cluster puts off a restart for five minutes.
QUIET_WITHIN_S = 420.0
STEP_S = 0.5


class Audience(Protocol):
    """Who sees it while it runs."""

    def doing(self, what: str) -> None:
        """Show what takes time now."""

    def killed(self, number: int, done: Done) -> None:
        """Show what came of a turn."""

    def died(self, death: Death) -> None:
        """Show that something died."""


@dataclass(frozen=True)
class Stage:
    """
    What it is played on.

    Args:
        gateway: to fire through.
        sink: to ask.
        cluster: to kill in.
        audience: sees it.
    """

    gateway: Gateway
    sink: Sink
    cluster: Cluster
    audience: Audience


@dataclass(frozen=True)
class Plan:
    """
    What somebody asked for.

    Args:
        order: what is played meanwhile, and for how long.
        seed: of the kills.
        kills: what may be killed.
        cases: of the catalogue.
        services: those that keep a book.
        due: events for one firing, by the id of the case.
        faults_rate: firings a second.
    """

    order: Order
    seed: int
    kills: Sequence[Kill]
    cases: Sequence[DrillCase]
    services: Sequence[str]
    due: dict[str, int]
    faults_rate: float


@dataclass(frozen=True)
class Signals:
    """
    What somebody says while it runs.

    Args:
        stop: kill no more, and count.
        hurry: wait for nothing.
    """

    stop: threading.Event
    hurry: threading.Event


def run(stage: Stage, plan: Plan, signals: Signals) -> Outcome:
    """
    Do all of it.

    Args:
        stage: what it is played on.
        plan: what somebody asked for.
        signals: what somebody says meanwhile.

    Raises:
        CannotRunError: the release is not well to begin with.
        CannotPlayError: there are no wallets.
    """
    stage.gateway.require_permission()
    stage.sink.require_answer()
    stage.audience.doing("looking at the accounts")
    # Before the watch: a death that is seen is told after this look.
    counting = Counting(stage.sink, plan.services, plan.due)
    watching = _begin(stage)
    stage.audience.doing("opening wallets")
    bank = Bank(plan.order.url, plan.order.player_ids(), plan.order.opening)
    began = time.monotonic()
    rounds = Rounds(plan.order.player_ids())
    gunner = Gunner(stage.gateway, plan.cases, plan.seed, plan.faults_rate)
    enough = threading.Event()
    players = threading.Thread(target=play, args=(plan.order, rounds, enough, lambda _: None), daemon=True)
    players.start()
    gunner.start()
    done = _kill_all(stage, plan, signals, watching)
    stage.audience.doing("ending the load")
    enough.set()
    gunner.stop(60.0)
    players.join(60.0)
    not_quiet = _quiet(stage, watching, signals)
    purses = bank.purses(rounds.rounds(), plan.order.settle_s, signals.hurry.is_set)
    stage.audience.doing("waiting until every death is told")
    deaths, inquest = counting.inquest(watching, done, signals.hurry)
    # When nothing waits in a spool any more, what is not there is lost.
    stage.audience.doing("adding up spins and items")
    account = counting.account(0.0) if signals.hurry.is_set() else counting.account()
    stage.audience.doing("looking at the trace of every fault")
    outcome = Outcome(
        plan.seed, 0.0, plan.kills, done, deaths, inquest, purses, counting.volley(gunner.fired(), deaths),
        given_up=counting.given_up(), account=account, statuses=dict(sorted(rounds.statuses.items())),
        not_quiet=not_quiet, interrupted=signals.stop.is_set(),
    )  # fmt: skip
    recorded = bank.recorded(outcome.due, signals.hurry.is_set)
    bank.close()
    return replace(outcome, recorded=recorded, took_s=time.monotonic() - began)


def _begin(stage: Stage) -> Watching:
    """Begin to watch, and make sure that all is well."""
    try:
        watching = Watching(stage.cluster, stage.audience.died)
        watching.start()
        stage.audience.doing("waiting until every pod is ready")
        wait_for(lambda: watching.all_well, WELL_WITHIN_S, "every pod to be ready", STEP_S)
    except ClusterAwayError as error:
        raise CannotRunError(
            f"the cluster cannot be watched: {error}; check --kube, --namespace and --release"
        ) from None
    except TooLateError as error:
        raise CannotRunError(f"{error}; chaos begins with a release that is well: crashctl status") from None
    if not watching.pods():
        raise CannotRunError("the cluster shows no pods of the release; check --namespace and --release")
    return watching


def _kill_all(stage: Stage, plan: Plan, signals: Signals, watching: Watching) -> list[Done]:
    ends = time.monotonic() + (plan.order.for_s or 0.0)

    def over() -> bool:
        return signals.stop.is_set() or time.monotonic() >= ends

    killer = Killer(stage.cluster, watching, stage.gateway, {case.id: case for case in plan.cases}, over)
    done: list[Done] = []
    for turn in turns(plan.kills, plan.seed):
        stage.audience.doing(f"{ends - time.monotonic():.0f} s left; next is {turn.kill}")
        signals.stop.wait(min(turn.pause_s, max(0.0, ends - time.monotonic())))
        found = killer.kill(turn.kill)
        if found is None:
            break
        done.append(found)
        stage.audience.killed(len(done), found)
    return done


def _quiet(stage: Stage, watching: Watching, signals: Signals) -> tuple[str, ...]:
    """Wait until every pod is ready again and nothing is held; say what is not."""
    stage.audience.doing("waiting until every pod is ready again")
    try:
        wait_for(lambda: signals.hurry.is_set() or watching.all_well, QUIET_WITHIN_S, "every pod to be ready", STEP_S)
    except TooLateError as error:
        return (str(error),)
    with suppress(CannotRunError):
        stage.gateway.require_permission()
    return ()
