"""
Where a release is, and the way to it: what is not said is taken from what ``crashctl up`` made.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from crashkit.loading import CatalogueError, load_catalogue

from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import read_record
from crashctl.drill import cases as choice
from crashctl.drill.gateway import Gateway
from crashctl.drill.play import Listener, Stage
from crashctl.drill.problems import CannotRunError
from crashctl.drill.sink import Sink

if TYPE_CHECKING:
    from crashctl.drill.kube import Cluster

NO_CLUSTER = "none"
TOKEN_ENV = "FAULTS_TOKEN"  # noqa: S105 - the name of the variable, not its value

# The options of every command that fires at a release.
GatewayUrl = Annotated[str | None, typer.Option(help="URL of the gateway; else that of `crashctl up`.")]
SinkUrl = Annotated[str | None, typer.Option(help="URL of the event sink; else that of `crashctl up`.")]
Namespace = Annotated[str, typer.Option(help="Namespace of the release.")]
ReleaseName = Annotated[str, typer.Option(help="Name of the release.")]
TokenEnv = Annotated[
    str, typer.Option(help="Variable with the fault token; when it is empty, the release's Secret is read.")
]
ToJson = Annotated[bool, typer.Option("--json", help="Print JSON; progress goes to standard error.")]
RELEASE = "crash-demo"


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


def place_of(
    gateway: str | None, sink: str | None, kube: str | None, *, namespace: str, release: str, token_env: str = TOKEN_ENV
) -> Place:
    """
    Take what is not said from what ``crashctl up`` made.

    Raises:
        CannotRunError: something is not said, and nothing was made.
    """
    if not (gateway and sink and kube):
        record = read_record(Layout(default_cache()).record)
        if record is None:
            raise CannotRunError("`crashctl up` made no cluster here; make one, or name --gateway, --sink and --kube")
        made = record.addresses
        gateway, sink = gateway or made["gateway"], sink or made["event-sink"]
        kube = kube or str(record.kubeconfig)
    return Place(gateway, sink, kube, namespace, release, token_env)


@contextmanager
def opened(place: Place, listener: Listener) -> Iterator[tuple[Stage, Mapping[str, Any]]]:  # Any: JSON
    """
    Open the way to a release.

    Args:
        place: where it is.
        listener: sees what is done.

    Yields:
        What can be played on, and what the gateway says of the catalogue.

    Raises:
        CannotRunError: there is no token, no gateway, or no cluster.
    """
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
        yield Stage(gateway, sink, cluster, listener), document


def cases_of(catalog_dir: Path | None, gateway: Gateway) -> list[choice.DrillCase]:
    """
    Give the cases; a folder that is named must be there, without one the release's own catalogue is as good.

    Args:
        catalog_dir: folder of the catalogue; none: ``./catalog``, else what the gateway has.
        gateway: of the release.

    Raises:
        CannotRunError: the folder is no catalogue.
    """
    folder = catalog_dir or Path("catalog")
    if catalog_dir is None and not folder.is_dir():
        return choice.from_gateway(gateway.catalogue())
    try:
        return choice.from_catalogue(load_catalogue(folder))
    except CatalogueError as error:
        raise CannotRunError(str(error)) from None


def _cluster(place: Place) -> "Cluster | None":
    if place.kube == NO_CLUSTER:
        return None
    # The client takes half a second and 25 MiB to import, which no other command needs to pay.
    from crashctl.drill.kube import Cluster  # noqa: PLC0415

    return Cluster(place.kube, place.namespace, place.release)
