"""
This machine made ready: Docker is there and answers, the road is chosen, nothing stands in the way.
"""

import os
import shutil
from pathlib import Path

from crashctl.cluster.control_plane import DEBIAN_PACKAGES
from crashctl.cluster.debian import install_packages
from crashctl.cluster.engine import Engine
from crashctl.cluster.preflight import DISK_GIB, WARM_DISK_GIB, Finding, check_disk, check_machine
from crashctl.cluster.process import Tools
from crashctl.cluster.progress import Step
from crashctl.cluster.road import Choice, Road, choose
from crashctl.cluster.versions import Versions

_ENGINE_PACKAGES = ("docker.io", "iptables", "ca-certificates")
PULL_WITHIN_S = "8"


def ensure_engine(tools: Tools, engine: Engine, step: Step) -> str:
    """
    Have a Docker daemon that answers: the one that runs, else one started by hand.

    Returns:
        Its version.

    Raises:
        UpError: there is none, and it is not ours to install or start.
    """
    if not shutil.which("docker") and shutil.which("apt-get") and os.geteuid() == 0:
        step.doing("installing docker.io")
        install_packages(tools, _ENGINE_PACKAGES, "Docker")
    if version := engine.server_version():
        step.outcome = f"Docker {version} runs"
        return version
    if os.geteuid() == 0 and shutil.which("apt-get") and not shutil.which("dockerd"):
        step.doing("installing docker.io")
        install_packages(tools, _ENGINE_PACKAGES, "The Docker daemon")
    step.doing("starting dockerd")
    version = engine.start()
    step.outcome = f"Docker {version} started; `crashctl down` stops it"
    return version


def choose_road(tools: Tools, versions: Versions) -> Choice:
    """
    Choose how images come here.

    Raises:
        UnknownRoadError: the override is no road.
    """
    node = versions.images["node"]
    return choose(
        os.environ,
        has_node_image=lambda: tools.succeeds("docker", "image", "inspect", node),
        # Asks the registry that the engine's client is set up for, without pulling.
        can_pull=lambda: tools.succeeds("timeout", PULL_WITHIN_S, "docker", "manifest", "inspect", node),
    )


def prepare_road(tools: Tools, road: Road, step: Step) -> None:
    """
    Install what the road needs of Debian.

    Raises:
        UpError: this is no Debian, or we are not root.
    """
    if road is Road.PACKAGES:
        step.doing("Debian packages")
        if installed := install_packages(tools, DEBIAN_PACKAGES, "The road without images"):
            step.built(", ".join(installed))


def look_around(tools: Tools, cache: Path, road: Road, *, warm: bool) -> list[Finding]:
    """
    Disk, memory and swap.

    Args:
        tools: Runs docker.
        cache: Where the slow things go.
        road: How images come here.
        warm: Whether the node image is there already.
    """
    docker_bytes = int(tools.output("docker", "info", "--format", "{{.MemTotal}}"))
    return check_disk(cache, WARM_DISK_GIB if warm else DISK_GIB[road]) + check_machine(docker_bytes)
