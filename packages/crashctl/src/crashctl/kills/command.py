"""
``crashctl kills``.
"""

import threading
from contextlib import suppress
from typing import Annotated

import typer
from crashkit.catalogue import PodEnd

from crashctl.drill import cases as choice
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
from crashctl.kills.outcome import Outcome


def kills(
    *,
    times: Annotated[int, typer.Option(min=1, max=10_000, help="OOM kills, divided among the services.")] = 100,
    gateway: GatewayUrl = None,
    sink: SinkUrl = None,
    namespace: Namespace = RELEASE,
    release: ReleaseName = RELEASE,
    token_env: TokenEnv = TOKEN_ENV,
    kube: Annotated[str | None, typer.Option(help="A kubeconfig that may delete pods; else that of `up`.")] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Only what begins so, as payment/memory-leak; repeatable.")
    ] = None,
    to_json: ToJson = False,
) -> None:
    """Have the kernel kill for memory, and prove that each death is told once, on the trace that caused it."""
    with ending("kills", "nothing is killed any more, and what died comes back by itself"):
        place = place_of(gateway, sink, kube, namespace=namespace, release=release, token_env=token_env)
        with Line() as line:
            outcome = _run(place, scenario or [], times, line)
    conclude(outcome, to_json=to_json)


def _run(place: Place, wanted: list[str], times: int, line: Line) -> Outcome:
    # The client takes half a second and 25 MiB to import, which no other command needs to pay.
    from crashctl.drill.hands import Hands  # noqa: PLC0415
    from crashctl.kills import session  # noqa: PLC0415

    stop = threading.Event()
    with opened(place, line) as (stage, document):
        present = frozenset(service["name"] for service in document["services"] if service["present"])
        found = choice.select(cases_of(None, stage.gateway), wanted, present)
        deadly = [case for case in found if case.expect.pod.ends is PodEnd.OOM]
        if not deadly:
            raise CannotRunError("none of these cases ends by an OOM kill; `crashctl list` shows the cases")
        stage.gateway.require_permission()
        stage.sink.require_answer()
        try:
            return session.run(stage, Hands(place.kube, place.namespace, place.release), deadly, times, stop)
        finally:
            stop.set()
            with suppress(CannotRunError):
                stage.gateway.require_permission()  # which stops what is held
