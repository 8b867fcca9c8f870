"""
Every case of the catalogue, fired at the real application with the real database.
"""

import re
import secrets
from pathlib import Path

import pytest
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue
from sentry_relay.processing import StoreNormalizer

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
CASES = [case for case in CATALOGUE.cases("analytics") if case.expect.pod.ends is PodEnd.NONE]


@pytest.fixture
def database(ranking):
    return ranking


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_a_case_does_what_the_catalogue_says(case, served, outbox):
    """
    A firing answers the status and sends exactly the events and items that the catalogue promises, on the caller's
    trace, and each event is well-formed for Sentry itself.
    """
    trace_id = secrets.token_hex(16)
    expected = case.expect.events
    count = sum(event.count for event in expected)

    answer = await served.fire(case.local_path, trace_id)
    events = await outbox.wait("event", count)

    assert case.expect.status == answer.code
    assert events == outbox.of("event", trace_id)
    assert count == len(events)
    for want, event in zip(expected, events, strict=True):
        assert_is_as_promised(want, event)
        assert_says_who_what_and_where(case, event)
        assert [] == marks_of_sentry(event)
    for kind, least in case.expect.items.items():
        await outbox.wait(kind, least)
    assert_gives_nothing_away(b"".join(outbox.raw))
    assert [] == [reason for reason, category in outbox.lost if category == "error"]


def assert_is_as_promised(want, event):
    """Compare an event with its line in the catalogue."""
    exceptions = event.get("exception", {}).get("values", [])
    outermost = exceptions[-1] if exceptions else {}
    assert want.level == event["level"]
    assert want.type == outermost.get("type")
    if want.message is not None:
        assert want.message == (outermost.get("value") or event.get("message"))
    assert want.handled == outermost.get("mechanism", {}).get("handled")
    assert set(want.contexts) <= event["contexts"].keys()
    assert want.tags.items() <= event["tags"].items()


def assert_says_who_what_and_where(case, event):
    """Check what every event of this service carries."""
    tags = {"service": "analytics", "scenario": case.scenario_name, "run": "test-run"}
    assert {**tags, **({"case": case.case_name} if case.case_name else {})}.items() <= event["tags"].items()
    assert {"id": "player-7", "email": "player-7@example.com"} == event["user"]
    own = {"navigation", "statistics"}
    steps = [crumb["message"] for crumb in event["breadcrumbs"]["values"] if crumb["category"] in own]
    assert ["player opened the statistics", "report chosen"] == steps
    assert f"POST {case.scenario.path}" == event["transaction"]
    assert ("crash-demo@0.1.0", "development", "pod-1") == tuple(
        event[name] for name in ("release", "environment", "server_name")
    )
    runtime = event["contexts"]["runtime"]
    versions = {"python", "fastapi", "uvicorn", "motor", "pymongo"}
    assert versions | {"resident_mib", "threads", "open_requests", "cpu_percent", "uptime_s"} <= runtime.keys()
    pod = {"pod": "pod-1", "namespace": "casino", "pod_uid": "uid-1", "node": "node-1"}
    assert pod == event["contexts"]["k8s"]
    assert pod.items() <= runtime.items()


def assert_gives_nothing_away(sent):
    """Look for tokens and passwords, card numbers, and addresses outside example.com, in all that is sent."""
    assert b"a-fault-token-of-the-tests" not in sent
    assert b"casino-local-password" not in sent
    assert set() == set(re.findall(rb"[\w.+-]+@(?!example\.com\b)[a-z][\w-]*\.[a-z]{2,}", sent))
    assert [] == re.findall(rb"\b[3-6]\d{3}(?:[ -]\d{4}){3}\b", sent)


def marks_of_sentry(event):
    """Ask Sentry's own normaliser, and give every place that it marks as malformed."""
    normalised = StoreNormalizer(project_id=4, protocol_version="7", is_renormalize=False).normalize_event(event)
    return list(_errors(normalised.get("_meta", {}), ""))


def _errors(meta, place):
    for name, below in meta.items():
        if name == "" and below.get("err"):
            yield f"{place}: {below['err']}"
        elif isinstance(below, dict):
            yield from _errors(below, f"{place}.{name}")


async def test_a_fault_twice_is_one_issue(served, outbox):
    """
    Nothing that Sentry groups by differs between two firings of one case.
    """
    for _ in range(2):
        await served.fire("/api/debug/database-error")

    first, again = [grouping(event) for event in await outbox.wait("event", 2)]

    assert first == again


async def test_two_faults_are_two_issues(served, outbox):
    """
    No two cases share what Sentry groups by, nor the type and message that a backend without frames groups by.
    """
    for fired, case in enumerate(CASES, start=1):
        await served.fire(case.local_path)
        await outbox.wait("event", fired)

    events = outbox.of("event")
    assert len(CASES) == len({grouping(event) for event in events})
    assert len(CASES) == len({title(event) for event in events})


def grouping(event):
    """Give the types and our own frames of the exceptions; else the message."""
    frames = [
        (one["type"], frame["module"], frame["function"])
        for one in event.get("exception", {}).get("values", [])
        for frame in (one.get("stacktrace") or {"frames": []})["frames"]
        if frame.get("in_app")
    ]
    return tuple(frames) or event["message"]


def title(event):
    """Give the type and value of the outermost exception; else the message."""
    exceptions = event.get("exception", {}).get("values", [])
    return (exceptions[-1]["type"], exceptions[-1]["value"]) if exceptions else event["message"]


async def test_the_transaction_has_its_status(served, outbox):
    """
    A failed firing is a failed transaction, named after its route.
    """
    await served.fire("/api/debug/crash")

    (transaction,) = await outbox.wait("transaction")
    assert "internal_error" == transaction["contexts"]["trace"]["status"]
    assert "POST /api/debug/crash" == transaction["transaction"]


async def test_the_local_variables_of_a_scenario_are_there_and_no_others(served, outbox):
    """
    What the scenario had in hand stands in its own frames; frames of the framework and the driver show nothing.
    """
    await served.fire("/api/debug/crash")

    (event,) = outbox.of("event")
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    shown = {frame["module"] for frame in frames if "vars" in frame}
    assert {"analytics.scenarios.crashes"} == shown
    assert "sums" in frames[-1]["vars"]
