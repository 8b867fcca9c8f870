"""
Executors, and what is left of their work.
"""

import asyncio
import concurrent.futures
import multiprocessing
import operator

import pytest

PRIZES = {"cherry": 5}
POOL = concurrent.futures.ThreadPoolExecutor(max_workers=2)


class StoppedError(BaseException):
    """What libraries raise so that no ``except Exception`` stops it."""


def pay(symbol="joker"):
    return PRIZES[symbol]


def stop():
    raise StoppedError


async def map_that_nobody_reads():
    POOL.map(pay, ["joker"])


async def stopped():
    POOL.submit(stop)


async def process():
    spawning = multiprocessing.get_context("spawn")
    concurrent.futures.ProcessPoolExecutor(1, mp_context=spawning).submit(operator.getitem, PRIZES, "joker")


async def initializer_that_fails():
    executor = concurrent.futures.ThreadPoolExecutor(1, initializer=pay)
    for _ in range(3):
        try:
            executor.submit(pay, "cherry")
        except concurrent.futures.BrokenExecutor:
            return


async def shield_that_was_left():
    async def pays_late():
        await asyncio.sleep(0.02)
        pay()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(pays_late()), 0.001)


async def generator_that_closes_badly():
    async def reels():
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            pay()

    async for _ in reels():
        break


async def server_of_streams():
    async def serve(_reader, writer):
        writer.close()
        pay()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.close()


WAYS = {
    map_that_nobody_reads: "KeyError",
    stopped: "StoppedError",
    process: "KeyError",
    initializer_that_fails: "KeyError",
    shield_that_was_left: "KeyError",
    generator_that_closes_badly: "KeyError",
    server_of_streams: "KeyError",
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_work_that_nobody_reads_is_one_event_on_its_trace(way, fire):
    """
    Whatever runs the work, its error is one unhandled event with the trace of what asked for it.
    """
    kind, _, handled = fire(way).only()

    assert (WAYS[way], False) == (kind, handled)
