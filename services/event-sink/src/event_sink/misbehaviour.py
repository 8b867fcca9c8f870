"""
The sink as a bad backend, on command: what an SDK does then is part of the drills.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Category = Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]


class Order(BaseModel):
    """
    How to misbehave, and for how long: the next ``count`` requests, ``for_s`` seconds, or whichever ends first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["slow", "413", "429", "503", "drop", "none"]
    ms: int = Field(1000, ge=0, le=60_000, description="slow: wait before each answer (ms).")
    categories: tuple[Category, ...] = Field((), description="429: only envelopes with such an item; empty means all.")
    retry_after_s: int = Field(60, ge=1, le=86_400, description="429 and 503: the answer's Retry-After (s).")
    count: int | None = Field(None, ge=1, le=1_000_000)
    for_s: float | None = Field(None, gt=0, le=3600)


_DEFAULT_FOR_S = 300.0


@dataclass
class _Running:
    order: Order
    until: float
    left: int | None
    met: int = 0


class Misbehaviour:
    """The order in force. It touches ingest only."""

    def __init__(self) -> None:
        self._running: _Running | None = None

    def begin(self, order: Order) -> None:
        if order.mode == "none":
            self.stop()
            return
        for_s = order.for_s or (_DEFAULT_FOR_S if order.count is None else 3600.0)
        self._running = _Running(order, time.time() + for_s, order.count)

    def stop(self) -> None:
        self._running = None

    def meet(self, categories: Collection[str]) -> Order | None:
        """
        Ask for the treatment of one request, and count it as one of those to be treated.

        Args:
            categories: the rate-limit categories of its items.
        """
        running = self._in_force()
        if running is None:
            return None
        order = running.order
        if order.mode == "429" and order.categories and not set(order.categories) & set(categories):
            return None
        running.met += 1
        if running.left is not None:
            running.left -= 1
        return order

    def state(self) -> dict[str, Any]:
        """
        What is in force, for people and drills.
        """
        running = self._in_force()
        if running is None:
            return {"mode": "none"}
        order = running.order.model_dump(mode="json", exclude={"count", "for_s"})
        return {**order, "until": running.until, "left": running.left, "met": running.met}

    def _in_force(self) -> _Running | None:
        running = self._running
        if running and (time.time() >= running.until or running.left == 0):
            self._running = None
        return self._running


def headers_of(order: Order) -> dict[str, str]:
    """
    The headers of a misbehaving answer, as Sentry writes them.
    """
    headers = {}
    if order.mode in ("429", "503"):
        headers["Retry-After"] = str(order.retry_after_s)
    if order.mode == "429" and order.categories:
        headers["X-Sentry-Rate-Limits"] = (
            f"{order.retry_after_s}:{';'.join(order.categories)}:organization:misbehaviour"
        )
    return headers
