"""
Where the page is, and whom to ask what came of it: the release of `make up`, or processes of one's own.
"""

from dataclasses import dataclass, replace
from typing import Any

import httpx
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Firing, compare
from crashctl.drill.events import read_item
from crashctl.drill.nearing import count_mismatch
from crashctl.proof.links import PAGE, Wanted, broken_links
from crashctl.proof.on_cluster import Cluster
from crashctl.waiting import TooLateError, wait_for

from .panel import Card

# On top of what the catalogue allows an event: transactions are sent in batches, some seconds after their end.
WHOLE_WITHIN_S = 20


@dataclass(frozen=True)
class Site:
    """
    A running release with the page.

    Args:
        url: of the gateway, which serves the page.
        sink: asks what was captured.
        token: that lets one fire.
        cluster: that it is on; none where the services are processes.
    """

    url: str
    sink: httpx.Client
    token: str
    cluster: Cluster | None = None

    def items(self, trace_id: str) -> list[dict[str, Any]]:
        """Everything on a trace, with payloads."""
        return self.sink.get(f"/api/v1/traces/{trace_id}").raise_for_status().json()["items"]

    def events(self, trace_id: str) -> list[dict[str, Any]]:
        """The events of a trace, with payloads."""
        return [item for item in self.items(trace_id) if item["type"] == "event"]

    def stop_all(self) -> None:
        """Free whatever earlier firings hold."""
        answer = httpx.delete(f"{self.url}/api/v1/faults", headers=self.bearer, timeout=30)
        assert answer.status_code == 200, answer.text

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def broken(self, wanted: Wanted, within_s: float = WHOLE_WITHIN_S) -> list[str]:
        """Wait for a trace to be whole, and say what is still broken when the time is up."""
        said: list[str] = []

        def whole() -> bool:
            nonlocal said
            said = broken_links(self.items(wanted.trace_id), wanted)
            return not said

        try:
            wait_for(whole, within_s, "the trace to be whole", 0.2)
        except TooLateError:
            return said
        return []

    def breaches(self, case: DrillCase, card: Card, within_s: float = WHOLE_WITHIN_S) -> list[str]:
        """Wait for the contract of a case, all its calls on one trace, and say what is not kept when the time is up."""
        firing = Firing(_as_often_as_called(case), card.trace_id, card.run, case.calls)
        said: list[str] = []

        def kept() -> bool:
            nonlocal said
            found = compare(firing, [read_item(item) for item in self.items(card.trace_id)])
            said = [*found.mismatches, *filter(None, [count_mismatch(case, case.calls, found.warned)])]
            return not said

        try:
            wait_for(kept, within_s, "the contract", 0.2)
        except TooLateError:
            return said
        return []


def wanted_of(case: DrillCase, trace_id: str) -> Wanted:
    """What the trace of a case must have when it is fired in the page."""
    services = {"gateway", case.service} if case.service != PAGE else set()
    killed = {case.service} if case.ends_pod else set()
    return Wanted(trace_id, services - {PAGE}, spans=case.expect.spans, killed=killed)


def _as_often_as_called(case: DrillCase) -> DrillCase:
    """The panel makes all calls of a case on the trace of one press, so each event is due once for each of them."""
    events = tuple(event.model_copy(update={"count": event.count * case.calls}) for event in case.expect.events)
    return replace(case, expect=case.expect.model_copy(update={"events": events}))
