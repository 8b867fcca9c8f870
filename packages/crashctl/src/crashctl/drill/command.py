"""
``crashctl drill``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crashctl.drill import cases as choice
from crashctl.drill import session
from crashctl.drill.documents import as_json, as_junit
from crashctl.drill.place import TOKEN_ENV, Place, cases_of, opened, place_of
from crashctl.drill.problems import CannotRunError
from crashctl.drill.show import Show

if TYPE_CHECKING:
    from crashctl.drill.outcome import Report

BROKEN = 1
CANNOT_RUN = 2
INTERRUPTED = 130


def drill(
    *,
    gateway: Annotated[str | None, typer.Option(help="URL of the gateway; else that of `crashctl up`.")] = None,
    sink: Annotated[str | None, typer.Option(help="URL of the event sink; else that of `crashctl up`.")] = None,
    namespace: Annotated[str, typer.Option(help="Namespace of the release.")] = "crash-demo",
    release: Annotated[str, typer.Option(help="Name of the release.")] = "crash-demo",
    token_env: Annotated[
        str, typer.Option(help="Variable with the fault token; when it is empty, the release's Secret is read.")
    ] = TOKEN_ENV,
    kube: Annotated[
        str | None, typer.Option(help="in-cluster, a kubeconfig, or none: no pod is looked at, none may end.")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Fire only what begins so, as game-engine/error; repeatable.")
    ] = None,
    to_json: Annotated[bool, typer.Option("--json", help="Print JSON; progress goes to standard error.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    catalog_dir: Annotated[
        Path | None,
        typer.Option(envvar="CATALOG_DIR", help="Folder of the catalogue; else ./catalog, else the gateway's."),
    ] = None,
) -> None:
    """Fire every case through the gateway and prove that it is captured exactly once."""
    show = Show(to_stderr=to_json)
    try:
        place = place_of(gateway, sink, kube, namespace=namespace, release=release, token_env=token_env)
        report = _run(place, scenario or [], catalog_dir, show)
    except CannotRunError as error:
        typer.echo(f"drill cannot run: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing is left firing, what is held ends with its budget", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if junit:
        junit.parent.mkdir(parents=True, exist_ok=True)
        junit.write_text(as_junit(report), encoding="utf-8")
    if to_json:
        typer.echo(as_json(report))
    else:
        show.report(report)
    if not report.green:
        raise typer.Exit(BROKEN)


def _run(place: Place, wanted: list[str], catalog_dir: Path | None, show: Show) -> "Report":
    with opened(place, show) as (stage, document):
        present = frozenset(service["name"] for service in document["services"] if service["present"])
        cases = choice.select(cases_of(catalog_dir, stage.gateway), wanted, present)
        session.check(stage, frozenset(case.service for case in cases))
        return session.run(stage, cases, show)
