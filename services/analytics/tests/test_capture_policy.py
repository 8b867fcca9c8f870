"""
The capture policy (docs/capture-policy.md) as FastAPI keeps it, beyond what test_policy.py holds: the real application
and SDK, without a database.
"""

import asyncio
import json
import secrets
from pathlib import Path

import httpx
import pytest
import sentry_sdk
from analytics.__main__ import build
from analytics.app import make_app
from analytics.settings import Settings
from crashctl.proof.grouping import key
from crashctl.proof.normaliser import marks
from crashctl.proof.values import told
from crashkit.offpath import watch_loop
from fastapi import BackgroundTasks
from fastapi.exceptions import HTTPException
from sentry_sdk.transport import Transport

CRASH = "/api/debug/crash"
SENT = ["4000 1234 5678 9010", "a-session-of-player-7", "a-password-in-the-query", "a-fault-token-of-the-tests"]


class Service:
    """The application, its callers' way in, and what the SDK would have sent."""

    def __init__(self, parts, items, lost):
        self.app = make_app(parts)
        self.items, self.lost = items, lost

    async def call(self, method, path, trace_id="a" * 32, *, sampled=1, **more):
        headers = {"sentry-trace": f"{trace_id}-{'b' * 16}-{sampled}", **more.pop("headers", {})}
        road = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=road, base_url="http://analytics") as client:
            return await client.request(method, path, headers=headers, **more)

    async def fire(self, path, trace_id="a" * 32, **more):
        headers = {"Authorization": "Bearer a-fault-token-of-the-tests", **more.pop("headers", {})}
        return await self.call("POST", path, trace_id, headers=headers, **more)

    def of(self, kind):
        return [payload for item, payload in self.items if item == kind]


@pytest.fixture
async def service(monkeypatch, tmp_path):
    items, lost = [], []

    class Keep(Transport):
        def capture_envelope(self, envelope):
            items.extend((item.type, json.loads(item.get_bytes())) for item in envelope.items)

        def record_lost_event(self, reason, data_category=None, **_):
            lost.append((reason, data_category))

    told_by = {
        "CATALOG_DIR": str(Path(__file__).parents[3] / "catalog"), "STATE_DIR": str(tmp_path),
        "SENTRY_DSN": f"http://{'0' * 32}@127.0.0.1:9/4", "MONGODB_URI": "mongodb://127.0.0.1:9/",
        "MONGODB_TIMEOUT_MS": "200", "FAULTS_ENABLED": "true", "FAULTS_TOKEN": "a-fault-token-of-the-tests",
    }  # fmt: skip
    for name, value in told_by.items():
        monkeypatch.setenv(name, value)
    parts = build(Settings(), Keep)
    parts.lifecycle.ready = True
    yield Service(parts, items, lost)
    await parts.database.close()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().clear()


async def raises_status():
    raise HTTPException(503, "the table is being cleaned")


async def fails_nobody_knows_why():
    return {}["joker"]


async def fails_with(card: dict, password: str):
    found = {"card": card, "password": password}
    return found["amount"]


async def fails_twice():
    async with asyncio.TaskGroup() as group:
        group.create_task(fails_nobody_knows_why())
        group.create_task(divides())


async def divides():
    return 1 / 0


async def fails_later(tasks: BackgroundTasks):
    tasks.add_task(fails_nobody_knows_why)
    return {}


async def forgets():
    asyncio.get_running_loop().create_task(fails_nobody_knows_why())
    return {}


@pytest.mark.parametrize(
    ("route", "status", "kind"),
    [(fails_nobody_knows_why, 500, "KeyError"), (raises_status, 503, "HTTPException"), (fails_later, 200, "KeyError")],
)
async def test_an_error_that_nobody_catches_is_one_event(route, status, kind, service):
    """
    Raised by a route, by the framework as a 5xx, or after the answer: one unhandled event on the caller's trace, under
    the name of the route.
    """
    service.app.add_api_route("/x", route)

    answer = await service.call("GET", "/x")

    (event,) = service.of("event")
    exception = event["exception"]["values"][-1]
    assert (status, kind, False) == (answer.status_code, exception["type"], exception["mechanism"]["handled"])
    assert ("GET /x", "a" * 32) == (event["transaction"], event["contexts"]["trace"]["trace_id"])
    assert [] == marks(event)


