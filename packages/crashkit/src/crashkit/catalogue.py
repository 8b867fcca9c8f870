"""
The catalogue as objects: what a scenario is, what it may take, and what must come of it.
"""

from __future__ import annotations

from collections.abc import Iterator  # noqa: TC003 - pydantic resolves annotations at run time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from crashkit.service import Place, Service, Slug, Strict

Sentence = Annotated[str, StringConstraints(min_length=8, max_length=300)]
# Below it an answer is a success.
SUCCESS_BELOW = 300
SpanOp = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]


class Panel(StrEnum):
    """The section of the debug panel in which a scenario stands."""

    SERVICE_CRASHES = "service-crashes"
    MEMORY_AND_THREADING = "memory-and-threading"
    SERVICE_SPECIFIC_ERRORS = "service-specific-errors"


class Budget(Strict):
    """The most that one firing may take."""

    memory_mib: int = Field(0, ge=0, le=4096, description="Memory that one firing may hold (MiB).")
    wall_s: float = Field(5, gt=0, le=120, description="How long one firing may run (seconds).")
    hold_s: float = Field(0, ge=0, le=600, description="How long what it holds may stay after the answer (seconds).")
    per_minute: int = Field(30, ge=1, le=600, description="Firings in any 60 seconds.")
    at_once: int = Field(1, ge=1, le=50, description="Firings that may run or hold at the same time.")


class ExpectedEvent(Strict):
    """One Sentry event that must arrive for each firing, as often as ``count`` says: no fewer, no more."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["type"]}, {"required": ["message"]}]})

    type: str | None = Field(None, description="Type of the outermost exception; none for a message.")
    message: str | None = Field(None, description="The whole message, or the exception's whole value.")
    level: Literal["warning", "error", "fatal"] = "error"
    handled: bool | None = Field(
        None, description="The mechanism's flag of the outermost exception; none for a message."
    )
    count: int = Field(1, ge=1, le=20)
    holds: tuple[str, ...] = Field((), description="Types of the inner exceptions that the event carries too.")
    contexts: tuple[str, ...] = Field(("runtime",), description="Contexts that must be there, besides the SDK's own.")
    tags: dict[str, str] = Field(default_factory=dict, description="Tags besides service, scenario, case and run.")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.type is None and self.message is None:
            raise ValueError("an event needs a type (exception) or a message; give one of them")
        return self


class PodEnd(StrEnum):
    """How the container that ran the scenario ends."""

    NONE = "none"
    OOM = "oom"
    EXIT = "exit"
    HEAP_ABORT = "heap-abort"
    LIVENESS = "liveness"


class ExpectedPod(Strict):
    """What Kubernetes must show of the pod afterwards."""

    ends: PodEnd = PodEnd.NONE
    after_calls: int = Field(1, ge=1, le=50, description="The firing that ends it, counted from 1; its answer is 502.")
    recovers_within_s: float = Field(0, ge=0, le=300, description="Seconds until the service is ready again.")

    @model_validator(mode="after")
    def _an_end_is_recovered_from(self) -> Self:
        if self.ends is not PodEnd.NONE and not self.recovers_within_s:
            raise ValueError(
                f"pod.ends is {self.ends.value}: say recovers_within_s, the seconds until it is ready again"
            )
        return self


class MemoryWarning(StrEnum):
    """Whether a case brings the memory of its container near the limit, which the service tells in one warning."""

    NEVER = "never"
    MAY = "may"
    ONCE = "once"


class Expect(Strict):
    """The contract of a case: what HTTP answers, which items arrive, what happens to the pod."""

    status: int | None = Field(
        None, ge=200, le=599, description="HTTP status of a firing that does not end the pod; none in the page."
    )
    events: tuple[ExpectedEvent, ...] = ()
    items: dict[str, int] = Field(
        default_factory=dict, description="Other envelope items on the trace: at least as many."
    )
    spans: tuple[SpanOp, ...] = Field(
        (), description="Operations of which a span must be on the trace; db stands for db.query too."
    )
    within_s: float = Field(10, gt=0, le=60, description="Seconds from the answer until everything can be queried.")
    memory_warning: MemoryWarning = Field(
        MemoryWarning.NEVER,
        description="How often all firings of one run together bring the warning that memory is near its limit; may is "
        "at most once, as the machine goes.",
    )
    pod: ExpectedPod = ExpectedPod()

    @model_validator(mode="after")
    def _only_an_end_is_certain(self) -> Self:
        if self.memory_warning is MemoryWarning.ONCE and self.pod.ends is PodEnd.NONE:
            raise ValueError(
                "memory_warning is once, but the pod does not end: only what ends by its memory is certain to come "
                "near the limit; say may"
            )
        return self


class Runbook(Strict):
    """What the person on call reads."""

    symptom: Sentence
    look_at: Sentence
    remedy: Sentence


class Case(Strict):
    """One way to fire a scenario, where its path has several."""

    summary: Sentence
    budget: Budget | None = Field(None, description="In place of the scenario's budget.")
    expect: Expect


class Scenario(Strict):
    """One fault that can be fired, with its contract."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["expect"]}, {"required": ["cases"]}]})

    path: Annotated[str, StringConstraints(pattern=r"^/[a-z0-9/{}-]+$")]
    panel: Panel
    title: Annotated[str, StringConstraints(min_length=3, max_length=60)]
    summary: Sentence
    budget: Budget = Budget()
    expect: Expect | None = None
    cases: dict[Slug, Case] = Field(default_factory=dict)
    runbook: Runbook

    @model_validator(mode="after")
    def _expect_or_cases(self) -> Self:
        if (self.expect is None) == (not self.cases):
            found = "both" if self.cases else "neither"
            raise ValueError(f"a scenario has either expect or cases; found {found}")
        if "{case}" in self.path and not self.cases:
            raise ValueError(f"path {self.path} takes a case, but there are no cases")
        return self


