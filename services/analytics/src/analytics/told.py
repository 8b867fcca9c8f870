"""
Routes whose requests are in the flight record while they are open.
"""

from typing import TYPE_CHECKING

from crashkit.telemetry import trace_and_span
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from analytics.parts import Parts


class ToldRoute(APIRoute):
    """Tells of a request from where its route is known: what a middleware sees is a path of the caller's making."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (the router calls this)."""
        if scope["control"]:
            await super().handle(scope, receive, send)
            return
        parts: Parts = scope["app"].state.parts
        flight = parts.flight
        opened = flight.open(*trace_and_span(), f"{scope['method']} {self.path}")
        try:
            await super().handle(scope, receive, send)
        finally:
            flight.close(opened)
