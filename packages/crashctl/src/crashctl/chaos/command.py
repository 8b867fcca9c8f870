"""
``crashctl chaos``.
"""

import json
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import typer
from crashkit.catalogue import Catalogue
from crashkit.loading import CatalogueError, load_catalogue

from crashctl.account.command import known_of
from crashctl.chaos.bag import DEFAULT_KINDS, Kind, every_kill
from crashctl.chaos.show import Show, as_document
from crashctl.chaos.verdict import Outcome
from crashctl.drill import cases as choice
from crashctl.drill.gateway import Gateway
from crashctl.drill.place import RELEASE, GatewayUrl, Namespace, Place, ReleaseName, SinkUrl, ToJson, place_of
from crashctl.drill.problems import CannotRunError
from crashctl.drill.sink import Sink
from crashctl.load.money import CannotPlayError
from crashctl.load.plan import Order

OPEN = 1
CANNOT_RUN = 2
ON_KIND = "docker exec {node}"
NUMBERS = 10**8
CONNECTIONS = 48
STAKES = (10, 500)
OPENING = 100_000_000
# The longest that payment holds a stake, and the sweep after it.
SETTLE_S = 120.0


@dataclass(frozen=True)
class Wish:
    """
    What somebody asked for.

    Args:
        order: what is played meanwhile, and for how long.
        seed: of the kills.
        kinds: of kills.
        faults: firings a second.
        node_shell: runs another command on a node.
    """

    order: Order
    seed: int
    kinds: list[Kind]
    faults: float
    node_shell: str


def chaos(
    *,
    minutes: Annotated[float, typer.Option(min=0.1, max=1440, help="How long to kill.")] = 10.0,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed kills in the same order; else one is drawn.")]
    = None,
    kinds: Annotated[str, typer.Option(help="sigkill, delete, fault, force; several with commas.")]
    = ",".join(DEFAULT_KINDS),
    rate: Annotated[float, typer.Option(min=0.1, max=200, help="Spins a second.")] = 10.0,
    players: Annotated[int, typer.Option(min=1, max=1000, help="How many play.")] = 20,
    faults: Annotated[float, typer.Option(min=0, max=20, help="Faults fired a second, that end nothing.")] = 1.0,
    gateway: GatewayUrl = None,
    sink: SinkUrl = None,
    kube: Annotated[str | None, typer.Option(help="A kubeconfig; else that of `crashctl up`.")] = None,
    namespace: Namespace = RELEASE,
    release: ReleaseName = RELEASE,
    node_shell: Annotated[
        str, typer.Option(help="Command that runs another one on {node} as root, such as 'ssh {node} sudo'.")
    ] = ON_KIND,
    to_json: ToJson = False,
    catalog_dir: Annotated[Path, typer.Option(envvar="CATALOG_DIR", help="Folder of the catalogue.")] = Path("catalog"),
) -> None:  # fmt: skip
    """Kill at random under load, then prove that no death, no event and no money is lost: 1 when something is."""
    show = Show(to_stderr=to_json)
    chosen = SystemRandom().randrange(NUMBERS) if seed is None else seed
    try:
        place = place_of(gateway, sink, kube, namespace=namespace, release=release)
        order = _order(place.gateway, rate, players, minutes)
        outcome = _run(place, Wish(order, chosen, _kinds(kinds), faults, node_shell), _catalogue(catalog_dir), show)
    except (CannotRunError, CannotPlayError) as error:
        typer.echo(f"chaos cannot run: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    if to_json:
        typer.echo(json.dumps(as_document(outcome), indent=2))
    else:
        show.report(outcome)
    if not outcome.closes:
        raise typer.Exit(OPEN)


def _run(place: Place, wish: Wish, catalogue: Catalogue, show: Show) -> Outcome:
    # The client of Kubernetes takes half a second and 25 MiB to import, which no other command needs to pay.
    from crashctl.chaos import session  # noqa: PLC0415
    from crashctl.chaos.cluster import Cluster, ClusterAwayError, component_of  # noqa: PLC0415
    from crashctl.drill.kube import Cluster as Secrets  # noqa: PLC0415

    cluster = Cluster(place.kube, place.namespace, place.release, wish.node_shell)
    try:
        pods = cluster.pods()
    except ClusterAwayError as error:
        raise CannotRunError(f"{error}; check --kube, --namespace and --release") from None
    if Kind.SIGKILL in wish.kinds:
        for node in sorted({pod["spec"].get("nodeName", "") for pod in pods} - {""}):
            cluster.require_node(node)
    token = Secrets(place.kube, place.namespace, place.release).fault_token()
    if not token:
        raise CannotRunError(f"there is no fault token: the Secret {place.release}-secrets cannot be read")
    containers = {component_of(pod): [one["name"] for one in pod["spec"]["containers"]] for pod in pods}
    services, due = known_of(catalogue)
    cases = [case for case in choice.from_catalogue(catalogue) if case.service in containers]
    plan = session.Plan(
        wish.order, wish.seed, every_kill(containers, cases, wish.kinds), cases, services, dict(due), wish.faults
    )
    signals = session.Signals(threading.Event(), threading.Event())

    def told_to_end(*_: object) -> None:
        (signals.hurry if signals.stop.is_set() else signals.stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_end)
    with Gateway(place.gateway, token) as asked, Sink(place.sink) as events:
        return session.run(session.Stage(asked, events, cluster, show), plan, signals)


def _order(url: str, rate: float, players: int, minutes: float) -> Order:
    # Wallets that nobody has had before: whoever else plays with them is found as money that does not fit.
    first = 1 + SystemRandom().randrange(NUMBERS - players)
    return Order(
        url=url, rate=rate, players=players, first_player=first, seed=first, for_s=minutes * 60, stake_min=STAKES[0],
        stake_max=STAKES[1], opening=OPENING, connections=CONNECTIONS, settle_s=SETTLE_S,
    )  # fmt: skip


def _kinds(given: str) -> list[Kind]:
    try:
        found = [Kind(name.strip()) for name in given.split(",")]
    except ValueError:
        raise CannotRunError(f"--kinds: found {given!r}; {', '.join(Kind)}, several with commas") from None
    return list(dict.fromkeys(found))


def _catalogue(folder: Path) -> Catalogue:
    try:
        return load_catalogue(folder)
    except CatalogueError as error:
        raise CannotRunError(str(error)) from None
