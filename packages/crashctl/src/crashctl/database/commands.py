"""
The commands below ``crashctl database``: ``run``, ``up``, ``down``, ``uri``.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.machine import ensure_engine
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import ToolFailedError
from crashctl.cluster.progress import Progress
from crashctl.cluster.road import UnknownRoadError
from crashctl.cluster.take_down import stop_engine
from crashctl.cluster.workshop import Workshop
from crashctl.database.child import EndedError, ended_by_signals, run_child
from crashctl.database.images import ensure_images
from crashctl.database.local import LocalDatabase, Running, memory_limits
from crashctl.waiting import TooLateError

VARIABLE = "MONGODB_URI"
KEPT = "crash-demo-database"

CacheDir = Annotated[
    Path | None, typer.Option("--cache", envvar="CRASH_DEMO_CACHE", help="Where slow things are kept.")
]


def run(command: Annotated[list[str], typer.Argument(help="Program and arguments.")], cache: CacheDir = None) -> None:
    """Run a command with MONGODB_URI; a database is started for it, and removed after it, unless one is given."""
    if os.environ.get(VARIABLE):
        _say(f"using the {VARIABLE} that is given")
        with _told(), ended_by_signals():
            raise typer.Exit(run_child(command, {}))
    shop = _workshop(cache)
    # Whoever is the last of several runs stops the daemon that the first of them started.
    mark = shop.layout.engine / "started-for-a-run"
    try:
        with _told(), ended_by_signals(), shop.engine.in_use():
            if shop.engine.server_version() is None:
                mark.touch()
            raise typer.Exit(_run_with_one(shop, command))
    finally:
        if mark.exists():
            with _told():
                stop_engine(shop)
            if shop.engine.ours is None:
                mark.unlink(missing_ok=True)


def _run_with_one(shop: Workshop, command: list[str]) -> int:
    database = _database(shop)
    running = _start(shop, database, f"{KEPT}-{os.getpid()}", owned=True)
    try:
        return run_child(command, {VARIABLE: running.uri})
    finally:
        database.remove(running.name)


def up(
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0 takes a free one.")] = 0, cache: CacheDir = None
) -> None:
    """Start a database that stays, and print its URI; one that runs already is kept."""
    shop = _workshop(cache)
    with _told(), ended_by_signals(), shop.engine.in_use():
        database = _database(shop)
        if shop.engine.server_version() is None or (uri := database.uri(KEPT)) is None:
            if shop.engine.server_version():
                database.remove(KEPT)
            uri = _start(shop, database, KEPT, port=port, owned=False).uri
    typer.echo(uri)


def down(cache: CacheDir = None) -> None:
    """Remove the database that `up` started, with its data, and the engine if we started it and nobody uses it."""
    shop = _workshop(cache)
    with _told():
        if shop.engine.server_version() is None:
            _say("no engine runs, so no database does")
            return
        _say("removed" if _database(shop).remove(KEPT) else "none runs")
        _say(f"engine: {stop_engine(shop)}")


def uri(cache: CacheDir = None) -> None:
    """Print the URI of the database that `up` started."""
    shop = _workshop(cache)
    found = None
    with _told():
        found = _database(shop).uri(KEPT)
    if found is None:
        _say("none runs. Fix: crashctl database up")
        raise typer.Exit(1)
    typer.echo(found)


def _workshop(cache: Path | None) -> Workshop:
    # A log of its own: `crashctl up` may be running.
    return Workshop(Layout(cache.expanduser().absolute() if cache else default_cache(), "database"))


def _database(shop: Workshop) -> LocalDatabase:
    return LocalDatabase(shop.tools, memory_limits(shop.layout.repository))


def _start(shop: Workshop, database: LocalDatabase, name: str, *, port: int = 0, owned: bool) -> Running:
    began_s = time.monotonic()
    progress = Progress(3, sys.stderr)
    with progress.step("engine") as step:
        ensure_engine(shop.tools, shop.engine, step)
    with progress.step("database images") as step:
        images = ensure_images(shop, step)
    with progress.step("database") as step:
        database.sweep()
        running = database.start(name, images, port=port, owned=owned)
        step.outcome = f"answers at {running.uri.rpartition('@')[2]}"
    _say(f"ready after {time.monotonic() - began_s:.1f} s")
    return running


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except EndedError as ended:
        raise typer.Exit(128 + ended.number) from None
    except (UpError, ToolFailedError, TooLateError, UnknownRoadError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _say(text: str) -> None:
    typer.echo(f"database: {text}", err=True)
