"""
All that the gateway has for the page, made of its settings.
"""

from dataclasses import dataclass
from typing import Self

from crashkit.catalogue import Catalogue
from crashkit.lifecycle import Lifecycle

from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.slot_machine.files import PageFiles
from gateway.slot_machine.firings import Firings
from gateway.slot_machine.told import Links, settings_block
from gateway.slot_machine.tunnel import Tunnel
from gateway.upstream.pool import Upstream


@dataclass(frozen=True)
class SlotMachine:
    """
    The page's side of the gateway.

    Args:
        files: of the page; none where it is served by another, or by nobody.
        firings: what became of them.
        tunnel: the way of the page's events to the sink.
    """

    files: PageFiles | None
    firings: Firings
    tunnel: Tunnel

    @classmethod
    def make(
        cls,
        settings: Settings,
        catalogue: Catalogue,
        upstreams: dict[str, Upstream | None],
        lifecycle: Lifecycle,
        metrics: Metrics,
    ) -> Self:
        """
        Make it.

        Args:
            settings: of the process.
            catalogue: knows the services.
            upstreams: the services.
            lifecycle: of the process.
            metrics: counts the envelopes.

        Raises:
            PageError: the folder of the page cannot be served.
        """
        timeout_s = settings.upstream_connect_timeout_s
        sink = Upstream("event-sink", settings.sink_url, timeout_s) if settings.sink_url else None
        dsn = settings.page_dsn.get_secret_value() if settings.page_dsn else None
        links = Links(settings.page_issues_url, settings.page_traces_url)
        return cls(
            files=PageFiles(settings.page_dir, settings_block(settings)) if settings.page_dir else None,
            firings=Firings(catalogue, upstreams, sink, lifecycle, links),
            tunnel=Tunnel(dsn, timeout_s, metrics),
        )

    def close(self) -> None:
        """Close the connections to the sink."""
        for upstream in (self.firings.sink, self.tunnel.sink):
            if upstream is not None:
                upstream.close()
