"""
What a forked child must begin anew.
"""

import os
import weakref
from collections.abc import Callable


def in_child(method: Callable[[], None]) -> None:
    """
    Call a method in each forked child, for as long as its object lives; the registration itself keeps nothing alive.

    Args:
        method: bound to the object.
    """
    again = weakref.WeakMethod(method)

    def begin_anew() -> None:
        alive = again()
        if alive is not None:
            alive()

    os.register_at_fork(after_in_child=begin_anew)
