"""
What the SDK of this process would have sent: everything is real but the last step, the network.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport


@dataclass
class Outbox:
    """
    Takes the place of the network.

    Args:
        items: type and payload of each item.
        raw: the envelopes as they would go over the wire.
        lost: reason and category of what the SDK itself counted as lost.
    """

    items: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # Any: JSON
    raw: list[bytes] = field(default_factory=list)
    lost: list[tuple[str, str | None]] = field(default_factory=list)

    def transport(self) -> type[Transport]:
        """Give the transport that ends here."""
        outbox = self

        class Keep(Transport):
            def capture_envelope(self, envelope: Envelope) -> None:
                outbox.keep(envelope)

            def record_lost_event(self, reason: str, data_category: str | None = None, **_: object) -> None:  # type: ignore[override] # the SDK's names no more of them
                outbox.lost.append((reason, data_category))

        return Keep

    def keep(self, envelope: Envelope) -> None:
        """Take one envelope as it would go over the wire."""
        self.raw.append(envelope.serialize())
        self.items += [(item.type or "", json.loads(item.get_bytes())) for item in envelope.items]

    async def wait(self, kind: str, count: int = 1, within_s: float = 5) -> list[dict[str, Any]]:
        """
        Wait for items of one type, and give their payloads.

        Raises:
            AssertionError: they did not come in time (seconds).
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while len(self.of(kind)) < count:
            if loop.time() >= deadline:
                raise AssertionError(f"{count} items of type {kind} did not come within {within_s} s")
            await asyncio.sleep(0.01)
        return self.of(kind)

    def of(self, kind: str, trace_id: str | None = None) -> list[dict[str, Any]]:
        """Give the payloads of one item type, of one trace where it is named."""
        return [
            payload
            for item_kind, payload in self.items
            if item_kind == kind and trace_id in {None, payload.get("contexts", {}).get("trace", {}).get("trace_id")}
        ]
