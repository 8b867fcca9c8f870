"""
Debian: packages on this machine, and root file systems made of packages.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from crashctl.cluster.problems import UpError
from crashctl.cluster.process import Tools

# Nobody reads these in a container, and together they are a third of a small image.
_LEAN = (
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/info/*",
)


def missing_packages(tools: Tools, names: Sequence[str]) -> list[str]:
    """Those of the named packages that are not installed here."""
    return [
        name for name in names if not tools.succeeds("dpkg-query", "--show", "--showformat=${db:Status-Status}", name)
    ]


def install_packages(tools: Tools, names: Sequence[str], why: str) -> list[str]:
    """
    Install what is missing of these packages, if this machine is Debian and we are root.

    Args:
        tools: Runs apt.
        names: Debian packages.
        why: What needs them, for the message.

    Returns:
        What was installed.

    Raises:
        UpError: something is missing, and it is not ours to install.
    """
    if not shutil.which("apt-get"):
        raise UpError(
            f"{why} needs {', '.join(names)} from Debian, and this is no Debian.",
            "run on Debian or Ubuntu, or on a machine that can pull images.",
        )
    missing = missing_packages(tools, names)
    if not missing:
        return []
    if os.geteuid() != 0:
        raise UpError(f"{why} needs {', '.join(missing)}.", f"sudo apt-get install {' '.join(missing)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    tools.run("apt-get", "update", env=quiet)
    tools.run("apt-get", "install", "--yes", "--no-install-recommends", *missing, env=quiet)
    return missing


def make_rootfs(
    tools: Tools,
    target: Path,
    suite: str,
    packages: Sequence[str],
    *,
    hooks: Sequence[str] = (),
    variant: str = "minbase",
    stale_ok: bool = False,
) -> None:
    """
    Make a root file system of Debian packages.

    Args:
        tools: Runs mmdebstrap.
        target: The tar file to write.
        suite: Debian release, such as ``trixie``.
        packages: What to have beyond the variant.
        hooks: Shell commands to run at the end; ``$1`` is the root.
        variant: How much of Debian comes by itself.
        stale_ok: Whether a mirror may be older than its index says it is valid.

    Raises:
        ToolFailedError: a package cannot be had.
    """
    options = [f"--dpkgopt={option}" for option in _LEAN] + [f"--customize-hook={hook}" for hook in hooks]
    if stale_ok:
        options.append('--aptopt=Acquire::Check-Valid-Until "false"')
    tools.run("mmdebstrap", f"--variant={variant}", f"--include={','.join(packages)}", *options, suite, target)
