"""
Every case of the catalogue fired from the panel, once each, one after the other: what the cards said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crashctl.drill.cases import DrillCase
from crashctl.drill.order import next_case
from crashctl.waiting import wait_for
from crashkit.catalogue import Catalogue

from .panel import CAPTURED, Card, Panel
from .site import Site

# From the press: the answer may take as long as the budget of the slowest, and polls go on a while after it.
SETTLED_WITHIN_S = 60
BACK_WITHIN_S = 180
STEP_S = 0.1


@dataclass(frozen=True)
class Fired:
    """
    One case that was fired.

    Args:
        card: of it.
        captured_ms: from the press until the card said so; not a number when it never did.
        states: that the card was seen in, in their order.
    """

    card: Card
    captured_ms: float
    states: Sequence[str]


@dataclass
class Round:
    """
    Fires one case after the other; while one service is away, others have their turn.

    Args:
        site: that it is done on.
        panel: whose buttons are pressed.
    """

    site: Site
    panel: Panel
    fired: dict[str, Fired] = field(default_factory=dict)
    _away: dict[str, tuple[DrillCase, Card, list[str]]] = field(default_factory=dict)

    def play(self, cases: Sequence[DrillCase]) -> Mapping[str, Fired]:
        """Fire them all."""
        pending = list(cases)
        while pending or self._away:
            self._look_who_is_back()
            case = next_case(pending, self._away)
            if case is None:
                wait_for(self._look_who_is_back, BACK_WITHIN_S, f"{', '.join(self._away)} to be ready again", STEP_S)
                continue
            pending.remove(case)
            self._fire(case)
        return self.fired

    def _fire(self, case: DrillCase) -> None:
        self.site.stop_all()
        card = self.panel.fire(case.id)
        seen: list[str] = []
        wait_for(lambda: _over(card, seen), SETTLED_WITHIN_S, f"the card of {case.id} to be captured", STEP_S)
        if case.ends_pod and seen[-1] != "missing":
            self._away[case.service] = (case, card, seen)
        else:
            self._keep(case, card, seen)

    def _look_who_is_back(self) -> bool:
        back = [name for name, (_, card, seen) in self._away.items() if _look(card, seen) in {"ready", "missing"}]
        for name in back:
            self._keep(*self._away.pop(name))
        return bool(back)

    def _keep(self, case: DrillCase, card: Card, seen: Sequence[str]) -> None:
        self.fired[case.id] = Fired(card, card.captured_ms, tuple(seen))


def all_cases(catalogue: Catalogue) -> list[DrillCase]:
    """Give every case, those of the page too."""
    return [
        DrillCase(case.id, case.service.name, case.scenario_name, case.case_name, case.path, case.expect)
        for case in catalogue.cases()
    ]


def _over(card: Card, seen: list[str]) -> bool:
    return _look(card, seen) in {*CAPTURED, "missing", "refused"}


def _look(card: Card, seen: list[str]) -> str:
    state = card.state
    if not seen or seen[-1] != state:
        seen.append(state)
    return state
