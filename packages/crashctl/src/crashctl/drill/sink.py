"""
Asks the event sink what was captured.
"""

from collections.abc import Collection, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from crashctl.drill.events import Event, Item, read_item
from crashctl.drill.problems import CannotRunError
from crashctl.proof import canaries

TIMEOUT_S = 10.0
CONNECT_S = 3.0
PAGE = "1000"


class SinkAwayError(Exception):
    """The sink did not answer a question; it may answer the next."""


class Sink:
    """
    The event sink of the release.

    Args:
        url: its base.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_S))
        # What is stored does not change any more.
        self._searched: dict[str, list[str]] = {}
        self._payloads: dict[str, Mapping[str, Any]] = {}  # Any: JSON

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def require_answer(self) -> None:
        """
        Make sure that it is there.

        Raises:
            CannotRunError: it is not.
        """
        try:
            self.accounts()
        except (SinkAwayError, httpx.InvalidURL) as error:
            raise CannotRunError(
                f"no event sink at {self.url} ({error}); check --sink; scripts/port-forward opens a way to it"
            ) from None

    def trace(self, trace_id: str) -> list[Item]:
        """
        Give everything on a trace.

        Args:
            trace_id: 32 hex digits.

        Raises:
            SinkAwayError: no answer.
        """
        return [read_item(item) for item in self._get(f"/api/v1/traces/{trace_id}")["items"]]

    def told(self, trace_id: str) -> list[str]:
        """
        Find what a drill has planted in its requests in the bytes of every envelope that has something of a trace.

        Args:
            trace_id: 32 hex digits.

        Returns:
            One sentence for each envelope that holds some of it.

        Raises:
            SinkAwayError: no answer.
        """
        services = {
            str(item["envelope_id"]): item["service"] for item in self._get(f"/api/v1/traces/{trace_id}")["items"]
        }
        for envelope_id in services.keys() - self._searched.keys():
            self._searched[envelope_id] = canaries.found(self._ask(f"/api/v1/envelopes/{envelope_id}").content)
        return [
            f"an envelope of {service} holds the planted {', '.join(found)} ({envelope_id})"
            for envelope_id, service in services.items()
            if (found := self._searched[envelope_id])
        ]

    def strays(self, run: str, traces: Collection[str]) -> list[Event]:
        """
        Give the events of a run that are on another trace than its own ones.

        Args:
            run: its tag.
            traces: ids of its own traces.

        Raises:
            SinkAwayError: no answer.
        """
        listed = self._get("/api/v1/events", run=run, type="event", limit="1000")["items"]
        whole = [self._get(f"/api/v1/events/{item['event_id']}") for item in listed if item["trace_id"] not in traces]
        read = [read_item(item) for item in whole]
        return [event for event in read if isinstance(event, Event) and event.trace_id not in traces]

    def listed(self, since_seq: int = 0, **query: str) -> Iterator[Mapping[str, Any]]:  # Any: JSON
        """
        Give the items that fit, without their payloads, the oldest first.

        Args:
            since_seq: those behind this number.
            query: such as ``service`` or ``run``.

        Raises:
            SinkAwayError: no answer.
        """
        while items := self._get("/api/v1/events", since_seq=str(since_seq), limit=PAGE, **query)["items"]:
            yield from items
            since_seq = items[-1]["seq"]

    def newest(self, service: str) -> int:
        """
        Give the place of the newest event of a service; 0 without one.

        Raises:
            SinkAwayError: no answer.
        """
        return max((int(item["seq"]) for item in self.listed(service=service, type="event")), default=0)

    def payload(self, event_id: str) -> Mapping[str, Any]:  # Any: JSON
        """
        Give an event as it was sent.

        Args:
            event_id: 32 hex digits.

        Raises:
            SinkAwayError: no answer, or it is not there.
        """
        if event_id not in self._payloads:
            self._payloads[event_id] = self._get(f"/api/v1/events/{event_id}")["payload"]
        return self._payloads[event_id]

    def payloads(
        self, service: str, since_seq: int, beginnings: tuple[str, ...] = ("",)
    ) -> list[Mapping[str, Any]]:  # Any: JSON
        """
        Give the events of a service as they were sent, the oldest first.

        Args:
            service: its name.
            since_seq: place of the newest one that is of no interest.
            beginnings: only those whose title begins with one of these.

        Raises:
            SinkAwayError: no answer.
        """
        listed = self.listed(since_seq, service=service, type="event")
        return [
            self.payload(str(item["event_id"])) for item in listed if str(item["title"] or "").startswith(beginnings)
        ]

    def accounts(self) -> Mapping[str, Any]:  # Any: JSON
        """
        Give what the sink has counted.

        Raises:
            SinkAwayError: no answer.
        """
        return self._get("/api/v1/accounts")

    def books(self) -> Mapping[str, Any]:  # Any: JSON
        """
        Give what processes told of their own items, beside what came from them.

        Raises:
            SinkAwayError: no answer.
        """
        return self._get("/api/v1/books")

    def _get(self, path: str, **query: str) -> Mapping[str, Any]:  # Any: JSON
        answer = self._ask(path, **query)
        try:
            found: Mapping[str, Any] = answer.json()
        except ValueError as error:
            raise SinkAwayError(str(error)) from None
        return found

    def _ask(self, path: str, **query: str) -> httpx.Response:
        try:
            answer = self._http.get(path, params=query)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise SinkAwayError(str(error) or type(error).__name__) from None
        return answer
