"""
Names of projects, from the catalogue.
"""

from collections.abc import Mapping
from pathlib import Path

import yaml


class CatalogError(ValueError):
    """The catalogue does not say what the projects are called."""


def names(catalog_dir: Path | None) -> Mapping[int, str]:
    """
    Project id to service name, from ``services.yaml``; empty without a catalogue.

    Raises:
        CatalogError: the file is missing or has another shape.
    """
    if catalog_dir is None:
        return {}
    path = catalog_dir / "services.yaml"
    try:
        services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
        return {int(service["project_id"]): str(service["name"]) for service in services if "project_id" in service}
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise CatalogError(f"{path} has no list `services` of name and project_id: {error}") from error
