"""
``GET /api/v1/firings/<trace id>``: what became of a firing, from the sink and the service that ran it.

It is asked again and again while a card lives, so it is short, and whoever cannot be asked is named and hides nobody
else. It needs no token: a trace id is known to who has made it.
"""

import asyncio
import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qs

from crashkit.catalogue import Catalogue
from crashkit.lifecycle import Lifecycle
from crashkit.problem import Problem

from gateway.call import Call
from gateway.faults import OWN
from gateway.questions import ASKED, Json, ask_json
from gateway.slot_machine.told import Links
from gateway.upstream.pool import Upstream

ROOT = b"/api/v1/firings/"
TRACE_ID = re.compile(rb"[0-9a-f]{32}")
NOBODY = "no event sink is known here; set SINK_URL"
SINK_WITHIN_S = 2.0
SERVICE_WITHIN_S = 1.0
MOST_ITEMS = 100
TOLD_OF_AN_EVENT = ("event_id", "service", "level", "title", "handled", "scenario", "case", "run", "received_at")
TOLD_OF_A_TRANSACTION = ("service", "event_id")


@dataclass(frozen=True)
class Firings:
    """
    Asks.

    Args:
        catalogue: knows the services.
        upstreams: the services; none for one that is not part of this release.
        sink: the event sink; none where nobody can be asked.
        lifecycle: of the gateway, which is a service too.
        links: the addresses for people.
    """

    catalogue: Catalogue
    upstreams: dict[str, Upstream | None]
    sink: Upstream | None
    lifecycle: Lifecycle
    links: Links

    async def tell(self, call: Call) -> None:
        """
        Answer with what became of one.

        Raises:
            Problem: 400 for a trace id that is none, or a service that there is not.
        """
        given = call.path.removeprefix(ROOT)
        if not TRACE_ID.fullmatch(given):
            shown = given[:80].decode("latin-1")
            raise Problem(400, "trace-id", f"A trace id has 32 digits of 0-9a-f; found {shown!r}")
        trace_id = given.decode()
        service = self._named(call)
        (said, events), (also_said, transactions), state = await asyncio.gather(
            self._items(trace_id, "event"), self._items(trace_id, "transaction"), self._state(service)
        )
        project_id = self.catalogue.service(service).project_id if service else None
        await call.json(
            {
                "trace_id": trace_id,
                "sink": said if said != ASKED else also_said,
                "events": [self._event(item) for item in events],
                "transactions": [{name: item.get(name) for name in TOLD_OF_A_TRANSACTION} for item in transactions],
                "service": state,
                "links": {
                    "issues": self.links.issues_of(project_id, trace_id),
                    "trace": self.links.trace(trace_id),
                },
                "now": time.time(),
            }
        )

    def _named(self, call: Call) -> str | None:
        asked = parse_qs(call.query.decode("latin-1"), keep_blank_values=True).get("service")
        if asked is None:
            return None
        names = [service.name for service in self.catalogue.services]
        if len(asked) == 1 and asked[0] in names:
            return asked[0]
        shown = ", ".join(asked)[:80]
        raise Problem(400, "unknown-service", f"There is no service {shown!r}; there are {', '.join(names)}")

    async def _items(self, trace_id: str, kind: str) -> tuple[str, list[Json]]:
        if self.sink is None:
            return NOBODY, []
        path = f"/api/v1/events?trace={trace_id}&type={kind}&limit={MOST_ITEMS}"
        said, answer = await ask_json(self.sink, "GET", path, [], SINK_WITHIN_S)
        if said != ASKED:
            return said, []
        items = answer.get("items")
        if not isinstance(items, list):
            return "its answer has no list of items", []
        return said, [item for item in items if isinstance(item, dict)]

    async def _state(self, service: str | None) -> Json | None:
        """Say how the service does that ran it; nothing of one that is no process of the release."""
        if service is None or self.catalogue.service(service).runs_in == "page":
            return None
        if service == OWN:
            return {"name": OWN, "ready": self.lifecycle.accepts, "started_at": self.lifecycle.started_at}
        upstream = self.upstreams.get(service)
        if upstream is None:
            return {"name": service, "ready": False, "started_at": None}
        said, answer = await ask_json(upstream, "GET", "/healthz/ready", [], SERVICE_WITHIN_S)
        return {"name": service, "ready": said == ASKED, "started_at": answer.get("started_at")}

    def _event(self, item: Json) -> Json:
        told = {name: item.get(name) for name in TOLD_OF_AN_EVENT}
        return {**told, "type": item.get("exception_type"), "issue_url": self.links.issue(item.get("event_id"))}
