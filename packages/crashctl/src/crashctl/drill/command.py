"""
``crashctl drill``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crashctl.drill import cases as choice
from crashctl.drill import session
from crashctl.drill.documents import as_json, as_junit
from crashctl.drill.ending import BROKEN, ending
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
from crashctl.drill.show import Show

if TYPE_CHECKING:
    from crashctl.drill.outcome import Report


def drill(
    *,
    gateway: GatewayUrl = None,
    sink: SinkUrl = None,
    namespace: Namespace = RELEASE,
    release: ReleaseName = RELEASE,
    token_env: TokenEnv = TOKEN_ENV,
    kube: Annotated[
        str | None, typer.Option(help="in-cluster, a kubeconfig, or none: no pod is looked at, none may end.")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Fire only what begins so, as game-engine/error; repeatable.")
    ] = None,
    to_json: ToJson = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    catalog_dir: Annotated[
        Path | None,
        typer.Option(envvar="CATALOG_DIR", help="Folder of the catalogue; else ./catalog, else the gateway's."),
    ] = None,
) -> None:
    """Fire every case through the gateway and prove that it is captured exactly once."""
    show = Show(to_stderr=to_json)
    with ending("drill", "nothing is left firing, what is held ends with its budget"):
        place = place_of(gateway, sink, kube, namespace=namespace, release=release, token_env=token_env)
        report = _run(place, scenario or [], catalog_dir, show)
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
