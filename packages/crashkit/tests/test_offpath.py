"""
Each kind of error off the request path, on both event loops that the services use.
"""

import _thread
import asyncio
import concurrent.futures
import gc
import threading
import weakref

import pytest
import sentry_sdk
import uvloop
from crashkit.offpath import watch_loop

POOL = concurrent.futures.ThreadPoolExecutor(max_workers=2)
PRIZES = {"cherry": 5}
KEPT = set()


def pay(symbol):
    return PRIZES[symbol]


async def pay_later(symbol):
    return pay(symbol)


async def a_task():
    asyncio.get_running_loop().create_task(pay_later("joker"))


async def a_task_in_a_set():
    task = asyncio.get_running_loop().create_task(pay_later("joker"))
    KEPT.add(task)
    task.add_done_callback(KEPT.discard)


async def a_gather_that_nobody_awaits():
    asyncio.gather(pay_later("joker"))


async def a_future():
    asyncio.get_running_loop().create_future().set_exception(KeyError("joker"))


async def a_callback():
    asyncio.get_running_loop().call_soon(pay, "joker")


async def a_timer():
    asyncio.get_running_loop().call_later(0.001, pay, "joker")


async def a_callback_of_a_task():
    async def nothing():
        pass

    asyncio.get_running_loop().create_task(nothing()).add_done_callback(lambda _: pay("joker"))


async def the_default_executor():
    asyncio.get_running_loop().run_in_executor(None, pay, "joker")


async def to_thread():
    asyncio.get_running_loop().create_task(asyncio.to_thread(pay, "joker"))


async def an_executor():
    POOL.submit(pay, "joker")


async def an_executor_that_is_waited_for():
    concurrent.futures.wait([POOL.submit(pay, "joker")])


async def an_executor_that_is_asked_too_early():
    begin = threading.Event()
    future = POOL.submit(lambda: begin.wait() and pay("joker"))
    with pytest.raises(TimeoutError):
        future.result(timeout=0.01)
    begin.set()


async def a_callback_of_an_executor():
    POOL.submit(pay, "cherry").add_done_callback(lambda _: pay("joker"))


async def a_task_from_a_thread():
    loop = asyncio.get_running_loop()
    POOL.submit(asyncio.run_coroutine_threadsafe, pay_later("joker"), loop)


async def a_thread():
    threading.Thread(target=pay, args=("joker",)).start()


async def a_thread_timer():
    threading.Timer(0.001, pay, ("joker",)).start()


async def a_raw_thread():
    _thread.start_new_thread(pay, ("joker",))


async def a_finalizer():
    class Machine:
        def __del__(self):
            pay("joker")

    Machine()


async def a_weak_callback():
    class Machine:
        pass

    machine = Machine()
    kept = weakref.ref(machine, lambda _: pay("joker"))
    del machine
    assert kept() is None


WAYS = [
    a_task,
    a_task_in_a_set,
    a_gather_that_nobody_awaits,
    a_future,
    a_callback,
    a_timer,
    a_callback_of_a_task,
    the_default_executor,
    to_thread,
    an_executor,
    an_executor_that_is_waited_for,
    an_executor_that_is_asked_too_early,
    a_callback_of_an_executor,
    a_task_from_a_thread,
    a_thread,
    a_thread_timer,
    a_raw_thread,
    a_finalizer,
    a_weak_callback,
]
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


async def on_a_trace(way):
    """Start the work as a request does: on a trace of its own, in a scope of its own, which then are left."""
    with sentry_sdk.isolation_scope() as scope:
        transaction = sentry_sdk.continue_trace({}, name=way.__name__, op="test")
        with sentry_sdk.start_transaction(transaction):
            scope.set_tag("way", way.__name__)
            await way()
            return transaction.trace_id


async def until(condition, what, within_s=5.0):
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not condition():
        assert loop.time() < deadline, f"{what} did not come within {within_s} s"
        await asyncio.sleep(0.01)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_error_off_the_path_is_one_event_on_its_trace(way, loop, sentry, outbox):
    """
    Whatever ran the work, its error is one unhandled event, with the trace and the tags of what started it.
    """
    sentry.start()

    async def run():
        watch_loop(asyncio.get_running_loop())
        others = [asyncio.create_task(on_a_trace(a_quiet_request)) for _ in range(3)]
        trace_id = await asyncio.create_task(on_a_trace(way))
        await asyncio.gather(*others)
        await until(lambda: outbox.events, "the event")
        gc.collect()
        return trace_id

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        trace_id = runner.run(run())

    (event,) = outbox.events
    exception = event["exception"]["values"][-1]
    assert ("KeyError", "'joker'") == (exception["type"], exception["value"].replace('"', ""))
    assert exception["mechanism"]["handled"] is False
    assert trace_id == event["contexts"]["trace"]["trace_id"]
    assert {"service": "casino", "way": way.__name__}.items() <= event["tags"].items()


async def a_quiet_request():
    await asyncio.sleep(0)


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
def test_a_coroutine_that_nobody_awaits_is_one_event(sentry, outbox):
    """
    A forgotten ``await`` is an unhandled event whose stack leads to where the coroutine was dropped.
    """
    sentry.start()

    async def forget():
        pay_later("joker")

    async def run():
        watch_loop(asyncio.get_running_loop())
        return await on_a_trace(forget)

    trace_id = asyncio.run(run())

    (event,) = outbox.events
    (exception,) = event["exception"]["values"]
    assert ("RuntimeWarning", "coroutine 'pay_later' was never awaited") == (exception["type"], exception["value"])
    assert exception["mechanism"]["handled"] is False
    assert "forget" in [frame["function"] for frame in exception["stacktrace"]["frames"]]
    assert trace_id == event["contexts"]["trace"]["trace_id"]


def test_an_error_that_somebody_reads_is_no_event(sentry, outbox):
    """
    Work whose error is awaited, read or handled is the business of whoever asked for it.
    """
    sentry.start()

    async def run():
        loop = asyncio.get_running_loop()
        watch_loop(loop)
        future = POOL.submit(pay, "joker")
        with pytest.raises(KeyError):
            future.result()
        with pytest.raises(KeyError):
            await loop.run_in_executor(None, pay, "joker")
        with pytest.raises(KeyError):
            await loop.create_task(pay_later("joker"))
        assert isinstance(POOL.submit(pay, "joker").exception(), KeyError)
        gathered = await asyncio.gather(pay_later("joker"), asyncio.to_thread(pay, "joker"), return_exceptions=True)
        assert [KeyError, KeyError] == [type(error) for error in gathered]

    asyncio.run(run())
    gc.collect()

    assert [] == outbox.events


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_watching_twice_reports_once(sentry, outbox):
    """
    A second watch changes nothing.
    """
    sentry.start()

    async def run():
        for _ in range(3):
            watch_loop(asyncio.get_running_loop())
        await on_a_trace(an_executor)
        await on_a_trace(a_finalizer)
        await until(lambda: len(outbox.events) >= 2, "both events")

    asyncio.run(run())
    gc.collect()

    assert 2 == len(outbox.events)


def test_what_another_loop_only_logs_is_unhandled_too(sentry, outbox):
    """
    A loop that nobody watches logs its unread errors; that event is unhandled as well.
    """
    sentry.start()

    async def run():
        asyncio.get_running_loop().create_task(pay_later("joker"))
        await until(lambda: outbox.events, "the event")

    asyncio.run(run())

    (event,) = outbox.events
    assert "asyncio" == event["logger"]
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is False
