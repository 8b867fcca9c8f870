"""
Which cases a drill fires, and what it knows of each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crashkit.catalogue import Budget, Catalogue, Expect, PodEnd

from crashctl.drill.problems import CannotRunError


@dataclass(frozen=True)
class DrillCase:
    """
    One case.

    Args:
        id: ``service/scenario`` or ``service/scenario/case``.
        service: name of the service.
        scenario: name of the scenario.
        case: name of the case, where the scenario has several.
        path: path and query through the gateway.
        expect: the contract.
        budget: how often it may be fired, and what it may take.
    """

    id: str
    service: str
    scenario: str
    case: str | None
    path: str
    expect: Expect
    budget: Budget = field(default_factory=Budget)

    @property
    def ends_pod(self) -> bool:
        """Whether a container must end by it."""
        return self.expect.pod.ends is not PodEnd.NONE

    @property
    def calls(self) -> int:
        """How often it is fired."""
        return self.expect.pod.after_calls if self.ends_pod else 1

    @property
    def due(self) -> int:
        """How many events must arrive for each call, without the warning of all calls together that memory is short."""
        return sum(event.count for event in self.expect.events)


def from_catalogue(catalogue: Catalogue) -> list[DrillCase]:
    """
    Take the cases of a catalogue that a drill can fire: those of the page are fired in a browser.

    Args:
        catalogue: from a local folder.
    """
    return [
        DrillCase(case.id, case.service.name, case.scenario_name, case.case_name, case.path, case.expect, case.budget)
        for case in catalogue.cases(runs_in="cluster")
    ]


def from_gateway(document: Mapping[str, Any]) -> list[DrillCase]:  # Any: JSON
    """
    Take the cases from what ``GET /api/v1/catalog`` answers; those of the page are fired in a browser.

    Args:
        document: the answer.
    """
    in_page = {service["name"] for service in document["services"] if service.get("runs_in") == "page"}
    return [
        DrillCase(
            id=case["id"],
            service=scenario["service"],
            scenario=scenario["id"].partition("/")[2],
            case=case["case"],
            path=case["path"],
            expect=Expect.model_validate(case["expect"]),
            budget=Budget.model_validate(case["budget"]),
        )
        for scenario in document["scenarios"]
        if scenario["service"] not in in_page
        for case in scenario["cases"]
    ]


def select(cases: Iterable[DrillCase], wanted: Sequence[str], present: frozenset[str]) -> list[DrillCase]:
    """
    Choose what to fire.

    Args:
        cases: all there are.
        wanted: beginnings of ids, whole parts of them (``game-engine/error`` is its cases, not ``error-2``); none: all.
        present: names of the services of this release.

    Raises:
        CannotRunError: one of ``wanted`` fits nothing.
    """
    here = [case for case in cases if case.service in present]
    if not wanted:
        return here
    for prefix in wanted:
        if not any(_begins(case.id, prefix) for case in here):
            known = ", ".join(dict.fromkeys(f"{case.service}/{case.scenario}" for case in here))
            raise CannotRunError(
                f"--scenario {prefix} fits no case of this release; it has {known}. "
                "Faults of the page are fired in a browser, by the debug panel"
            )
    return [case for case in here if any(_begins(case.id, prefix) for prefix in wanted)]


def _begins(case_id: str, prefix: str) -> bool:
    return f"{case_id}/".startswith(f"{prefix.strip('/')}/")
