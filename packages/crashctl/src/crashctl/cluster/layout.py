"""
Where things are: the checkout, the cache outside it, and what belongs to one cluster.
"""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[5]


@dataclass(frozen=True)
class Layout:
    """
    Folders of one machine.

    Args:
        cache: Everything slow, by version; shared by all clusters and checkouts.
        cluster: Name of the kind cluster.
        repository: The checkout.
    """

    cache: Path
    cluster: str = "crash-demo"
    repository: Path = REPOSITORY

    @property
    def bin(self) -> Path:
        """Links to the tools that are provided."""
        return self.cache / "bin"

    @property
    def entries(self) -> Path:
        """Finished cache entries."""
        return self.cache / "entries"

    @property
    def engine(self) -> Path:
        """What a Docker daemon of ours owns."""
        return self.cache / "engine"

    @property
    def of_cluster(self) -> Path:
        """Kubeconfig, record and log of this cluster."""
        return self.cache / "clusters" / self.cluster

    @property
    def kubeconfig(self) -> Path:
        return self.of_cluster / "kubeconfig"

    @property
    def record(self) -> Path:
        """What ``up`` made, for ``down``, ``status`` and the e2e tests."""
        return self.of_cluster / "state.json"

    @property
    def log(self) -> Path:
        """Output of every tool that was run."""
        return self.of_cluster / "up.log"


def default_cache(environ: "os._Environ[str] | dict[str, str]" = os.environ) -> Path:
    """
    The cache folder: ``CRASH_DEMO_CACHE``, else below ``XDG_CACHE_HOME``, else ``~/.cache``.

    Returns:
        An absolute path; it need not exist.
    """
    if named := environ.get("CRASH_DEMO_CACHE"):
        return Path(named).expanduser().absolute()
    home = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home).expanduser().absolute() / "crash-demo"
