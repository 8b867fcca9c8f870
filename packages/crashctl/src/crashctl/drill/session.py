"""
A whole drill: may it run, play every case, look again at the end.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from crashctl.drill.accounting import Accounting
from crashctl.drill.cases import DrillCase
from crashctl.drill.order import next_case
from crashctl.drill.outcome import KEPT, Outcome, Report
from crashctl.drill.play import Listener, Played, Stage, finish, look_again, play, still_away
from crashctl.drill.pods import unintended
from crashctl.drill.problems import CannotRunError
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

    def waits(self, services: Sequence[str]) -> None:
        """Show that nothing can be fired until one of these services is back."""

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
        cases: as the catalogue has them; :mod:`crashctl.drill.order` says which comes when.
        audience: sees it.

    Returns:
        What came of them, in the order of the catalogue, looked at once more at the end, when what is late has arrived.

    Raises:
        CannotRunError: the cluster does not answer any more.
    """
    began = time.monotonic()
    before = stage.pods.snapshot() if stage.pods else {}
    counted, books = _counted(stage), Accounting.begin(stage, cases)
    ended = {outcome.case.id: outcome for outcome in _play_all(stage, cases, audience)}
    outcomes = [ended[case.id] for case in cases]
    account, unbalanced = books.end(audience)
    outcomes = _look_again_at_all(stage, outcomes, audience)
    wrongs = tuple(unintended(before, stage.pods.snapshot(), _intended(outcomes))) if stage.pods else ()
    notes = _notes(counted, _counted(stage)) if any(outcome.comparison.lost for outcome in outcomes) else ()
    return Report(outcomes, wrongs + unbalanced, notes, time.monotonic() - began, account)


def _play_all(stage: Stage, cases: Sequence[DrillCase], audience: Audience) -> Iterator[Outcome]:
    """Play every case, and finish those that ended a container when it is back."""
    pending = list(cases)
    awaited: list[Played] = []
    while pending or awaited:
        away = {played.outcome.case.service for played in awaited}
        case = next_case(pending, away)
        if case is None:
            audience.waits(sorted(away))
            wait([played.back for played in awaited if played.back], return_when=FIRST_COMPLETED)
        else:
            audience.begins(len(cases) - len(pending) + 1, len(cases), case)
            pending.remove(case)
            awaited.append(play(stage, case, away))
        for played in [played for played in awaited if played.back is None or played.back.done()]:
            awaited.remove(played)
            outcome = finish(stage, played)
            audience.ended(outcome)
            yield outcome


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
