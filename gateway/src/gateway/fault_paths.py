"""
From a path to the scenario that it fires.

A path is compared as a service might read it: decoded, slashes folded, upper case ignored. So no spelling of it
reaches the fault surface of a service without the guard, and what is forwarded is the catalogue's own spelling.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_to_bytes

from crashkit.catalogue import Catalogue
from crashkit.problem import Problem
from crashkit.service import Service

SEPARATORS = re.compile(rb"[/\\]")
SUSPECT = re.compile(rb"(?i)^/debug|%|//|\\|/\.")
SURFACE = "debug"
CASE = "{case}"


@dataclass(frozen=True, slots=True)
class Firing:
    """
    What a request on the fault surface asks for.

    Args:
        scenario: its name; empty when the path is none of the catalogue's.
        case: as the caller spells it.
        run: the caller's tag.
        query: the rest of the query, byte for byte.
    """

    scenario: str
    case: str | None
    run: str | None
    query: bytes = field(repr=False)  # the caller's values, and this is among the variables of a failing frame


class FaultPaths:
    """
    The paths that fire something, of every service.

    Args:
        catalogue: what can be fired.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._templates = {
            service: [(_segments(catalogue.service(service), entry.path), name) for name, entry in scenarios.items()]
            for service, scenarios in catalogue.scenarios.items()
        }

    def find(self, service: str, path: bytes, query: bytes) -> Firing | None:
        """
        Say what a request fires.

        Args:
            service: name of the service.
            path: what follows the service's prefix, not decoded.
            query: the query, not decoded.

        Returns:
            The firing; none for a path that is not on the fault surface.

        Raises:
            Problem: 400 for a path that climbs (``..``), however it is spelled.
        """
        if not SUSPECT.search(path):
            return None
        segments = [segment for segment in SEPARATORS.split(unquote_to_bytes(path)) if segment]
        if b".." in segments or b"." in segments:
            raise Problem(400, "path", "The path has a segment '.' or '..'; spell out where it leads")
        names = [segment.decode("utf-8", "replace") for segment in segments]
        if not names or names[0].lower() != SURFACE:
            return None
        asked = dict(reversed(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))
        rest = b"&".join(pair for pair in query.split(b"&") if pair.partition(b"=")[0] not in {b"case", b"run"})
        for template, name in self._templates.get(service, ()):
            fits, case = _match(template, names)
            if fits:
                return Firing(name, case or asked.get("case"), asked.get("run"), rest)
        return Firing("", None, asked.get("run"), rest)


def _segments(service: Service, path: str) -> list[str]:
    return service.gateway_path(path).removeprefix(service.prefix).strip("/").split("/")


def _match(template: list[str], names: list[str]) -> tuple[bool, str | None]:
    if len(names) == len(template) - 1 and template[-1] == CASE:
        names = [*names, ""]
    if len(names) != len(template):
        return False, None
    case = None
    for wanted, found in zip(template, names, strict=True):
        if wanted == CASE:
            case = found or None
        elif wanted != found.lower():
            return False, None
    return True, case
