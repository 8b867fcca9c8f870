"""
``crashctl list`` and ``crashctl generate``.
"""

from pathlib import Path

import typer
from crashkit.loading import load_catalogue


def list_cases(catalog_dir: Path = typer.Option(Path("catalog"), envvar="CATALOG_DIR")) -> None:
    """List every case that can be fired."""
    for case in load_catalogue(catalog_dir).cases():
        typer.echo(f"{case.id}\t{case.path}")


def generate() -> None:
    """Write what is generated from the catalogue."""
