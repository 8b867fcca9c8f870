"""
The event of a death, as Sentry takes it. Pure.

It stands on the trace of the flight record: of the fault that was fired last and is still open or still holds what it
took, else of the newest request that was open, else of one that had just been answered. Without any of these it has a
trace of its own. Of several faults one that takes memory comes first where memory was the cause.
"""

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crashkit.flight.reading import Flight, OpenRequest
from crashkit.scrubbing import scrub, scrub_or_reduce

from coroner.causes import Cause, Verdict
from coroner.death import Death, Json, Kind
from coroner.evidence import SIGNALS, Happening, signal_of
from coroner.wording import TITLES

# A request that was answered this short before explains a death too: an error that its work left behind.
JUST_ANSWERED_S = 5.0
MOST_CHARACTERS = 1000
MOST_LINES = 20
LOGGER = "coroner"
OF_MEMORY = frozenset({Cause.OOM_KILL, Cause.OOM_KILL_CHILD, Cause.HEAP_ABORT})


@dataclass(frozen=True)
class Case:
    """
    All that is known of one death.

    Args:
        death: from the pod's status.
        verdict: of what.
        flight: what the process left behind, if it did.
        happenings: what Kubernetes says of it.
        log: the end of its log, where it could be had.
        seen_at: when the coroner saw it (unix seconds).
    """

    death: Death
    verdict: Verdict
    flight: Flight | None
    happenings: Sequence[Happening]
    log: str
    seen_at: float


def blamed(flight: Flight | None, died_at: float | None, likely: Container[str] = ()) -> OpenRequest | None:
    """
    Choose the request whose trace the death belongs to.

    Args:
        flight: what the process left behind.
        died_at: unix seconds; none where it is not known.
        likely: scenarios that are likelier than others to have caused it.
    """
    if flight is None:
        return None
    # The record has faults first, the newest first; of these, one that is still at work before one that only holds.
    faults = [one for one in flight.open if one.scenario]
    if faults:
        return min(faults, key=lambda one: (one.scenario not in likely, one.held_since is not None))
    if flight.open:
        return flight.open[0]
    last = flight.last
    if last and last.until and (died_at is None or died_at - last.until < JUST_ANSWERED_S):
        return last
    return None


def event_of(case: Case, *, environment: str, release: str, takes_memory: Container[str] = ()) -> Json:
    """
    Make the event.

    Args:
        case: all that is known.
        environment: of the release.
        release: of the event, where neither flight record nor pod says another.
        takes_memory: scenarios of the workload that do.
    """
    death, verdict, flight = case.death, case.verdict, case.flight
    died_at = death.at
    request = blamed(flight, died_at, takes_memory if verdict.cause in OF_MEMORY else ())
    kind, said = TITLES[verdict.cause]
    event_id = death.event_id
    told_release = flight.told.get("release") if flight else None
    tags = {
        "service": LOGGER,
        "workload": death.pod.workload,
        "container": death.container,
        "cause": verdict.cause.value,
        "sure": "yes" if verdict.sure else "no",
        **({"scenario": request.scenario, "case": request.case, "run": request.run} if request else {}),
    }
    scenario = (request.scenario if request else None) or "none"
    return {
        "event_id": event_id,
        "timestamp": died_at or case.seen_at,
        "platform": "other",
        "level": "fatal",
        "logger": LOGGER,
        "release": told_release if isinstance(told_release, str) else _release_of(death) or release,
        "environment": environment,
        "server_name": death.pod.name,
        "transaction": request.route if request else None,
        "fingerprint": ["death", death.pod.workload, verdict.cause.value, scenario],
        "exception": {"values": [{"type": kind, "value": said, "mechanism": {"type": "coroner", "handled": False}}]},
        "tags": {name: value for name, value in tags.items() if value},
        "contexts": _without_none(
            {
                "trace": {
                    "trace_id": request.trace if request else event_id,
                    "span_id": event_id[:16],
                    "parent_span_id": request.span if request else None,
                    "op": "death",
                },
                "death": _death(case),
                "memory": _memory(death, flight),
                "k8s": _kubernetes(death),
                "flight": _flight(flight, request),
                "log": {"lines": case.log.splitlines()[-MOST_LINES:]} if case.log else None,
            }
        ),
        "breadcrumbs": {"values": _breadcrumbs(case)},
        "sdk": {"name": "crash-demo.coroner", "version": "0.1.0"},
    }


