"""
``crashctl account``.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from crashkit.catalogue import Catalogue
from crashkit.loading import CatalogueError, load_catalogue

from crashctl.account.sheet import Sheet, read_sheet
from crashctl.account.show import as_document, show
from crashctl.account.verdict import judge
from crashctl.account.watch import AT_REST_WITHIN_S, look_until_at_rest
from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import read_record
from crashctl.drill.problems import CannotRunError
from crashctl.drill.sink import Sink, SinkAwayError

OPEN = 1
CANNOT_RUN = 2


def account(
    *,
    sink: Annotated[str | None, typer.Option(help="URL of the event sink; else that of `crashctl up`.")] = None,
    within: Annotated[
        float,
        typer.Option(min=0, max=600, help="Seconds to wait at the most, until all closes with nothing on its way."),
    ] = AT_REST_WITHIN_S,
    to_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    catalog_dir: Annotated[
        Path, typer.Option(envvar="CATALOG_DIR", help="Folder of the catalogue, which says what is due for a fault.")
    ] = Path("catalog"),
) -> None:
    """Say what became of every fault fired and every item captured; 1 when a sum does not close."""
    try:
        names, due = known_of(_catalogue(catalog_dir))
        with Sink(sink or _address()) as asked:
            asked.require_answer()
            verdict = look_until_at_rest(lambda: look(asked), partial(judge, services=names, due=due), within)
    except (CannotRunError, SinkAwayError) as error:
        typer.echo(f"account cannot be given: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    if to_json:
        typer.echo(json.dumps(as_document(verdict), indent=2))
    else:
        show(verdict)
    if not verdict.closes:
        raise typer.Exit(OPEN)


def look(sink: Sink) -> Sheet:
    """
    Ask the sink what it knows.

    Raises:
        SinkAwayError: no answer.
    """
    return read_sheet(sink.books())


def known_of(catalogue: Catalogue | None) -> tuple[Sequence[str], Mapping[str, int]]:
    """
    Give the services there must be, and the events due for one firing, by the id of the case.

    Args:
        catalogue: none: neither is known.
    """
    if catalogue is None:
        return [], {}
    due = {case.id: sum(event.count for event in case.expect.events) for case in catalogue.cases()}
    return [service.name for service in catalogue.services], due


def _catalogue(folder: Path) -> Catalogue | None:
    if not folder.is_dir():
        return None
    try:
        return load_catalogue(folder)
    except CatalogueError as error:
        raise CannotRunError(str(error)) from None


def _address() -> str:
    record = read_record(Layout(default_cache()).record)
    if record is None:
        raise CannotRunError("`crashctl up` made no cluster here; make one, or name --sink")
    return record.addresses["event-sink"]
