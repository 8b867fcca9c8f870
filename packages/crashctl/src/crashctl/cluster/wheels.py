"""
Programs that come as Python wheels.
"""

import platform
from pathlib import Path

from crashctl.cluster.cache import Cache, key_of
from crashctl.cluster.process import Tools


def install_wheel(cache: Cache, tools: Tools, repository: Path, name: str, version: str) -> Path:
    """
    Unpack a wheel into a cache entry.

    Args:
        cache: Keeps it.
        tools: Runs uv.
        repository: The checkout, for its uv.
        name: The distribution.
        version: Exactly this one.

    Returns:
        The folder with its packages, and with its scripts in ``bin``.

    Raises:
        ToolFailedError: there is no such wheel for this machine.
    """

    def make(fresh: Path) -> None:
        tools.run(
            repository / "scripts" / "uv",
            "pip",
            "install",
            "--no-deps",
            "--no-config",
            "--target",
            fresh,
            f"{name}=={version}",
        )

    return cache.entry(f"wheel-{name}", key_of(version, platform.machine()), make)
