"""
``crashctl rollouts``.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated

import typer

from crashctl.drill import cases as choice
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import GATEWAY
from crashctl.drill.ending import conclude, ending
from crashctl.drill.place import (
    RELEASE,
    TOKEN_ENV,
    GatewayUrl,
    Namespace,
    Place,
    ReleaseName,
    SinkUrl,
    ToJson,
    TokenEnv,
    cases_of,
    opened,
    place_of,
)
from crashctl.drill.problems import CannotRunError
from crashctl.drill.show import Line
from crashctl.rollouts.outcome import Outcome

SINK = "event-sink"
MINUTE_S = 60
# Of these many run at once, and none takes the service's time from the others.
LEAST_AT_ONCE = 5


def rollouts(
    *,
    rate: Annotated[float, typer.Option(min=0.1, max=1000, help="Faults a second.")] = 50,
    service: Annotated[
        list[str] | None,
        typer.Option(help="Component whose pods are replaced, in this order; else all with faults, and the sink."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the order of the faults.")] = 1,
    gateway: GatewayUrl = None,
    sink: SinkUrl = None,
    namespace: Namespace = RELEASE,
    release: ReleaseName = RELEASE,
    token_env: TokenEnv = TOKEN_ENV,
    kube: Annotated[
        str | None, typer.Option(help="A kubeconfig that may restart Deployments; else that of `up`.")
    ] = None,
    to_json: ToJson = False,
) -> None:
    """Replace the pods of each service while faults are fired, and prove that none is lost that was answered."""
    with ending("rollouts", "nothing is fired any more, and a rollout that has begun comes to its end"):
        place = place_of(gateway, sink, kube, namespace=namespace, release=release, token_env=token_env)
        with Line() as line:
            outcome = _run(place, service or [], rate, seed, line)
    conclude(outcome, to_json=to_json)


def _run(place: Place, components: list[str], rate: float, seed: int, line: Line) -> Outcome:
    # The client takes half a second and 25 MiB to import, which no other command needs to pay.
    from crashctl.drill.hands import Hands  # noqa: PLC0415
    from crashctl.rollouts import session  # noqa: PLC0415

    with opened(place, line) as (stage, document):
        present = frozenset(service["name"] for service in document["services"] if service["present"])
        cases = light(choice.select(cases_of(None, stage.gateway), [], present))
        require_rate(cases, rate)
        fired_at = list(dict.fromkeys(case.service for case in cases))
        in_turn = components or [*(name for name in fired_at if name != GATEWAY), GATEWAY, SINK]
        stage.gateway.require_permission()
        stage.sink.require_answer()
        try:
            hands = Hands(place.kube, place.namespace, place.release)
            return session.run(stage, hands, cases, in_turn, rate=rate, seed=seed)
        finally:
            with suppress(CannotRunError):
                stage.gateway.require_permission()  # which stops what is held


def light(cases: Iterable[DrillCase]) -> list[DrillCase]:
    """
    Choose the cases that can be fired often: they hold nothing, block nothing, and end no container.

    Args:
        cases: of the catalogue.
    """
    return [
        case
        for case in cases
        if case.due and not case.ends_pod and case.budget.at_once >= LEAST_AT_ONCE and not case.budget.memory_mib
    ]


def require_rate(cases: Iterable[DrillCase], rate: float) -> None:
    """
    Make sure that the budgets of the catalogue allow a rate, where each case is fired as often as the others.

    Args:
        cases: that are fired in turn.
        rate: firings a second.

    Raises:
        CannotRunError: they do not.
    """
    budgets = [case.budget.per_minute for case in cases]
    most = min(budgets, default=0) * len(budgets) / MINUTE_S
    if rate > most:
        raise CannotRunError(
            f"--rate {rate:g}: the budgets of the {len(budgets)} cases that can be fired often allow {most:g} a second;"
            " raise `per_minute` in the catalogue, or fire fewer"
        )
