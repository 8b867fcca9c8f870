"""
Ties the handlers of a service to its scenarios in the catalogue: both sides name the same ones, or nothing starts.
"""

from collections.abc import Mapping
from typing import TypeVar

from crashkit.catalogue import Catalogue

Handler = TypeVar("Handler")


class BindingError(Exception):
    """The service's table of handlers and the catalogue disagree; the message says which side lacks what."""


def bind(catalogue: Catalogue, service: str, handlers: Mapping[str, Handler]) -> Mapping[str, Handler]:
    """
    Check that every scenario has its handler and every handler its scenario.

    Args:
        catalogue: the whole catalogue.
        service: name of the service that starts.
        handlers: its table, by scenario name.

    Returns:
        The same table.

    Raises:
        BindingError: one side lacks what the other has.
    """
    declared = catalogue.scenarios.get(service, {}).keys()
    mistakes = []
    if without := sorted(declared - handlers.keys()):
        mistakes.append(f"catalog/{service}.yaml declares {without}, for which HANDLERS of {service} has no function")
    if unknown := sorted(handlers.keys() - declared):
        mistakes.append(f"HANDLERS of {service} has {unknown}, which catalog/{service}.yaml does not declare")
    if mistakes:
        raise BindingError("; ".join(mistakes))
    return handlers
