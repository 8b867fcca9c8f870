"""
``crashctl drill``.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from crashkit.loading import CatalogueError, load_catalogue

from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import read_record
from crashctl.drill import cases as choice
from crashctl.drill import session
from crashctl.drill.documents import as_json, as_junit
from crashctl.drill.gateway import Gateway
from crashctl.drill.play import Stage
from crashctl.drill.problems import CannotRunError
from crashctl.drill.show import Show
from crashctl.drill.sink import Sink

if TYPE_CHECKING:
    from crashctl.drill.kube import Cluster
    from crashctl.drill.outcome import Report

BROKEN = 1
CANNOT_RUN = 2
NO_CLUSTER = "none"
TOKEN_ENV = "FAULTS_TOKEN"  # noqa: S105 - the name of the variable, not its value
INTERRUPTED = 130


@dataclass(frozen=True)
class Place:
    """
    Where a release is.

    Args:
        gateway: URL.
        sink: URL.
        kube: ``in-cluster``, ``none``, or the path of a kubeconfig.
        namespace: of the release.
        release: its name.
        token_env: variable that holds the fault token.
    """

    gateway: str
    sink: str
    kube: str
    namespace: str
    release: str
    token_env: str


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
        place = Place(*_told(gateway, sink, kube), namespace=namespace, release=release, token_env=token_env)
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
    cluster = _cluster(place)
    token = os.environ.get(place.token_env) or (cluster.fault_token() if cluster else None)
    if not token:
        raise CannotRunError(
            f"there is no fault token: set {place.token_env} to key fault-token of the Secret {place.release}-secrets"
        )
    with ExitStack() as stack:
        gateway = stack.enter_context(Gateway(place.gateway, token))
        sink = stack.enter_context(Sink(place.sink))
        document = gateway.catalogue()
        present = frozenset(service["name"] for service in document["services"] if service["present"])
        cases = choice.select(_cases(catalog_dir, gateway), wanted, present)
        stage = Stage(gateway, sink, cluster, show)
        session.check(stage, frozenset(case.service for case in cases))
        return session.run(stage, cases, show)


def _cases(catalog_dir: Path | None, gateway: Gateway) -> list[choice.DrillCase]:
    """A folder that is named must be there; without one the release's own catalogue is as good."""
    folder = catalog_dir or Path("catalog")
    if catalog_dir is None and not folder.is_dir():
        return choice.from_gateway(gateway.catalogue())
    try:
        return choice.from_catalogue(load_catalogue(folder))
    except CatalogueError as error:
        raise CannotRunError(str(error)) from None


def _told(gateway: str | None, sink: str | None, kube: str | None) -> tuple[str, str, str]:
    """Take what is not said from what ``crashctl up`` made."""
    if gateway and sink and kube:
        return gateway, sink, kube
    record = read_record(Layout(default_cache()).record)
    if record is None:
        raise CannotRunError("`crashctl up` made no cluster here; make one, or name --gateway, --sink and --kube")
    made = record.addresses
    return gateway or made["gateway"], sink or made["event-sink"], kube or str(record.kubeconfig)


def _cluster(place: Place) -> "Cluster | None":
    if place.kube == NO_CLUSTER:
        return None
    # The client takes half a second and 25 MiB to import, which no other command needs to pay.
    from crashctl.drill.kube import Cluster  # noqa: PLC0415

    return Cluster(place.kube, place.namespace, place.release)
