"""
Coroutines of Tornado's own kind (``@gen.coroutine``): their futures know no trace, so their errors have to.
"""

from types import TracebackType
from typing import Any

from crashkit.offpath import keep_context
from tornado import gen
from tornado.concurrent import future_set_exc_info

# As it is called in the module, which gives it no public name.
SETS_ERROR = "future_set_exc_info"


def know_where_generators_fail() -> None:
    """Have the error of one that nobody awaits come on the trace that started it. Safe to repeat."""
    setattr(gen, SETS_ERROR, _set_with_its_context)


def _set_with_its_context(
    future: Any, found: tuple[type | None, BaseException | None, TracebackType | None]
) -> None:  # Any: as Tornado types both of its futures
    keep_context(found[1])
    future_set_exc_info(future, found)
