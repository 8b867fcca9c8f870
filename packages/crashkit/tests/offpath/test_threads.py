"""
Threads of every kind, whatever ends them.
"""

import _thread
import asyncio
import threading

import pytest

PRIZES = {"cherry": 5}
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class StoppedError(BaseException):
    """What libraries raise so that no ``except Exception`` stops it."""


def pay():
    return PRIZES["joker"]


def stop():
    raise StoppedError


async def raw_by_its_old_name():
    _thread.start_new(pay, ())


async def raw_in_a_thread():
    threading.Thread(target=_thread.start_new_thread, args=(pay, ())).start()


async def thread_in_a_thread():
    threading.Thread(target=lambda: threading.Thread(target=pay).start()).start()


async def thread_with_a_run_of_its_own():
    thread = threading.Thread()
    thread.run = pay
    thread.start()


async def thread_of_a_subclass():
    class Reel(threading.Thread):
        def run(self):
            pay()

    Reel().start()


async def raw_that_is_stopped():
    _thread.start_new_thread(stop, ())


async def thread_that_is_stopped():
    threading.Thread(target=stop).start()


WAYS = {
    raw_by_its_old_name: ("KeyError", "thread"),
    raw_in_a_thread: ("KeyError", "thread"),
    thread_in_a_thread: ("KeyError", "threading"),
    thread_with_a_run_of_its_own: ("KeyError", "threading"),
    thread_of_a_subclass: ("KeyError", "threading"),
    raw_that_is_stopped: ("StoppedError", "thread"),
    thread_that_is_stopped: ("StoppedError", "threading"),
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_ends_a_thread_is_one_event_on_its_trace(way, fire):
    """
    However a thread was started and whatever ends it, that is one unhandled event.
    """
    assert (*WAYS[way], False) == fire(way).only()


def test_a_thread_that_ends_itself_is_no_event(fire):
    """
    ``SystemExit`` is how a thread says that it has done its work: the only event is that of the one that failed.
    """

    async def exits():
        done = [threading.Event(), threading.Event()]

        def leave(done):
            try:
                raise SystemExit
            finally:
                done.set()

        threading.Thread(target=leave, args=(done[0],)).start()
        _thread.start_new_thread(leave, (done[1],))
        await asyncio.to_thread(lambda: all(event.wait(30) for event in done))
        _thread.start_new_thread(stop, ())

    assert ("StoppedError", "thread", False) == fire(exits).only()
