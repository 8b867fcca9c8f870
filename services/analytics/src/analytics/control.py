"""
Probes and metrics: never traced, never a fault.
"""

from typing import Annotated

from crashkit import metrics
from fastapi import Depends
from fastapi.responses import JSONResponse, Response

from analytics.parts import Parts, parts_of

Shared = Annotated[Parts, Depends(parts_of)]
PROBE_PATHS = frozenset({"/healthz/live", "/healthz/ready", "/metrics"})


async def live() -> JSONResponse:
    """``GET /healthz/live``: the event loop turns."""
    return JSONResponse({"status": "live"})


async def ready(parts: Shared) -> JSONResponse:
    """``GET /healthz/ready``: new requests are welcome."""
    if parts.lifecycle.draining:
        return JSONResponse({"status": "draining"}, 503)
    if not parts.lifecycle.ready:
        return JSONResponse({"status": "starting"}, 503)
    if not parts.watch.ready:
        return JSONResponse({"status": "waiting", "reason": "database"}, 503)
    return JSONResponse({"status": "ready", "started_at": parts.lifecycle.started_at})


async def show_metrics(parts: Shared) -> Response:
    """``GET /metrics``."""
    return Response(parts.metrics.text(), media_type=metrics.MEDIA_TYPE)
