import asyncio
import json
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from crashctl.proof.process import anonymous_mib
from crashkit import cgroup
from crashkit.loading import load_catalogue
from game_engine.scenarios import memory

MIB = 1024 * 1024
CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
KILL_MIB = CATALOGUE.find("game-engine", "memory-leak", "kill").budget.memory_mib


async def test_a_leak_is_resident_and_is_given_back_on_stop(client, engine):
    """
    What the leak holds is counted by the kernel, listed as active, and back with the kernel after a stop, so that the
    next one is counted in full; what the process takes for itself meanwhile it does not take each time.
    """
    left_mib = []
    for _ in range(3):
        before_mib = anonymous_mib(os.getpid())

        await client.fire("/debug/memory-leak?case=budget")
        held_mib = anonymous_mib(os.getpid()) - before_mib
        listed = json.loads((await client.call("GET", "/debug/faults")).body)["active"]
        stopped = await client.stop_all()

        assert held_mib > 60
        assert ["game-engine/memory-leak/budget"] == [run["id"] for run in listed]
        assert {"stopped": 1} == json.loads(stopped.body)
        assert [] == memory.HISTORY
        assert [] == engine.guard.active()
        left_mib.append(anonymous_mib(os.getpid()) - before_mib)
    assert min(left_mib) < 8


async def test_a_second_leak_is_refused_while_one_holds(client, outbox):
    """
    While a leak is held, another one answers 409 and says who holds it.
    """
    await client.fire("/debug/memory-leak?case=step")

    answer = await client.fire("/debug/memory-leak?case=budget")

    assert 409 == answer.code
    assert "run test-run" in json.loads(answer.body)["detail"]
    assert 1 == len(outbox.of("event"))


async def test_steps_add_up_to_the_budget_and_no_further(client, outbox):
    """
    Four steps of 16 MiB may be held at once, each with its warning; the fifth is refused.
    """
    answers = [(await client.fire("/debug/memory-leak?case=step")).code for _ in range(5)]

    assert [200, 200, 200, 200, 409] == answers
    assert 64 == len(memory.HISTORY)
    assert [16, 32, 48, 64] == [event["contexts"]["leak"]["held_mib"] for event in outbox.of("event")]


async def test_the_warning_says_how_much_is_left(client, outbox):
    """
    The context of the leak has what was added, what is held, and what the kernel counts.
    """
    await client.fire("/debug/memory-leak?case=step")

    (event,) = outbox.of("event")
    leak = event["contexts"]["leak"]
    assert (16, 16, 16) == (leak["added_mib"], leak["held_mib"], leak["budget_mib"])
    if cgroup.read_memory() is not None:
        assert leak["memory_usage_mib"] > 0


async def test_the_warning_names_the_line_that_holds_the_memory(client, outbox):
    """
    The top allocation of the leak is the line that maps a recording, with its MiB and its count, and the trace of
    allocations ends with the scenario.
    """
    await client.fire("/debug/memory-leak?case=step")

    (event,) = outbox.of("event")
    first = event["contexts"]["allocations"]["top"][0]
    assert ("game_engine/scenarios/memory.py", 16, 16) == (first["file"], round(first["mib"]), first["count"])
    assert not tracemalloc.is_tracing()


async def test_a_leak_that_is_stopped_while_it_grows_gives_everything_back(client, outbox):
    """
    DELETE reaches a growing leak: it answers 409, frees what it took, and reports nothing.
    """
    growing = asyncio.create_task(client.fire("/debug/memory-leak?case=kill"))
    while not memory.HISTORY:  # noqa: ASYNC110 - it sets no event
        await asyncio.sleep(0)

    await client.stop_all()
    answer = await growing

    problem = json.loads(answer.body)
    assert (409, "urn:crash-demo:problem:stopped") == (answer.code, problem["type"])
    assert [] == memory.HISTORY
    assert [] == outbox.of("event")


@pytest.mark.parametrize(("left_mib", "added_mib"), [(1000, KILL_MIB), (20, 9)])
async def test_the_fatal_firing_warns_while_there_is_somebody_to_warn(left_mib, added_mib, client, outbox, monkeypatch):
    """
    Where the limit is near, the one warning of a firing is sent before the memory is taken that passes it.
    """
    limit = cgroup.CgroupMemory(2, 192 * MIB, 0, None, 0, 0)

    def read():
        usage = 192 - left_mib + len(memory.HISTORY)
        return replace(limit, usage_bytes=usage * MIB)

    monkeypatch.setattr(cgroup, "read_memory", read)

    await client.fire("/debug/memory-leak?case=kill")

    (event,) = outbox.of("event")
    assert added_mib == event["contexts"]["leak"]["added_mib"]
    assert KILL_MIB == len(memory.HISTORY)
