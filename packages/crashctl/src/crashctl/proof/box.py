"""
A memory limit of the kernel's for a process of a test, as a container has it. Needs root.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crashctl.waiting import wait_for

MIB = 1024 * 1024
MOUNT = Path("/sys/fs/cgroup")
EMPTY_WITHIN_S = 30
# The process sees its cgroup where a container sees its own, and belongs to it before it is anything.
_ENTER = 'echo $$ > "$0/cgroup.procs" && mount --bind "$0" "$1" && shift && exec "$@"'


class Box:
    """
    A memory cgroup, v1 or v2.

    Args:
        limit_mib: above this the kernel kills.
    """

    def __init__(self, limit_mib: int) -> None:
        v1 = MOUNT / "memory"
        self._seen_at = v1 if v1.is_dir() else MOUNT
        self._v1 = v1.is_dir()
        self.path = self._seen_at / f"crash-demo-{secrets.token_hex(4)}"
        self.path.mkdir()
        limit = "memory.limit_in_bytes" if self._v1 else "memory.max"
        (self.path / limit).write_text(str(limit_mib * MIB))
        if not self._v1:
            (self.path / "memory.swap.max").write_text("0")

    @property
    def before(self) -> list[str]:
        """The command that runs another one inside."""
        return ["unshare", "--mount", "sh", "-c", _ENTER, str(self.path), str(self._seen_at)]

    @property
    def oom_kills(self) -> int:
        """How many of its processes the kernel has killed."""
        text = (self.path / ("memory.oom_control" if self._v1 else "memory.events")).read_text()
        words = text.split()
        return int(words[words.index("oom_kill") + 1])

    def close(self) -> None:
        """Take it away; whatever runs inside must have ended."""
        wait_for(lambda: not (self.path / "cgroup.procs").read_text(), EMPTY_WITHIN_S, f"an empty {self.path}")
        self.path.rmdir()


def why_no_box() -> str | None:
    """Say why there can be none here; none when there can."""
    if os.geteuid() != 0:
        return "a memory limit of the kernel's needs root"
    if (MOUNT / "memory").is_dir():
        return None
    controllers = MOUNT / "cgroup.subtree_control"
    if controllers.is_file() and "memory" in controllers.read_text().split():
        return None
    return f"no memory controller below {MOUNT} that could be used"


@contextmanager
def boxed(limit_mib: int) -> Iterator[Box]:
    """
    Have a box for as long as the block lasts.

    Args:
        limit_mib: above this the kernel kills.
    """
    box = Box(limit_mib)
    try:
        yield box
    finally:
        box.close()
