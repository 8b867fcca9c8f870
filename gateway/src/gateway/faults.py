"""
``/api/v1/faults``: what is active in all services, and the way to stop it.

Below its debug root a service answers ``GET faults`` with ``{"active": [...]}`` and ``DELETE faults`` with
``{"stopped": count}``, of the runs of one tag with ``?run=``. One that does not is named with the reason, and what the
gateway itself knows of it is listed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from crashkit.catalogue import Catalogue
from crashkit.guard import Guard

from gateway.asgi import Headers
from gateway.questions import ASKED, Json, ask_json
from gateway.upstream.pool import Upstream

ASK_WITHIN_S = 2.0
OWN = "gateway"


@dataclass(frozen=True)
class Faults:
    """
    The faults of the release.

    Args:
        guard: of the gateway; it knows what was admitted here and still runs.
        catalogue: knows where the fault surface of each service is.
        upstreams: the services.
        token: what they want to see before they stop anything.
    """

    guard: Guard
    catalogue: Catalogue
    upstreams: Mapping[str, Upstream | None]
    token: str = field(repr=False)

    async def active(self, headers: Headers) -> dict[str, object]:
        """
        List what runs or holds something.

        Args:
            headers: that carry the trace.
        """
        runs = self.guard.active()
        items: list[object] = [run.listed() for run in runs if run.case.service.name == OWN]
        states = {OWN: ASKED}
        for service, (state, answer) in (await self._ask_all("GET", "", headers)).items():
            states[service] = state
            listed = answer.get("active")
            if isinstance(listed, list):
                items += listed
            else:
                items += [run.listed() for run in runs if run.case.service.name == service]
        return {"active": items, "services": states}

    async def stop(self, headers: Headers, tag: str | None) -> dict[str, object]:
        """
        Stop the runs of one tag, or everything.

        Args:
            headers: that carry the trace.
            tag: whose runs; none means all.
        """
        own = [run for run in self.guard.active() if run.case.service.name == OWN and tag in {None, run.tag}]
        self.guard.stop(tag)
        states = {OWN: ASKED}
        stopped: dict[str, object] = {OWN: len(own)}
        for service, (state, answer) in (await self._ask_all("DELETE", f"?run={tag}" if tag else "", headers)).items():
            states[service] = state
            if state == ASKED:
                stopped[service] = answer.get("stopped", 0)
        return {"stopped": stopped, "services": states}

    async def _ask_all(self, method: str, query: str, headers: Headers) -> dict[str, tuple[str, Json]]:
        present = {name: upstream for name, upstream in self.upstreams.items() if upstream is not None}
        sent = [*headers, (b"authorization", f"Bearer {self.token}".encode()), (b"accept", b"application/json")]
        roots = {service.name: service.debug_root for service in self.catalogue.services}
        answers = await asyncio.gather(
            *(
                ask_json(upstream, method, f"{roots[name]}/faults{query}", sent, ASK_WITHIN_S)
                for name, upstream in present.items()
            )
        )
        return dict(zip(present, answers, strict=True))
