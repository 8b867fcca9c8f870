"""
A whole drill: may it run, play every case, look again at the end.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from crashctl.drill.cases import DrillCase
from crashctl.drill.outcome import KEPT, Outcome, Report
from crashctl.drill.play import Stage, look_again, play, still_away
from crashctl.drill.pods import unintended
from crashctl.drill.problems import CannotRunError
from crashctl.drill.recovery import Listener
from crashctl.drill.sink import SinkAwayError
from crashctl.waiting import TooLateError, wait_for

READY_WITHIN_S = 10.0
# A second event of one fault comes a moment after the first, if it comes.
SETTLE_S = 2.0
# What comes later than this is lost, and not late.
LATE_WITHIN_S = 5.0
STEP_S = 0.5


class Audience(Listener, Protocol):
    """Who sees a drill while it runs."""

    def begins(self, number: int, total: int, case: DrillCase) -> None:
        """Show that a case begins."""

    def ended(self, outcome: Outcome) -> None:
        """Show what came of it."""


def check(stage: Stage, services: frozenset[str]) -> None:
    """
    Make sure that a drill can run.

    Args:
        stage: what it will be played on.
        services: that must be there.

    Raises:
        CannotRunError: it cannot; one line with the fix.
    """
    stage.gateway.require_permission()
    stage.sink.require_answer()
    for service in sorted(services):
        if away := still_away(stage, service, READY_WITHIN_S):
            raise CannotRunError(f"{away}; the drill begins with a release that is ready")
    if stage.pods is None:
        return
    seen = {container.component for container in stage.pods.snapshot().values()}
    if missing := sorted(services - seen):
        raise CannotRunError(
            f"the cluster shows no pods of {', '.join(missing)}; check --namespace, --release and --kube"
        )


def run(stage: Stage, cases: Sequence[DrillCase], audience: Audience) -> Report:
    """
    Play every case.

    Args:
        stage: what they are played on.
        cases: in this order.
        audience: sees it.

    Returns:
        What came of them, looked at once more at the end, when what is late has arrived.

    Raises:
        CannotRunError: the cluster does not answer any more.
    """
    began = time.monotonic()
    before = stage.pods.snapshot() if stage.pods else {}
    counted = _counted(stage)
    outcomes = []
    for number, case in enumerate(cases, start=1):
        audience.begins(number, len(cases), case)
        outcome = play(stage, case)
        audience.ended(outcome)
        outcomes.append(outcome)
    outcomes = _look_again_at_all(stage, outcomes, audience)
    wrongs = tuple(unintended(before, stage.pods.snapshot(), _intended(outcomes))) if stage.pods else ()
    notes = _notes(counted, _counted(stage)) if any(outcome.comparison.lost for outcome in outcomes) else ()
    return Report(outcomes, wrongs, notes, time.monotonic() - began)


def _look_again_at_all(stage: Stage, outcomes: Sequence[Outcome], audience: Audience) -> list[Outcome]:
    """Let what is late or twice arrive, and then hold every trace against its contract once more."""
    audience.doing("waiting for what may come twice")
    time.sleep(SETTLE_S)
    amiss = [outcome.firings for outcome in outcomes if outcome.comparison.mismatches]
    audience.doing("waiting for what is late")
    with suppress(TooLateError):
        wait_for(
            lambda: not any(look_again(stage, firings).mismatches for firings in amiss), LATE_WITHIN_S, "it", STEP_S
        )
    audience.doing("looking again at every trace")
    return [_again(stage, outcome) for outcome in outcomes]


def _again(stage: Stage, outcome: Outcome) -> Outcome:
    if not outcome.firings:
        return outcome
    comparison = look_again(stage, outcome.firings)
    was_kept = outcome.verdict == KEPT
    if was_kept and comparison.mismatches:
        late = tuple(f"{wrong} (seen at the end of the drill)" for wrong in comparison.mismatches)
        return replace(outcome, comparison=replace(comparison, mismatches=late))
    if outcome.comparison.mismatches and not comparison.mismatches:
        within_s = outcome.case.expect.within_s
        return replace(outcome, comparison=comparison, wrongs=(*outcome.wrongs, f"arrived later than {within_s:g} s"))
    return replace(outcome, comparison=comparison) if comparison.mismatches else outcome


def _intended(outcomes: Sequence[Outcome]) -> Mapping[str, int]:
    return Counter(outcome.case.service for outcome in outcomes if any(firing.ends_pod for firing in outcome.firings))


def _counted(stage: Stage) -> Mapping[str, Any]:  # Any: JSON
    try:
        return stage.sink.accounts()
    except SinkAwayError:
        return {}


def _notes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:  # Any: JSON
    said = []
    for name, words in (("rejected", "the sink rejected"), ("discarded_by_sdk", "SDKs say that they dropped")):
        more = Counter(_numbers(after.get(name))) - Counter(_numbers(before.get(name)))
        said += [f"since the beginning {words} {count} ({what})" for what, count in sorted(more.items())]
    return tuple(said)


def _numbers(found: Any, prefix: str = "") -> dict[str, int]:  # Any: JSON
    if isinstance(found, int):
        return {prefix: found}
    if isinstance(found, Mapping):
        nested = [_numbers(value, f"{prefix}, {key}".removeprefix(", ")) for key, value in found.items()]
        return {key: count for part in nested for key, count in part.items()}
    return {}
