"""
Errors off the request path: each reported once, unhandled, on the trace that started the work.

Here belongs what neither the SDK nor a framework reports, or reports on another trace: tasks and futures that nobody
reads, callbacks that fail, coroutines that nobody awaits, threads below :mod:`threading`, finalizers. What is raised
while a request is served belongs to the framework's integration, and what ends a ``threading.Thread`` to the SDK's.
"""

import asyncio

from crashkit.offpath.coroutines import watch_coroutines
from crashkit.offpath.futures import keep_context, watch_futures
from crashkit.offpath.loop import watch_tasks
from crashkit.offpath.threads import watch_threads

__all__ = ["keep_context", "watch_loop"]


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """
    Watch the running loop, and what the whole process does outside of it. Safe to repeat.

    Args:
        loop: the running loop.
    """
    watch_coroutines()
    watch_futures()
    watch_threads()
    watch_tasks(loop)
