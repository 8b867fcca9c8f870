"""
``crashctl kills``.
"""

import json
import threading
from contextlib import suppress
from typing import Annotated

import typer
from crashkit.catalogue import PodEnd
from rich.console import Console

from crashctl.drill import cases as choice
from crashctl.drill.place import TOKEN_ENV, Place, cases_of, opened, place_of
from crashctl.drill.problems import CannotRunError
from crashctl.drill.show import Line
from crashctl.drill.sink import SinkAwayError
from crashctl.kills.outcome import Outcome

BROKEN = 1
CANNOT_RUN = 2
INTERRUPTED = 130


def kills(
    *,
    times: Annotated[int, typer.Option(min=1, max=10_000, help="OOM kills, divided among the services.")] = 100,
    gateway: Annotated[str | None, typer.Option(help="URL of the gateway; else that of `crashctl up`.")] = None,
    sink: Annotated[str | None, typer.Option(help="URL of the event sink; else that of `crashctl up`.")] = None,
    namespace: Annotated[str, typer.Option(help="Namespace of the release.")] = "crash-demo",
    release: Annotated[str, typer.Option(help="Name of the release.")] = "crash-demo",
    token_env: Annotated[
        str, typer.Option(help="Variable with the fault token; when it is empty, the release's Secret is read.")
    ] = TOKEN_ENV,
    kube: Annotated[str | None, typer.Option(help="A kubeconfig that may delete pods; else that of `up`.")] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Only what begins so, as payment/memory-leak; repeatable.")
    ] = None,
    to_json: Annotated[bool, typer.Option("--json", help="Print JSON; progress goes to standard error.")] = False,
) -> None:
    """Have the kernel kill for memory, and prove that each death is told once, on the trace that caused it."""
    try:
        place = place_of(gateway, sink, kube, namespace=namespace, release=release, token_env=token_env)
        with Line() as line:
            outcome = _run(place, scenario or [], times, line)
    except (CannotRunError, SinkAwayError) as error:
        typer.echo(f"kills cannot run: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing is killed any more, and what died comes back by itself", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if to_json:
        typer.echo(json.dumps(outcome.document(), indent=2))
    else:
        _show(outcome)
    if not outcome.good:
        raise typer.Exit(BROKEN)


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


def _show(outcome: Outcome) -> None:
    console = Console(highlight=False)
    for problem in outcome.problems:
        console.print(problem, style="red", markup=False, soft_wrap=True)
    for line in outcome.lines():
        console.print(line, markup=False, soft_wrap=True)
