"""
Why the SDK's AsyncioIntegration is off (docs/decisions): the same faults with it and without it.
"""

import asyncio
import gc

import pytest
import sentry_sdk
from crashkit.offpath import watch_loop
from crashkit.telemetry import capture_unhandled
from sentry_sdk.integrations.asyncio import enable_asyncio_integration

PRIZES = {"cherry": 5}


async def pay(symbol):
    await asyncio.sleep(0)
    return PRIZES[symbol]


async def group():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pay("joker"))
        tasks.create_task(pay("crown"))


async def gather():
    await asyncio.gather(pay("joker"), pay("crown"))


async def detached():
    asyncio.get_running_loop().create_task(pay("joker"))


async def serve(fault):
    """Do what a framework's integration does: report what a request raises."""
    with sentry_sdk.isolation_scope():
        transaction = sentry_sdk.continue_trace({}, name="request", op="test")
        with sentry_sdk.start_transaction(transaction):
            try:
                await fault()
            except Exception as error:  # noqa: BLE001 - whatever the fault raises
                capture_unhandled(error, "framework")


def events_of(fault, sentry, outbox, *, integration):
    sentry.start()

    async def run():
        if integration:
            enable_asyncio_integration(task_spans=False)
        else:
            watch_loop(asyncio.get_running_loop())
        await asyncio.create_task(serve(fault))
        for _ in range(10):
            await asyncio.sleep(0)
        gc.collect()

    asyncio.run(run())
    return len(outbox.events)


@pytest.mark.parametrize("fault", [group, gather, detached], ids=lambda fault: fault.__name__)
def test_without_it_a_fault_is_one_event(fault, sentry, outbox):
    """
    A failing group, a failing gather and a task that nobody awaits are one event each.
    """
    assert 1 == events_of(fault, sentry, outbox, integration=False)


@pytest.mark.parametrize(("fault", "events"), [(group, 3), (gather, 3), (detached, 2)])
def test_with_it_one_fault_is_several(fault, events, sentry, outbox):
    """
    With the integration each failing task is an event, and the request that awaits it is one more.

    If this fails after an update of the SDK, the decision may be taken anew.
    """
    assert events == events_of(fault, sentry, outbox, integration=True)
