"""
Talks to the gateway: fires, lists and stops faults.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from crashctl.drill.answers import Answer
from crashctl.drill.contract import GATEWAY, Firing
from crashctl.drill.problems import CannotRunError
from crashctl.drill.trace import Trace
from crashctl.proof import canaries

TIMEOUT_S = 60.0
CONNECT_S = 3.0
ASKED = "asked"
ENABLE = "helm upgrade RELEASE CHART --namespace NAMESPACE --reuse-values --set global.faults.enabled=true"


class Gateway:
    """
    The gateway of the release.

    Args:
        url: its base.
        token: the fault token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._bearer = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=self.url, timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def catalogue(self) -> Mapping[str, Any]:  # Any: JSON
        """
        Give the catalogue as the gateway has it.

        Raises:
            CannotRunError: the gateway is not there.
        """
        try:
            answer = self._http.get("/api/v1/catalog")
            found: Mapping[str, Any] = answer.json() if answer.status_code == HTTPStatus.OK else {}
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise CannotRunError(f"no gateway at {self.url} ({_reason(error)}); {_HOW_TO_REACH}") from None
        if "scenarios" not in found:
            raise CannotRunError(
                f"{self.url}/api/v1/catalog answers {answer.status_code}: that is no gateway of ours; check --gateway"
            )
        return found

    def require_permission(self) -> None:
        """
        Make sure that faults are on and that the token is right, and begin with nothing active.

        Raises:
            CannotRunError: they are off, or it is not.
        """
        answer = self._stop()
        if answer.status_code == HTTPStatus.FORBIDDEN:
            raise CannotRunError(f"faults are off at {self.url}; turn them on: {ENABLE}")
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise CannotRunError(
                "the gateway does not know this fault token; it is key fault-token of the Secret RELEASE-secrets, "
                "and --token-env names the variable that holds it"
            )
        if answer.status_code != HTTPStatus.OK:
            raise CannotRunError(f"DELETE {self.url}/api/v1/faults answers {answer.status_code}, expected 200")

    def unreached(self, service: str, *, stopping: bool) -> str | None:
        """
        Say why one service cannot be reached through the gateway.

        Args:
            service: its name.
            stopping: whether to stop every fault of all services by the same question, which a firing needs before it
                and which nobody else may do while something is fired.

        Returns:
            The reason; none when it answers.
        """
        states = self._states("DELETE" if stopping else "GET")
        state = states.get(service) or states.get(GATEWAY) or "it is no part of this release"
        return None if state == ASKED else state

    def fire(self, firing: Firing, trace: Trace) -> Answer:
        """
        Fire once. In every place of the request is something that nobody may read.

        Args:
            firing: what.
            trace: on which trace.

        Returns:
            The answer; status 0 when the connection broke.
        """
        headers = {**self._bearer, **trace.headers, "X-Crash-Run": firing.run, **canaries.headers()}
        headers["baggage"] = f"{headers['baggage']},{canaries.baggage()}"
        path = f"{firing.case.path}{'&' if '?' in firing.case.path else '?'}{canaries.query()}"
        try:
            answer = self._http.post(path, headers=headers, json=canaries.body())
        except httpx.HTTPError as error:
            return Answer(0, "", None, {"detail": _reason(error)})
        return _read(answer)

    def _states(self, method: str) -> Mapping[str, str]:
        """Give what each service said when it was asked for its faults: ``asked``, or why it could not be."""
        try:
            answer = self._http.request(method, "/api/v1/faults", headers=self._bearer)
            states: Mapping[str, str] = answer.json().get("services", {GATEWAY: f"answered {answer.status_code}"})
        except (httpx.HTTPError, ValueError) as error:
            return {GATEWAY: _reason(error)}
        return states

    def _stop(self) -> httpx.Response:
        try:
            return self._http.request("DELETE", "/api/v1/faults", headers=self._bearer)
        except httpx.HTTPError as error:
            raise CannotRunError(f"no gateway at {self.url} ({_reason(error)}); {_HOW_TO_REACH}") from None


_HOW_TO_REACH = "check --gateway; `crashctl status` says whether the release is ready, scripts/port-forward opens a way"


def _read(answer: httpx.Response) -> Answer:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    try:
        retry_after_s = float(answer.headers["retry-after"])
    except (KeyError, ValueError):
        retry_after_s = None
    return Answer(
        status=answer.status_code,
        media_type=answer.headers.get("content-type", "").partition(";")[0],
        trace_id=answer.headers.get("x-trace-id"),
        body=body if isinstance(body, dict) else {},
        retry_after_s=retry_after_s,
    )


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
