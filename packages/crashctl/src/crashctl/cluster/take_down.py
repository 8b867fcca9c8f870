"""
``down``: removes what ``up`` made, and nothing else.
"""

import shutil

from crashctl.cluster.process import ToolFailedError
from crashctl.cluster.progress import Progress
from crashctl.cluster.record import read_record
from crashctl.cluster.workshop import Workshop


def take_down(shop: Workshop, progress: Progress, *, caches: bool) -> None:
    """
    Remove the cluster, and stop the daemon if it is ours and nobody else uses it.

    Args:
        shop: The parts.
        progress: Where the steps are shown.
        caches: Whether to remove everything slow as well.

    Raises:
        UpError: the daemon did not end.
        ToolFailedError: kind could not remove the cluster.
    """
    record = read_record(shop.layout.record)
    with progress.step("cluster") as step:
        if record is None:
            step.outcome = f"no {shop.layout.cluster} of ours"
        elif shop.engine.server_version() is None:
            step.outcome = "no engine runs; what is left of the cluster goes with the next up"
        else:
            if shop.cluster.exists():
                shop.cluster.delete()
                step.outcome = "removed"
            shutil.rmtree(shop.layout.of_cluster, ignore_errors=True)
    if caches:
        with progress.step("images") as step:
            step.outcome = _remove_images(shop)
    with progress.step("engine") as step:
        step.outcome = stop_engine(shop)
    if caches:
        with progress.step("caches"):
            shutil.rmtree(shop.layout.cache, ignore_errors=True)


def stop_engine(shop: Workshop) -> str:
    """
    Stop the daemon if it is ours and nobody uses it.

    Returns:
        What became of it.

    Raises:
        UpError: the daemon did not end.
    """
    if shop.engine.ours is None:
        return "not ours, left alone"
    with shop.engine.alone() as alone:
        if not alone:
            return "left running for another command of ours"
        if running := shop.tools.output("docker", "ps", "--format", "{{.Names}}").split():
            return f"left running for {', '.join(running)}"
        shop.engine.stop()
        return "stopped"


def _remove_images(shop: Workshop) -> str:
    try:
        names = shop.tools.output(
            "docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=crash-demo/*"
        ).split()
    except ToolFailedError:
        return "no engine runs"
    if names:
        shop.tools.run("docker", "image", "rm", "--force", *names)
    return f"{len(names)} removed"
