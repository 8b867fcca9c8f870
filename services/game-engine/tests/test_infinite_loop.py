import asyncio
import json
from pathlib import Path

from crashkit.loading import load_catalogue

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")


async def test_the_profile_shows_the_loop(client, outbox):
    """
    The profile that event and transaction name has most of its samples of this thread in the function that turned.
    """
    await client.fire("/debug/infinite-loop")

    (profile, *_) = await outbox.wait("profile_chunk")
    (event,) = outbox.of("event")
    (transaction,) = outbox.of("transaction")
    profiler = {"profiler_id": profile["profiler_id"]}
    assert profiler.items() <= event["contexts"]["profile"].items()
    assert profiler.items() <= transaction["contexts"]["profile"].items()
    frames, stacks = profile["profile"]["frames"], profile["profile"]["stacks"]
    turning = [stack for stack in stacks if any(frames[index]["function"] == "turn_reel" for index in stack)]
    samples = [sample for sample in profile["profile"]["samples"] if stacks[sample["stack_id"]] in turning]
    assert len(samples) > 50


async def test_nothing_else_runs_meanwhile_and_everything_after(client, outbox):
    """
    A probe that comes during the loop is answered after it; the loop keeps its budget.
    """
    budget = CATALOGUE.find("game-engine", "infinite-loop").budget
    loop = asyncio.get_running_loop()
    began = loop.time()

    fault = asyncio.create_task(client.fire("/debug/infinite-loop"))
    await asyncio.sleep(0)
    probe = await client.call("GET", "/healthz/live")
    waited_s = loop.time() - began
    report = json.loads((await fault).body)["report"]

    (event,) = outbox.of("event")
    assert 200 == probe.code
    assert budget.wall_s <= waited_s
    assert budget.wall_s <= report["blocked_s"] < budget.wall_s + 1
    assert report["blocked_s"] == event["contexts"]["loop"]["blocked_s"]
    assert event["contexts"]["loop"]["cpu_s"] > 0.3 * budget.wall_s
