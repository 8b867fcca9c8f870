"""
What the gateway answered to a firing, against what the catalogue promises. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from crashctl.drill.contract import Firing

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """
    One answer.

    Args:
        status: HTTP status; 0 when there was no answer.
        media_type: without parameters.
        trace_id: its ``X-Trace-Id``.
        body: its JSON object; empty when it has none.
        retry_after_s: its ``Retry-After`` (seconds).
    """

    status: int
    media_type: str
    trace_id: str | None
    body: Mapping[str, Any]  # Any: JSON
    retry_after_s: float | None = None


def answer_mismatches(firing: Firing, answer: Answer) -> list[str]:
    """
    Say what is not as promised.

    Args:
        firing: what was fired.
        answer: to it.
    """
    case = firing.case
    where = f"call {firing.call} of {case.calls}: " if case.calls > 1 else ""
    wanted = int(HTTPStatus.BAD_GATEWAY) if firing.ends_pod else case.expect.status
    if answer.status != wanted:
        why = answer.body.get("detail", "")
        hint = " from the gateway, because the pod must end by it" if firing.ends_pod else ""
        return [f"{where}answered {answer.status or 'nothing'}, expected {wanted}{hint}{f' ({why})' if why else ''}"]
    return [where + wrong for wrong in _wrongs(firing, answer)]


def _wrongs(firing: Firing, answer: Answer) -> list[str]:
    said = []
    if answer.trace_id != firing.trace_id:
        said.append(f"X-Trace-Id is {answer.trace_id}, expected {firing.trace_id}")
    if answer.body.get("trace_id") != firing.trace_id:
        said.append(f"trace_id in the body is {answer.body.get('trace_id')}, expected {firing.trace_id}")
    if answer.status >= HTTPStatus.BAD_REQUEST:
        if answer.media_type != PROBLEM:
            said.append(f"media type is {answer.media_type}, expected {PROBLEM}")
        return said
    case = firing.case
    names = {"service": case.service, "scenario": case.scenario, "case": case.case, "run": firing.run}
    said += [
        f"{name} in the body is {answer.body.get(name)}, expected {value}"
        for name, value in names.items()
        if answer.body.get(name) != value
    ]
    return said
