import asyncio
import json
import secrets
from pathlib import Path

import psutil
import pytest
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue
from game_engine.scenarios import memory

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
CASES = [case for case in CATALOGUE.cases("game-engine") if case.expect.pod.ends is PodEnd.NONE]
MIB = 1024 * 1024
TOKEN = "a-fault-token-of-the-tests"


async def wait_for(condition, within_s, what):
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not condition():
        assert loop.time() < deadline, f"{what} did not come within {within_s} s"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_a_case_does_what_the_catalogue_says(case, client, outbox):
    """
    A firing answers the status and sends exactly the events that the catalogue promises, on the caller's trace.
    """
    trace_id = secrets.token_hex(16)
    expected = case.expect.events

    answer = await client.fire(case.local_path, trace_id)
    await wait_for(lambda: len(outbox.of("event")) >= len(expected), 5, "the event")

    assert case.expect.status == answer.code
    events = outbox.of("event", trace_id)
    assert len(outbox.of("event")) == len(events) == sum(event.count for event in expected)
    for want, event in zip(expected, events, strict=True):
        assert_is(want, case, event)
    for kind, least in case.expect.items.items():
        await wait_for(lambda kind=kind, least=least: len(outbox.of(kind)) >= least, 5, kind)


def assert_is(want, case, event):
    """Compare one event with its line in the catalogue, and with what every event carries."""
    exceptions = event.get("exception", {}).get("values", [])
    outermost = exceptions[-1] if exceptions else {}
    assert want.level == event["level"]
    assert want.type == outermost.get("type")
    assert want.message == (outermost.get("value") or event.get("message"))
    assert want.handled == outermost.get("mechanism", {}).get("handled")
    assert set(want.holds) <= {exception["type"] for exception in exceptions[:-1]}
    assert set(want.contexts) <= event["contexts"].keys()
    tags = {"service": "game-engine", "scenario": case.scenario_name, "run": "test-run"}
    if case.case_name:
        tags["case"] = case.case_name
    assert tags.items() <= event["tags"].items()
    assert {"id": "player-7", "email": "player-7@example.com"} == event["user"]
    crumbs = [
        crumb["message"] for crumb in event["breadcrumbs"]["values"] if crumb["category"] in {"navigation", "spin"}
    ]
    assert ["player opened the machine", "stake placed", "reels stopped", "result known"] == crumbs
    assert f"POST {case.scenario.path}" == event["transaction"]
    assert "pod-1" == event["server_name"]
    runtime = event["contexts"]["runtime"]
    assert {"python", "tornado", "resident_mib", "threads", "open_requests", "cpu_percent", "pod"} <= runtime.keys()


async def test_the_transaction_has_its_status(client, outbox):
    """
    A failed firing is a failed transaction, named after its route.
    """
    await client.fire("/debug/error/ValueError")

    (transaction,) = outbox.of("transaction")
    assert "internal_error" == transaction["contexts"]["trace"]["status"]
    assert "POST /debug/error/{case}" == transaction["transaction"]


async def test_the_profile_shows_the_loop(client, outbox):
    """
    The profile that the event names has most of its samples in the function that turned the reel.
    """
    await client.fire("/debug/infinite-loop")
    await wait_for(lambda: outbox.of("profile_chunk"), 5, "the profile")

    (event,) = outbox.of("event")
    profile = outbox.of("profile_chunk")[0]
    assert profile["profiler_id"] == event["contexts"]["profile"]["profiler_id"]
    frames = profile["profile"]["frames"]
    stacks = [profile["profile"]["stacks"][sample["stack_id"]] for sample in profile["profile"]["samples"]]
    turning = [stack for stack in stacks if any(frames[index]["function"] == "turn_reel" for index in stack)]
    assert turning
    assert event["contexts"]["loop"]["blocked_s"] >= CATALOGUE.find("game-engine", "infinite-loop").budget.wall_s


async def test_a_leak_is_resident_and_is_given_back_on_stop(client, engine):
    """
    What the leak holds is counted by the kernel, listed as active, and back with the kernel after a stop; again and
    again.
    """
    process = psutil.Process()
    for _ in range(3):
        before = process.memory_info().rss

        await client.fire("/debug/memory-leak?case=budget")
        held = process.memory_info().rss - before
        listed = json.loads((await client.call("GET", "/debug/faults")).body)["active"]
        stopped = await client.call("DELETE", "/debug/faults", Authorization=f"Bearer {TOKEN}")

        assert held > 60 * MIB
        assert ["game-engine/memory-leak/budget"] == [run["id"] for run in listed]
        assert {"stopped": 1} == json.loads(stopped.body)
        assert [] == memory.HISTORY
        assert [] == engine.guard.active()
        assert process.memory_info().rss - before < 8 * MIB


async def test_a_second_leak_is_refused_while_one_holds(client, outbox):
    """
    While a leak is held, another one answers 409 and says who holds it.
    """
    await client.fire("/debug/memory-leak?case=step")

    answer = await client.fire("/debug/memory-leak?case=budget")

    assert 409 == answer.code
    assert "run test-run" in json.loads(answer.body)["detail"]
    assert 1 == len(outbox.of("event"))


async def test_steps_add_up_to_the_budget_and_no_further(client):
    """
    Four steps of 16 MiB may be held at once; the fifth is refused.
    """
    answers = [(await client.fire("/debug/memory-leak?case=step")).code for _ in range(5)]

    assert [200, 200, 200, 200, 409] == answers
    assert 64 == len(memory.HISTORY)
