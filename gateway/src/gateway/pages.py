"""
What the gateway answers itself.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from crashkit.guard import Guard
from crashkit.lifecycle import Lifecycle
from crashkit.problem import Problem

from gateway import trace_headers
from gateway.call import Call
from gateway.catalogue_view import CatalogueView
from gateway.faults import Faults
from gateway.index import index
from gateway.metrics import MEDIA_TYPE, Metrics
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.asgi import Headers

Page = Callable[[Call], Awaitable[None]]


class Pages:
    """
    The gateway's own paths.

    Args:
        settings: of the process.
        guard: says whether faults are on, and who may stop them.
        view: the catalogue as JSON.
        faults: what is active in all services.
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
        metrics: Metrics,
        lifecycle: Lifecycle,
    ) -> None:
        self._lifecycle = lifecycle
        self._settings = settings
        self._guard = guard
        self._view = view
        self._faults = faults
        self._metrics = metrics
        self.untraced: Mapping[bytes, Page] = {
            b"/healthz/live": self._live,
            b"/healthz/ready": self._ready,
            b"/metrics": self._show_metrics,
        }
        self.traced: Mapping[bytes, Page] = {
            b"/": self._index,
            b"/api/v1/catalog": self._catalogue,
            b"/api/v1/faults": self._list_or_stop,
        }

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
        await call.json(index(call, faults=self._settings.faults_enabled, by_get=self._settings.faults_allow_get))

    async def _catalogue(self, call: Call) -> None:
        _require(call, "GET", "HEAD")
        await self._view.answer(call)

    async def _list_or_stop(self, call: Call) -> None:
        _require(call, "GET", "HEAD", "DELETE")
        self._guard.require_enabled()
        headers: Headers = []
        trace_headers.write(call.trace, call.trace.span_id, headers)
        if call.method == "DELETE":
            self._guard.require_token(call.authorization.decode("latin-1") if call.authorization else None)
            await call.json(await self._faults.stop_all(headers))
        else:
            await call.json(await self._faults.active(headers))


def _require(call: Call, *methods: str) -> None:
    if call.method not in methods:
        allowed = ", ".join(methods)
        raise Problem(405, "method", f"{call.route} takes {allowed}; found {call.method}", {"Allow": allowed})
