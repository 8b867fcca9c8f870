"""
A memory cgroup as a tree of files, which a test fills and empties. The kernel's own is in tests/integration/memory.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

MIB = 1024 * 1024


@dataclass
class Cgroup:
    """
    The files of one cgroup.

    Args:
        mount: where it looks as if mounted.
        version: 1 or 2.
    """

    mount: Path
    version: int

    def holds(
        self, used_mib: float, limit_mib: float | None = 100, *, inactive_mib: float = 0, active_mib: float = 0
    ) -> None:
        """Let the kernel count this much, of which so much is pages of files."""
        used, cache = int(used_mib * MIB), (int(inactive_mib * MIB), int(active_mib * MIB))
        if self.version == 1:
            folder, prefix = self.mount / "memory", "total_"
            limit = "9223372036854771712" if limit_mib is None else str(int(limit_mib * MIB))
            names = ("memory.usage_in_bytes", "memory.limit_in_bytes", "memory.max_usage_in_bytes")
        else:
            folder, prefix = self.mount, ""
            limit = "max" if limit_mib is None else str(int(limit_mib * MIB))
            names = ("memory.current", "memory.max", "memory.peak")
        folder.mkdir(exist_ok=True)
        for name, text in zip(names, (str(used), limit, str(used)), strict=True):
            (folder / name).write_text(f"{text}\n")
        own = "inactive_file 1\nactive_file 1\n" if self.version == 1 else ""
        stat = f"anon 1\n{own}{prefix}inactive_file {cache[0]}\n{prefix}active_file {cache[1]}\nslab 1\n"
        (folder / "memory.stat").write_text(stat)


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def cgroup(tmp_path: Path, request: pytest.FixtureRequest) -> Cgroup:
    made = Cgroup(tmp_path / "cgroup", request.param)
    made.mount.mkdir()
    made.holds(10)
    return made
