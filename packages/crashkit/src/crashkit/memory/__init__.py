"""
Before the kill: one warning when the memory of the container comes near its limit (docs/before-the-kill.md).

The kernel's OOM kill leaves a process no time to say anything. Here belong noticing that it comes
(:mod:`crashkit.memory.approach`, pure), looking (:mod:`crashkit.memory.usage`, :mod:`crashkit.memory.watcher`), what
grew (:mod:`crashkit.memory.grown`), and the event (:mod:`crashkit.memory.warning`); nothing that explains a death.
"""

from crashkit.memory.warning import MESSAGE
from crashkit.memory.watcher import watching_memory

__all__ = ["MESSAGE", "watching_memory"]
