"""
The parts of ``up`` and ``down``, put together for one machine and one cluster.
"""

import os
import platform
from dataclasses import dataclass
from functools import cached_property

from crashctl.cluster.cache import Cache
from crashctl.cluster.engine import Engine
from crashctl.cluster.go_tools import GoTools
from crashctl.cluster.kind_cluster import KindCluster
from crashctl.cluster.layout import Layout
from crashctl.cluster.node_image import NodeImage
from crashctl.cluster.process import Tools
from crashctl.cluster.release import Release
from crashctl.cluster.tools import Provider
from crashctl.cluster.versions import Versions, load_versions


@dataclass(frozen=True)
class Workshop:
    """
    Everything that knows where it works.

    Args:
        layout: Folders of the machine and the cluster.
    """

    layout: Layout

    @cached_property
    def versions(self) -> Versions:
        return load_versions(self.layout.repository)

    @cached_property
    def tools(self) -> Tools:
        path = f"{self.layout.bin}{os.pathsep}{os.environ.get('PATH', '')}"
        return Tools(self.layout.log, {"PATH": path})

    @cached_property
    def cache(self) -> Cache:
        return Cache(self.layout.entries)

    @cached_property
    def go(self) -> GoTools:
        return GoTools(self.cache, self.tools, self.versions, self.layout.repository)

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.tools, self.layout.engine)

    @cached_property
    def provider(self) -> Provider:
        return Provider(self.tools, self.go, self.versions, self.layout.bin)

    @cached_property
    def node_image(self) -> NodeImage:
        return NodeImage(self.cache, self.tools, self.go, self.versions, self.layout.repository)

    @cached_property
    def cluster(self) -> KindCluster:
        return KindCluster(self.tools, self.layout.cluster, self.layout.kubeconfig)

    @cached_property
    def release(self) -> Release:
        return Release(self.tools, self.cluster, self.layout.repository, self.layout.kubeconfig)

    @property
    def is_linux(self) -> bool:
        return platform.system() == "Linux"
