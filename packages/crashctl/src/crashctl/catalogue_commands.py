"""
``crashctl list`` and ``crashctl generate``.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from crashkit.catalogue import BoundCase, Catalogue, Expect, PodEnd
from crashkit.loading import CatalogueError, load_catalogue
from rich import box
from rich.console import Console
from rich.table import Table

from crashctl.generated import files
from crashctl.generated.readme_table import NoMarksError

CatalogDir = Annotated[Path, typer.Option("--catalog-dir", envvar="CATALOG_DIR", help="Folder of the catalogue.")]

NOT_THE_CHECKOUT = 2
# Without a terminal a case is one line, for grep.
PLAIN_WIDTH = 1000


def list_cases(
    catalog_dir: CatalogDir = Path("catalog"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every case that can be fired, with what it may take and what must come of it."""
    cases = list(_load(catalog_dir).cases())
    if as_json:
        typer.echo(json.dumps([_as_row(case) for case in cases], indent=2))
        return
    table = Table(title=f"{len(cases)} cases", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("id", "POST through the gateway, or the page", "budget", "status", "events", "pod"):
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for case in cases:
        status = str(case.expect.status or "-")
        table.add_row(case.id, case.path, budget(case), status, events(case.expect), pod_end(case))
    console = Console()
    (console if console.is_terminal else Console(width=PLAIN_WIDTH)).print(table)


def generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a file is stale.")] = False,
    root: Annotated[Path, typer.Option("--root", help="The checkout.")] = Path(),
) -> None:
    """Write catalog/schema.json, docs/api.md, docs/runbook.md and the README's table from the catalogue."""
    if not (root / "catalog").is_dir():
        typer.echo(f"{root.absolute()} has no folder catalog; run it at the root of the checkout", err=True)
        raise typer.Exit(NOT_THE_CHECKOUT)
    try:
        wanted = files.contents(_load(root / "catalog"), root)
    except NoMarksError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    stale = files.stale(root, wanted)
    if not check:
        files.write(root, {name: wanted[name] for name in stale})
        typer.echo(f"written: {', '.join(stale)}" if stale else "everything is fresh")
    elif stale:
        for line in files.differences(root, wanted):
            typer.echo(line)
        typer.echo(f"stale: {', '.join(stale)}; run `{files.COMMAND}` and commit what it writes", err=True)
        raise typer.Exit(1)


def budget(case: BoundCase) -> str:
    """Say in a few words what one firing may take."""
    limits = case.budget
    parts = [f"{limits.memory_mib} MiB" if limits.memory_mib else "", f"{limits.wall_s:g} s"]
    parts += [f"held {limits.hold_s:g} s" if limits.hold_s else "", f"{limits.per_minute}/min"]
    parts += [f"{limits.at_once} at once"]
    return ", ".join(part for part in parts if part)


def events(expect: Expect) -> str:
    """Say in a few words which events must arrive."""
    said = []
    for event in expect.events:
        times = f"{event.count} x " if event.count > 1 else ""
        flag = {True: ", handled", False: ", unhandled", None: ""}[event.handled]
        said.append(f"{times}{event.type or 'message'} ({event.level}{flag})")
    return "; ".join(said) or "none"


def pod_end(case: BoundCase) -> str:
    """Say in a few words what happens to the pod."""
    pod = case.expect.pod
    if case.service.runs_in == "page":
        return "-"
    if pod.ends is PodEnd.NONE:
        return "stays"
    return f"{pod.ends.value} at call {pod.after_calls}, ready again within {pod.recovers_within_s:g} s"


def _load(folder: Path) -> Catalogue:
    try:
        return load_catalogue(folder)
    except CatalogueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _as_row(case: BoundCase) -> dict[str, object]:
    return {
        "id": case.id,
        "method": "POST" if case.service.runs_in == "cluster" else None,
        "runs_in": case.service.runs_in,
        "path": case.path,
        "summary": case.summary,
        "budget": case.budget.model_dump(mode="json"),
        "expect": case.expect.model_dump(mode="json", exclude_none=True),
    }