class ServiceFile(Strict):
    """One ``catalog/<service>.yaml``."""

    service: Slug
    scenarios: dict[Slug, Scenario] = Field(min_length=1)


class BoundCase(Strict):
    """A case with all that surrounds it: the unit that is fired, drilled and documented."""

    service: Service
    scenario_name: Slug
    scenario: Scenario
    case_name: Slug | None
    summary: Sentence
    budget: Budget
    expect: Expect

    @property
    def id(self) -> str:
        """``service/scenario`` or ``service/scenario/case``."""
        return "/".join(part for part in (self.service.name, self.scenario_name, self.case_name) if part)

    @property
    def local_path(self) -> str:
        """Path and query at the service itself."""
        if "{case}" in self.scenario.path:
            return self.scenario.path.replace("{case}", self.case_name or "")
        return f"{self.scenario.path}?case={self.case_name}" if self.case_name else self.scenario.path

    @property
    def path(self) -> str:
        """Path and query through the gateway; of the page, where it opens beside the case's button."""
        return self.service.gateway_path(self.local_path)

    @property
    def success_status(self) -> int:
        """HTTP status of a firing that answers with its report, which a fault may do without being meant to."""
        status = self.expect.status
        return status if status is not None and status < SUCCESS_BELOW else 200


class Catalogue(Strict):
    """Every scenario of the release."""

    services: tuple[Service, ...]
    scenarios: dict[str, dict[str, Scenario]] = Field(description="By service name, then by scenario name.")

    def service(self, name: str) -> Service:
        """
        Find a service by its name.

        Raises:
            KeyError: there is no service of that name.
        """
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    def cases(self, service: str | None = None, *, runs_in: Place | None = None) -> Iterator[BoundCase]:
        """
        Go through the cases, in the order of the files.

        Args:
            service: only of this service.
            runs_in: only of services that run there: those of the cluster are fired through the gateway.
        """
        for name, scenarios in self.scenarios.items():
            if service in {None, name} and runs_in in {None, self.service(name).runs_in}:
                for scenario_name, scenario in scenarios.items():
                    yield from _cases_of(self.service(name), scenario_name, scenario)

    def find(self, service: str, scenario: str, case: str | None = None) -> BoundCase | None:
        """
        Find a case as a caller spells it.

        Args:
            service: name of the service.
            scenario: name of the scenario.
            case: name of the case, where hyphens, underscores and upper case do not matter
                (``ValueError`` is ``value-error``); without one, the first case.

        Returns:
            The case, or none.
        """
        entry = self.scenarios.get(service, {}).get(scenario)
        if entry is None:
            return None
        for bound in _cases_of(self.service(service), scenario, entry):
            if case is None or (bound.case_name is not None and _plain(bound.case_name) == _plain(case)):
                return bound
        return None


def _cases_of(service: Service, name: str, scenario: Scenario) -> Iterator[BoundCase]:
    if scenario.expect is not None:
        yield BoundCase(
            service=service, scenario_name=name, scenario=scenario, case_name=None,
            summary=scenario.summary, budget=scenario.budget, expect=scenario.expect,
        )  # fmt: skip
    for case_name, case in scenario.cases.items():
        yield BoundCase(
            service=service, scenario_name=name, scenario=scenario, case_name=case_name,
            summary=case.summary, budget=case.budget or scenario.budget, expect=case.expect,
        )  # fmt: skip


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()