def envelope_of(event: Json, sent_at: float, book: str | None = None) -> bytes:
    """
    Make the envelope that carries the event, without what nobody may read: what a pod and its container said is in it.

    Args:
        event: as :func:`event_of` made it.
        sent_at: unix seconds.
        book: id of the book that it is counted in (docs/accounts.md).
    """
    payload = json.dumps(scrub_or_reduce(event), separators=(",", ":")).encode()
    at = datetime.fromtimestamp(sent_at, UTC).isoformat().replace("+00:00", "Z")
    named = {"book": book} if book else {}
    head = json.dumps({"event_id": event["event_id"], "sent_at": at, **named}).encode()
    item = json.dumps({"type": "event", "length": len(payload), "content_type": "application/json"}).encode()
    return b"\n".join((head, item, payload, b""))


def _death(case: Case) -> Json:
    death, verdict, ended = case.death, case.verdict, case.death.ended
    number = signal_of(ended.exit_code) if ended else None
    lived_s = ended.finished_at - ended.started_at if ended and ended.finished_at and ended.started_at else None
    return {
        "cause": verdict.cause.value,
        "sure": verdict.sure,
        "evidence": [_line(said) for said in verdict.evidence],
        "known_by": death.kind.value,
        "exit_code": ended.exit_code if ended else None,
        "signal": SIGNALS.get(number, str(number)) if number else None,
        "reason": ended.reason if ended else None,
        "message": _line(ended.message) if ended and case.flight is None and ended.message else None,
        "instance": death.instance,
        "restart_count": death.restarts,
        "back_off": _line(death.waits_message) if death.waits_for == "CrashLoopBackOff" else None,
        "started_at": _time(ended.started_at if ended else None),
        "finished_at": _time(ended.finished_at if ended else None),
        "lived_s": lived_s,
        "grace_s": death.pod.grace_s,
        "not_before": _time(death.not_before) if death.kind is Kind.UNSEEN else None,
        "not_after": _time(death.not_after) if death.kind is Kind.UNSEEN else None,
        "seen_at": _time(case.seen_at),
    }


def _memory(death: Death, flight: Flight | None) -> Json:
    names = ("used_mib", "peak_mib", "slope_mib_s", "oom_kills", "heap_used_mib", "heap_limit_mib")
    limit = flight.memory("limit_mib") if flight else None
    return {"limit_mib": limit or death.limit_mib, **{name: flight and flight.memory(name) for name in names}}


def _kubernetes(death: Death) -> Json:
    pod = death.pod
    return {
        "pod": pod.name,
        "namespace": pod.namespace,
        "pod_uid": pod.uid,
        "node": pod.node,
        "container": death.container,
        "image": death.image,
        "image_id": death.image_id,
        "restart_count": death.restarts,
        "phase": pod.phase,
        "version": pod.version,
    }


def _flight(flight: Flight | None, request: OpenRequest | None) -> Json | None:
    if flight is None:
        return None
    told = flight.told
    opened = [
        {"trace_id": one.trace, "route": one.route, "scenario": one.scenario, "since": _time(one.since)}
        for one in flight.open
    ]
    return {
        "instance": told.get("instance"),
        "updated_at": _time(told.get("updated_at")),
        "requests": told.get("opened"),
        "open": opened,
        "blamed": request.route if request else None,
        "blamed_since": _time(request.since) if request else None,
        "held_since": _time(request.held_since) if request else None,
        "ended": flight.ended,
        "torn": not told,
    }


def _breadcrumbs(case: Case) -> list[Json]:
    crumbs: list[Json] = [
        {
            "type": "default",
            "category": _line(crumb.get("category")),
            "message": _line(crumb.get("message")),
            "timestamp": crumb.get("at"),
        }
        for crumb in (case.flight.breadcrumbs if case.flight else [])
        if isinstance(crumb.get("at"), int | float)
    ]
    crumbs += [
        {
            "type": "default",
            "category": f"kubernetes.{one.reason}",
            "level": "warning" if one.reason in {"Unhealthy", "BackOff", "Failed"} else "info",
            "message": _line(one.message),
            "timestamp": one.last,
            "data": {"count": one.count},
        }
        for one in case.happenings
        if one.last
    ]
    return sorted(crumbs, key=lambda crumb: float(crumb["timestamp"]))[-50:]


def _release_of(death: Death) -> str | None:
    return f"crash-demo@{death.pod.version}" if death.pod.version else None


def _line(said: object) -> str:
    return scrub(str(said or ""))[:MOST_CHARACTERS]


def _time(at: object) -> str | None:
    if not isinstance(at, int | float) or not at:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _without_none(found: dict[str, Any]) -> Json:  # Any: contexts hold JSON of all kinds
    """Leave out what is not known, so that nobody reads an empty line as an answer."""
    return {
        name: {key: value for key, value in part.items() if value is not None} if isinstance(part, dict) else part
        for name, part in found.items()
        if part
    }
