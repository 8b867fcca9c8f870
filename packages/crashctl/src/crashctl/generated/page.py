"""
The frame of a generated page: its hand-written head, then a part for each service and each of its scenarios.
"""

from collections.abc import Callable, Iterator
from importlib.resources import files
from itertools import groupby

from crashkit.catalogue import BoundCase, Catalogue

# Writes the lines of one scenario from its name and its cases.
Part = Callable[[str, list[BoundCase]], Iterator[str]]


def page(catalogue: Catalogue, head: str, heading: str, scenario: Part) -> str:
    """
    Write a page.

    Args:
        catalogue: the whole catalogue.
        head: file of the hand-written head.
        heading: stands before the name of a service.
        scenario: writes the part of one scenario.
    """
    text = files("crashctl.generated").joinpath("heads", head).read_text(encoding="utf-8")
    return "\n".join([text.rstrip(), "", *_body(catalogue, heading, scenario)]).rstrip() + "\n"


def _body(catalogue: Catalogue, heading: str, scenario: Part) -> Iterator[str]:
    for service in catalogue.services:
        cases = list(catalogue.cases(service.name))
        if not cases:
            continue
        yield f"## {heading}{service.name}"
        yield ""
        for name, group in groupby(cases, key=lambda case: case.scenario_name):
            yield from scenario(name, list(group))
