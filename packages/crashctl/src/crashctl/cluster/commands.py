"""
The commands: ``up``, ``down``, ``status``, ``env``, ``tools``.
"""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from crashctl.cluster.bring_up import STEPS, PreflightError, bring_up
from crashctl.cluster.cache import locked
from crashctl.cluster.chromium import NAME as CHROMIUM
from crashctl.cluster.chromium import provide_chromium
from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import ToolFailedError
from crashctl.cluster.progress import Progress
from crashctl.cluster.record import read_record
from crashctl.cluster.road import UnknownRoadError
from crashctl.cluster.take_down import take_down
from crashctl.cluster.what_now import what_now
from crashctl.cluster.workshop import Workshop

INTERRUPTED = 130

Name = Annotated[str, typer.Option("--name", help="Name of the kind cluster.")]
CacheDir = Annotated[
    Path | None, typer.Option("--cache", envvar="CRASH_DEMO_CACHE", help="Where slow things are kept.")
]


def up(name: Name = "crash-demo", cache: CacheDir = None) -> None:
    """Make the cluster, build the images, install the release, wait until it is ready, say what to try."""
    shop = _workshop(name, cache)
    try:
        with locked(shop.layout.cache / "up.lock", waiting=_say_waiting), shop.engine.in_use():
            record = bring_up(shop, Progress(STEPS))
    except KeyboardInterrupt:
        typer.echo("\nInterrupted. Nothing half-made is kept; `crashctl up` goes on where this ended.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (UpError, PreflightError, ToolFailedError, UnknownRoadError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(what_now(record))


def down(
    name: Name = "crash-demo",
    cache: CacheDir = None,
    caches: Annotated[bool, typer.Option("--caches", help="Remove everything slow as well.")] = False,
) -> None:
    """Remove what `up` made, and nothing else; caches stay unless told otherwise."""
    shop = _workshop(name, cache)
    try:
        with locked(shop.layout.cache / "up.lock", waiting=_say_waiting):
            take_down(shop, Progress(4 if caches else 2), caches=caches)
    except (UpError, ToolFailedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def status(name: Name = "crash-demo", cache: CacheDir = None) -> None:
    """Say what runs; end with 1 when the release is not ready."""
    shop = _workshop(name, cache)
    record = read_record(shop.layout.record)
    if record is None or not shop.cluster.answers():
        typer.echo(f"no cluster {name} of ours answers", err=True)
        raise typer.Exit(1)
    if waiting := shop.release.not_ready():
        typer.echo(f"not ready: {', '.join(waiting)}", err=True)
        raise typer.Exit(1)
    typer.echo(record.model_dump_json(indent=2))


def env(name: Name = "crash-demo", cache: CacheDir = None) -> None:
    """Print what puts this cluster and the provided tools into a shell: eval "$(crashctl env)"."""
    layout = _layout(name, cache)
    typer.echo(f"export KUBECONFIG={shlex.quote(str(layout.kubeconfig))}")
    typer.echo(f'export PATH={shlex.quote(str(layout.bin))}:"$PATH"')


def tools(
    names: Annotated[
        list[str] | None, typer.Argument(help="kind, helm, kubectl, buildx; none means all of these. Or chromium.")
    ] = None,
    cache: CacheDir = None,
) -> None:
    """Have these tools, found or built, and print where they are."""
    shop = _workshop("crash-demo", cache)
    try:
        for name in names or ["kind", "helm", "kubectl", "buildx"]:
            tool = provide_chromium(shop.tools) if name == CHROMIUM else shop.provider.provide(name)
            typer.echo(f"{tool.name}\t{tool.path}\t{tool.origin}")
    except KeyError as error:
        typer.echo(f"{error} is no tool of ours. Fix: name kind, helm, kubectl, buildx or chromium.", err=True)
        raise typer.Exit(1) from None
    except (UpError, ToolFailedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _say_waiting() -> None:
    typer.echo("Another `crashctl up` or `down` is running on this cache; waiting for its end.", err=True)


def _layout(name: str, cache: Path | None) -> Layout:
    return Layout(cache.expanduser().absolute() if cache else default_cache(), name)


def _workshop(name: str, cache: Path | None) -> Workshop:
    return Workshop(_layout(name, cache))
