import asyncio
import gc
import json
import os
import resource
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from analytics.scenarios import memory
from crashctl.proof.process import anonymous_mib
from crashkit import cgroup
from crashkit.loading import load_catalogue

MIB = 1024 * 1024
CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
BUDGET_MIB = CATALOGUE.find("analytics", "memory-spike", "released").budget.memory_mib
OOM_MIB = CATALOGUE.find("analytics", "memory-spike", "oom").budget.memory_mib


async def leaves_nothing(fire):
    """
    Whether the process is as large after one of three firings as before it: what it takes for itself meanwhile it does
    not take each time. That nothing is reused instead of given back is for a process of its own to show.
    """
    grown_mib = []
    for _ in range(3):
        before_mib = anonymous_mib(os.getpid())
        await fire()
        grown_mib.append(anonymous_mib(os.getpid()) - before_mib)
    return min(grown_mib) < 20


async def test_a_spike_is_resident_and_is_given_back(client, outbox):
    """
    The peak is above the begin by the whole budget, and the end is near the begin, though the kernel takes pages of
    libraries away, and brings them back, meanwhile.
    """
    assert await leaves_nothing(lambda: client.fire("/api/debug/memory-spike?case=released"))

    spikes = [event["contexts"]["spike"] for event in outbox.of("event")]
    assert 3 == len(spikes)
    assert max(spike["peak_mib"] - spike["before_mib"] for spike in spikes) >= BUDGET_MIB - 2
    assert min(spike["after_mib"] - spike["before_mib"] for spike in spikes) < 12


async def test_the_warning_names_the_line_that_took_the_memory(client, outbox):
    """
    The first line of the top allocations is the one that makes a page, with its MiB; nothing is traced afterwards.
    """
    await client.fire("/api/debug/memory-spike?case=released")

    (event,) = outbox.of("event")
    first = event["contexts"]["allocations"]["top"][0]
    assert "analytics/scenarios/memory.py" == first["file"]
    assert BUDGET_MIB == round(first["mib"])
    assert BUDGET_MIB / memory.PAGE_MIB == first["count"]
    assert not tracemalloc.is_tracing()


async def test_the_profile_shows_who_made_the_pages(client, outbox):
    """
    The profile that event and transaction name has samples in the function that renders, and garbage is collected
    again.
    """
    await client.fire("/api/debug/memory-spike?case=released")

    (profile, *_) = await outbox.wait("profile_chunk")
    (event,) = outbox.of("event")
    (transaction,) = await outbox.wait("transaction")
    named = {"profiler_id": profile["profiler_id"]}
    assert named.items() <= event["contexts"]["profile"].items()
    assert named.items() <= transaction["contexts"]["profile"].items()
    assert "_render" in {frame["function"] for frame in profile["profile"]["frames"]}
    assert gc.isenabled()


async def test_a_memory_error_is_captured_while_there_is_no_memory(client, outbox):
    """
    The event was built with the pages still held and less room than one page beside the ballast; the limit of the
    process is as before, and so is its size.
    """
    limit = resource.getrlimit(resource.RLIMIT_AS)
    budget = CATALOGUE.find("analytics", "memory-spike", "memory-error").budget

    answer = await client.fire("/api/debug/memory-spike?case=memory-error")

    (event,) = outbox.of("event")
    spike = event["contexts"]["spike"]
    assert 500 == answer.code
    assert limit == resource.getrlimit(resource.RLIMIT_AS)
    assert 16 <= spike["held_mib"] <= budget.memory_mib
    assert 0 <= spike["address_space_left_mib"] <= memory.BALLAST_MIB + memory.PAGE_MIB
    assert {"type": "memory", "handled": False} == event["exception"]["values"][-1]["mechanism"]
    assert await leaves_nothing(lambda: client.fire("/api/debug/memory-spike?case=memory-error"))


async def test_a_memory_error_keeps_its_budget_in_a_process_that_is_not_fresh(client, outbox):
    """
    Also after threads have come and gone, whose memory malloc finds again, no firing holds more than its budget.
    """
    budget = CATALOGUE.find("analytics", "memory-spike", "memory-error").budget
    for case in ("oom", "released", "released"):
        await client.fire(f"/api/debug/memory-spike?case={case}")

    answers = [(await client.fire("/api/debug/memory-spike?case=memory-error")).code for _ in range(4)]

    errors = outbox.of("event")[3:]
    assert [500] * 4 == answers
    assert 4 == len(errors)
    assert max(event["contexts"]["spike"]["held_mib"] for event in errors) <= budget.memory_mib


async def test_a_spike_that_is_stopped_gives_everything_back(client, parts, outbox):
    """
    DELETE reaches a growing export: it answers 409, frees what it took, and reports nothing.
    """

    async def fire_and_stop():
        growing = asyncio.create_task(client.fire("/api/debug/memory-spike?case=oom"))
        while not parts.guard.active():  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0)
        await client.call("DELETE", "/api/debug/faults", Authorization="Bearer a-fault-token-of-the-tests")
        answer = await growing
        assert (409, "urn:crash-demo:problem:stopped") == (answer.code, json.loads(answer.body)["type"])

    assert await leaves_nothing(fire_and_stop)
    assert [] == outbox.of("event")


@pytest.mark.parametrize(("left_mib", "held_mib"), [(1000, OOM_MIB), (61, 38)])
async def test_the_fatal_firing_warns_while_there_is_somebody_to_warn(left_mib, held_mib, client, outbox, monkeypatch):
    """
    Where the limit is near, the one warning is sent before the memory is taken that passes it, with the lines that
    hold the rest.
    """
    limit = cgroup.CgroupMemory(2, 320 * MIB, 0, None, 0, 0)

    def read():
        traced_bytes, _peak_bytes = tracemalloc.get_traced_memory()
        return replace(limit, usage_bytes=(320 - left_mib) * MIB + traced_bytes)

    monkeypatch.setattr(cgroup, "read_memory", read)

    answer = await client.fire("/api/debug/memory-spike?case=oom")

    (event,) = outbox.of("event")
    spike = event["contexts"]["spike"]
    assert 200 == answer.code
    assert held_mib == spike["held_mib"]
    assert abs(spike["held_mib"] - event["contexts"]["allocations"]["top"][0]["mib"]) < 1
    assert OOM_MIB == json.loads(answer.body)["report"]["held_mib"]
