"""
The thread that looks, whatever goes wrong.
"""

import logging

from crashkit.memory.approach import Approach
from crashkit.memory.usage import Usage
from crashkit.memory.watcher import Watcher


def test_a_mistake_of_ours_is_said_once_and_ends_nothing(cgroup, caplog):
    """
    Whatever fails while it looks, it looks again, and the log has one line.
    """
    told = []

    def warns(*reading):
        told.append(reading)
        raise ZeroDivisionError

    watcher = Watcher(Usage(cgroup.mount), Approach(0.8), warns, iter(range(100)).__next__)
    with caplog.at_level(logging.WARNING):
        for used_mib in (85, 20, 85, 20, 85):
            cgroup.holds(used_mib)
            pause_s = watcher.look()

    assert 3 == len(told)
    assert 0.1 == pause_s
    (line,) = caplog.messages
    assert "memory near its limit is not reported: ZeroDivisionError()" == line
