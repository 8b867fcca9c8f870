"""
Every case of the catalogue, fired at the real application.
"""

import re
import secrets
from pathlib import Path

import pytest
from crashctl.proof.grouping import key
from crashctl.proof.normaliser import marks
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
CASES = [case for case in CATALOGUE.cases("game-engine") if case.expect.pod.ends is PodEnd.NONE]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_a_case_does_what_the_catalogue_says(case, client, outbox):
    """
    A firing answers the status and sends exactly the events and items that the catalogue promises, on the caller's
    trace, and each event is well-formed for Sentry itself.
    """
    trace_id = secrets.token_hex(16)
    expected = case.expect.events
    count = sum(event.count for event in expected)

    answer = await client.fire(case.local_path, trace_id)
    events = await outbox.wait("event", count)

    assert case.expect.status == answer.code
    assert events == outbox.of("event", trace_id)
    assert count == len(events)
    for want, event in zip(expected, events, strict=True):
        assert_is_as_promised(want, event)
        assert_says_who_what_and_where(case, event)
        assert [] == marks(event)
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
    assert want.message == (outermost.get("value") or event.get("message"))
    assert want.handled == outermost.get("mechanism", {}).get("handled")
    assert set(want.holds) <= {exception["type"] for exception in exceptions[:-1]}
    assert set(want.contexts) <= event["contexts"].keys()
    assert want.tags.items() <= event["tags"].items()


def assert_says_who_what_and_where(case, event):
    """Check what every event of this service carries."""
    tags = {"service": "game-engine", "scenario": case.scenario_name, "run": "test-run"}
    assert {**tags, **({"case": case.case_name} if case.case_name else {})}.items() <= event["tags"].items()
    assert {"id": "player-7", "email": "player-7@example.com"} == event["user"]
    steps = [
        crumb["message"] for crumb in event["breadcrumbs"]["values"] if crumb["category"] in {"navigation", "spin"}
    ]
    assert ["player opened the machine", "stake placed", "reels stopped", "result known"] == steps
    assert f"POST {case.scenario.path}" == event["transaction"]
    assert ("crash-demo@0.1.0", "development", "pod-1") == tuple(
        event[name] for name in ("release", "environment", "server_name")
    )
    runtime = event["contexts"]["runtime"]
    assert {
        "python",
        "tornado",
        "resident_mib",
        "threads",
        "open_requests",
        "cpu_percent",
        "uptime_s",
    } <= runtime.keys()
    pod = {"pod": "pod-1", "namespace": "casino", "pod_uid": "uid-1", "node": "node-1"}
    assert pod == event["contexts"]["k8s"]
    assert pod.items() <= runtime.items()


def assert_gives_nothing_away(sent):
    """Look for the fault token, card numbers, and addresses of anybody outside example.com, in all that is sent."""
    assert b"a-fault-token-of-the-tests" not in sent
    assert set() == set(re.findall(rb"[\w.+-]+@(?!example\.com\b)[a-z][\w-]*\.[a-z]{2,}", sent))
    assert [] == re.findall(rb"\b[3-6]\d{3}(?:[ -]\d{4}){3}\b", sent)


async def test_a_fault_twice_is_one_issue(client, outbox):
    """
    Nothing that Sentry groups by differs between two firings of one case.
    """
    for _ in range(2):
        await client.fire("/debug/error/key-error")

    first, again = [grouping(event) for event in await outbox.wait("event", 2)]

    assert first == again


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_two_faults_are_two_issues(client, outbox):
    """
    No two cases share what Sentry groups by; only the leak is one mistake in several sizes.
    """
    cases = [case for case in CASES if case.scenario_name != "memory-leak"]

    for fired, case in enumerate(cases, start=1):
        await client.fire(case.local_path)
        await outbox.wait("event", fired)

    assert len(cases) == len({grouping(event) for event in outbox.of("event")})


def grouping(event):
    """Give what Bugsink groups by, and for Sentry the types and our own frames at the root of the mistake."""
    exceptions = event.get("exception", {}).get("values", [])
    roots = [one for one in exceptions if not one["mechanism"].get("is_exception_group")]
    frames = [
        (one["type"], frame["module"], frame["function"])
        for one in roots
        for frame in one["stacktrace"]["frames"]
        if frame.get("in_app")
    ]
    return key(event), tuple(frames)


async def test_the_transaction_has_its_status(client, outbox):
    """
    A failed firing is a failed transaction, named after its route.
    """
    await client.fire("/debug/error/ValueError")

    (transaction,) = outbox.of("transaction")
    assert "internal_error" == transaction["contexts"]["trace"]["status"]
    assert "POST /debug/error/{case}" == transaction["transaction"]


async def test_the_fields_of_the_games_own_error_reach_its_event(client, outbox):
    """
    The numbers of the jackpot's mismatch are in a context, and its message holds none of them.
    """
    await client.fire("/debug/error/custom-error")

    (event,) = outbox.of("event")
    jackpot = {"machine": "machine-3", "shown": 500_000, "paid_in": 487_500}
    assert jackpot == event["contexts"]["jackpot"]


@pytest.mark.parametrize(("case", "function"), [("gather", "_settle"), ("task-group", "_share_pot")])
async def test_concurrent_failures_are_a_tree_in_one_event(case, function, client, outbox):
    """
    The group is the root, both failures are its children, and each has its own frames.
    """
    await client.fire(f"/debug/async-error?case={case}")

    (event,) = outbox.of("event")
    *failures, group = event["exception"]["values"]
    assert group["mechanism"]["is_exception_group"]
    assert {group["mechanism"]["exception_id"]} == {failure["mechanism"]["parent_id"] for failure in failures}
    assert 2 == len(failures)
    assert {function} == {failure["stacktrace"]["frames"][-1]["function"] for failure in failures}


@pytest.mark.parametrize(
    ("case", "thread"),
    [
        ("unhandled-thread", "audit-unhandled"),
        ("handled-in-thread", "audit-handled"),
        ("executor", "audit_0"),
        ("raw-thread", "Dummy-"),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_threads_event_names_the_thread(case, thread, client, outbox):
    """
    Who was it: the event says the name of the thread that failed.
    """
    await client.fire(f"/debug/threading-error?case={case}")

    (event,) = await outbox.wait("event")
    assert event["contexts"]["runtime"]["thread"].startswith(thread)
