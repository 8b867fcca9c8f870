"""
What the gateway answers itself.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from crashkit.guard import Guard, tag_to_stop
from crashkit.lifecycle import Lifecycle
from crashkit.problem import Problem

from gateway import trace_headers
from gateway.call import Call
from gateway.catalogue_view import CatalogueView
from gateway.fault_pass import FaultPasses
from gateway.faults import Faults
from gateway.index import index
from gateway.metrics import MEDIA_TYPE, Metrics
from gateway.negotiation import accepts
from gateway.settings import Settings
from gateway.slot_machine.firings import ROOT as FIRINGS
from gateway.slot_machine.machine import SlotMachine

if TYPE_CHECKING:
    from gateway.asgi import Headers

ASSETS = b"/assets/"
Page = Callable[[Call], Awaitable[None]]


class Pages:
    """
    The gateway's own paths.

    Args:
        settings: of the process.
        guard: says whether faults are on, and who may stop them.
        view: the catalogue as JSON.
        faults: what is active in all services.
        passes: to the faults, for a visitor without the token.
        slot_machine: what is there for the page.
        metrics: what is counted.
        lifecycle: says whether the process takes requests.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        guard: Guard,
        view: CatalogueView,
        faults: Faults,
        passes: FaultPasses,
        slot_machine: SlotMachine,
        metrics: Metrics,
        lifecycle: Lifecycle,
    ) -> None:
        self._lifecycle = lifecycle
        self._settings = settings
        self._guard = guard
        self._view = view
        self._faults = faults
        self._passes = passes
        self._files = slot_machine.files
        self._firings = slot_machine.firings
        self._tunnel = slot_machine.tunnel
        self._metrics = metrics
        self._untraced: Mapping[bytes, Page] = {
            b"/healthz/live": self._live,
            b"/healthz/ready": self._ready,
            b"/metrics": self._show_metrics,
            b"/api/v1/envelopes": self._take_envelope,
        }
        self.traced: Mapping[bytes, Page] = {
            b"/": self._index,
            b"/api/v1/catalog": self._catalogue,
            b"/api/v1/faults": self._list_or_stop,
            b"/api/v1/fault-pass": self._hand_out_pass,
        }

    def untraced(self, path: bytes) -> Page | None:
        """Find what is asked so often, or carries so much of traces, that it is in none itself."""
        if path.startswith(FIRINGS):
            return self._tell_firing
        if path.startswith(ASSETS) and self._files is not None:
            return self._asset
        return self._untraced.get(path)

    async def _live(self, call: Call) -> None:
        await call.json({"status": "live"})

    async def _ready(self, call: Call) -> None:
        if self._lifecycle.accepts:
            await call.json({"status": "ready", "started_at": self._lifecycle.started_at})
        else:
            await call.problem(Problem(503, "not-ready", "The gateway starts or shuts down; ask again or another one"))

    async def _show_metrics(self, call: Call) -> None:
        await call.answer(HTTPStatus.OK, self._metrics.text(len(self._guard.active())), MEDIA_TYPE)

    async def _index(self, call: Call) -> None:
        _require(call, "GET", "HEAD")
        if self._files is not None and accepts(call.header(b"accept"), b"text/html"):
            await self._files.index(call)
            return
        described = index(call, faults=self._settings.faults_enabled, by_get=self._settings.faults_allow_get)
        await call.json(described, headers=[(b"vary", b"accept")] if self._files is not None else None)

    async def _asset(self, call: Call) -> None:
        call.route = "/assets/*"
        _require(call, "GET", "HEAD")
        if self._files is not None:
            await self._files.asset(call)

    async def _tell_firing(self, call: Call) -> None:
        call.route = "/api/v1/firings/*"
        _require(call, "GET", "HEAD")
        await self._firings.tell(call)

    async def _take_envelope(self, call: Call) -> None:
        call.route = "/api/v1/envelopes"
        _require(call, "POST")
        await self._tunnel.take(call)

    async def _hand_out_pass(self, call: Call) -> None:
        _require(call, "POST")
        await self._passes.hand_out(call)

    async def _catalogue(self, call: Call) -> None:
        _require(call, "GET", "HEAD")
        await self._view.answer(call)

    async def _list_or_stop(self, call: Call) -> None:
        _require(call, "GET", "HEAD", "DELETE")
        self._guard.require_enabled()
        headers: Headers = []
        trace_headers.write(call.trace, call.trace.span_id, headers)
        if call.method == "DELETE":
            self._guard.require_token(self._passes.redeem(call.bearer))
            await call.json(await self._faults.stop(headers, _whose_to_stop(call)))
        else:
            await call.json(await self._faults.active(headers))


def _whose_to_stop(call: Call) -> str | None:
    """
    Read the tag. What cannot be read stops nobody: it may have been meant for one run only.

    Raises:
        Problem: 400.
    """
    asked = parse_qs(call.query.decode("latin-1"), keep_blank_values=True)
    tags = asked.pop("run", [])
    if asked or len(tags) > 1:
        found = ", ".join((*asked, *tags))[:80]
        raise Problem(
            400, "query", f"DELETE {call.route} takes one parameter, run; found {found!r}; nothing was stopped"
        )
    return tag_to_stop(tags[0] if tags else None)


def _require(call: Call, *methods: str) -> None:
    if call.method not in methods:
        allowed = ", ".join(methods)
        raise Problem(405, "method", f"{call.route} takes {allowed}; found {call.method}", {"Allow": allowed})
