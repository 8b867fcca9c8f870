"""
Whose a path is: the gateway's own, or a service's.
"""

import re
from dataclasses import dataclass

from crashkit.catalogue import Catalogue
from crashkit.problem import Problem

from gateway.fault_paths import FaultPaths, Firing
from gateway.upstream.pool import Upstream

PREFIX = b"/api/v1/"
PLAIN = re.compile(rb"[a-z][a-z-]{0,30}")


@dataclass(frozen=True, slots=True)
class Route:
    """
    Where a request goes.

    Args:
        name: the path with its variable parts left out, for transactions and metrics.
        service: whose it is.
        rest: the path after the service's prefix, as it came, behind the root of the service's own paths.
        firing: what it fires, if it is on the fault surface.
    """

    name: str
    service: str
    rest: bytes = b""
    firing: Firing | None = None


class Routing:
    """
    The table of services.

    Args:
        catalogue: knows the fault paths.
        upstreams: the services; none for one that is not part of this release.
    """

    def __init__(self, catalogue: Catalogue, upstreams: dict[str, Upstream | None]) -> None:
        self._catalogue = catalogue
        self._faults = FaultPaths(catalogue)
        self._api_roots = {service.name: service.api_root.encode() for service in catalogue.services}
        self._services = {name.encode(): name for name in (*upstreams, "gateway")}
        self.upstreams = upstreams

    def find(self, path: bytes, query: bytes) -> Route | None:
        """
        Find the service of a path.

        Args:
            path: not decoded.
            query: not decoded.

        Returns:
            The route; none when no service has the path.

        Raises:
            Problem: 400 for a path that climbs.
        """
        if not path.startswith(PREFIX):
            return None
        name, slash, rest = path[len(PREFIX) :].partition(b"/")
        service = self._services.get(name)
        if service is None:
            return None
        rest = slash + rest
        firing = self._faults.find(service, rest, query)
        prefix = f"/api/v1/{service}"
        if firing is None:
            return Route(prefix + _plain(rest), service, self._api_roots.get(service, b"") + (rest or b"/"))
        if firing.scenario:
            entry = self._catalogue.scenarios[service][firing.scenario]
            return Route(self._catalogue.service(service).gateway_path(entry.path), service, rest, firing)
        return Route(f"{prefix}/debug/*", service, rest, firing)

    def upstream(self, service: str) -> Upstream:
        """
        Give a service to forward to.

        Raises:
            Problem: 404 for a path of the gateway that is none, 503 for a service that is not part of this release.
        """
        upstream = self.upstreams.get(service)
        if upstream is not None:
            return upstream
        if service == "gateway":
            raise Problem(404, "unknown-path", "The gateway has no such path; GET / lists what there is")
        variable = f"{service.upper().replace('-', '_')}_URL"
        raise Problem(
            503, "not-in-release", f"{service} is not part of this release; set {variable} where it is to be one"
        )


def collapsed(route: Route) -> str:
    """Give the name of a route that the service itself did not know: without the segment that the caller made up."""
    return f"/api/v1/{route.service}/*"


def _plain(rest: bytes) -> str:
    first, _, more = rest[1:].partition(b"/")
    if not first:
        return "/"
    if not PLAIN.fullmatch(first):
        return "/*"
    return f"/{first.decode()}/*" if more else f"/{first.decode()}"