async def test_a_database_that_is_away_is_one_handled_event(service):
    """
    The service did what it is for, the database did not: 503 with its reason, and one event that is handled.
    """
    answer = await service.call("GET", "/api/v1/turnover")

    (event,) = service.of("event")
    assert (503, "urn:crash-demo:problem:database-away") == (answer.status_code, answer.json()["type"])
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is True


async def test_a_group_is_one_event_that_holds_the_tree(service):
    """
    Two tasks of a group that fail are one event with both errors in it.
    """
    service.app.add_api_route("/x", fails_twice)

    await service.call("GET", "/x")

    (event,) = service.of("event")
    kinds = [exception["type"] for exception in event["exception"]["values"]]
    assert "ExceptionGroup" == kinds[-1]
    assert {"KeyError", "ZeroDivisionError"} == set(kinds[:-1])


async def test_a_task_that_nobody_awaits_is_one_event_on_its_trace(service):
    """
    What fails off the path of its request is unhandled, and on the trace that started it.
    """
    watch_loop(asyncio.get_running_loop())
    service.app.add_api_route("/x", forgets)
    trace_id = secrets.token_hex(16)

    answer = await service.call("GET", "/x", trace_id)
    async with asyncio.timeout(5):
        while not service.of("event"):  # noqa: ASYNC110 - what is awaited is a finalizer, which sets no event
            await asyncio.sleep(0.01)

    (event,) = service.of("event")
    assert 200 == answer.status_code
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is False
    assert trace_id == event["contexts"]["trace"]["trace_id"]


async def test_a_fault_twice_is_two_events_of_one_issue(service):
    """
    Each firing is an event; what issues are grouped by is equal, and differs from that of another fault.
    """
    service.app.add_api_route("/x", fails_nobody_knows_why)

    answers = [await service.fire(CRASH), await service.fire(CRASH), await service.call("GET", "/x")]

    first, again, other = [key(event) for event in service.of("event")]
    assert [500, 500, 500] == [answer.status_code for answer in answers]
    assert first == again != other
    assert [] == [loss for loss in service.lost if loss[1] == "error"]


async def test_nothing_that_was_sent_is_told(service):
    """
    Body, cookie, query and token of requests that fail, in a scenario and in a route that has read them, are in no
    event and no transaction.
    """
    service.app.add_api_route("/x", fails_with, methods=["POST"])
    sent = {"json": {"card": "4000 1234 5678 9010"}, "params": {"password": "a-password-in-the-query"}}
    headers = {"Cookie": "session=a-session-of-player-7"}

    answers = [await service.fire(path, headers=headers, **sent) for path in (CRASH, "/x")]

    assert [500, 500] == [answer.status_code for answer in answers]
    assert 2 == len(service.of("event")) == len(service.of("transaction"))
    assert [] == told([payload for _, payload in service.items], SENT)


@pytest.mark.parametrize("header", ["nonsense", "\xff\xfe", f"{'A' * 32}-{'b' * 16}-7", ""])
async def test_a_malformed_trace_header_starts_a_new_trace(header, service):
    """
    A header that cannot be read is no failure: the fault is on a trace of its own, which the answer names.
    """
    answer = await service.fire(CRASH, headers={"sentry-trace": header.encode("latin-1")})

    (event,) = service.of("event")
    trace_id = event["contexts"]["trace"]["trace_id"]
    assert (500, trace_id) == (answer.status_code, answer.json()["trace_id"])
    assert "a" * 32 != trace_id
