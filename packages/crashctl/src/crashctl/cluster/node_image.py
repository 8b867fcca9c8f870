"""
The kind node image on the road "packages": Debian, kind's own files, binaries from Go modules, images preloaded.
"""

from pathlib import Path

from crashctl.cluster import control_plane
from crashctl.cluster.archives import copy_tree
from crashctl.cluster.cache import Cache, key_of, key_of_files
from crashctl.cluster.control_plane import SUITE, ControlPlane, storage_manifest
from crashctl.cluster.debian import make_rootfs
from crashctl.cluster.go_tools import GoTools
from crashctl.cluster.process import Tools
from crashctl.cluster.progress import Step
from crashctl.cluster.versions import Versions

# Kind's list, less what serves its tests of network storage and rootless nodes. Its systemd starts on cgroup v1 too;
# that of the next Debian does not.
PACKAGES = (
    "systemd", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "util-linux", "mount", "kmod", "libseccomp2",
    "pigz", "e2fsprogs", "bash", "ca-certificates", "curl", "jq", "procps", "hostname",
)  # fmt: skip
BINARIES: dict[str, dict[str, tuple[str, ...]]] = {
    "usr/bin": {"kubernetes": ("kubelet", "kubeadm", "kubectl")},
    "usr/local/bin": {"containerd": ("containerd", "ctr", "containerd-shim-runc-v2"), "crictl": ("crictl",)},
    "usr/local/sbin": {"runc": ("runc",)},
    "opt/cni/bin": {"cni": ("ptp", "loopback", "host-local", "portmap")},
}
# One name, so that what a killed run left is found and removed.
BUILD_CONTAINER = "crash-demo-node-build"
_IMPORT = """
set -eu
containerd >/var/log/containerd.log 2>&1 &
daemon=$!
for try in $(seq 100); do ctr version >/dev/null 2>&1 && break; sleep 0.1; done
for image in /images/*.tar; do ctr --namespace=k8s.io images import --no-unpack --digests "$image"; done
kill "$daemon" && wait "$daemon" || true
rm -rf /var/log/containerd.log /run/containerd /var/lib/containerd/io.containerd.grpc.v1.introspection
"""


class NodeImage:
    """
    Makes the image and brings it into the engine.

    Args:
        cache: Keeps each stage, and the finished image as an archive.
        tools: Runs mmdebstrap and docker.
        go: The binaries.
        versions: The pinned versions.
        repository: The checkout, for the recipe.
    """

    def __init__(self, cache: Cache, tools: Tools, go: GoTools, versions: Versions, repository: Path) -> None:
        self._cache = cache
        self._tools = tools
        self._go = go
        self._versions = versions
        self._recipe = repository / "k8s" / "node-image"

    @property
    def key(self) -> str:
        """Of the finished image."""
        return key_of(self._rootfs_key, self._images_key, _IMPORT)

    @property
    def _rootfs_key(self) -> str:
        sets = [self._go.key(name) for part in BINARIES.values() for name in part]
        kind = self._versions.go["kind"].version
        return key_of(sets, kind, key_of_files(self._recipe, "install.sh", "files/**/*"), PACKAGES, SUITE)

    @property
    def _images_key(self) -> str:
        sets = [self._go.key(name) for name in control_plane.GO_SETS]
        return key_of(
            sets, self._versions.go["kind"].version, self._versions.kubernetes.model_dump(), control_plane.REVISION
        )

    @property
    def name(self) -> str:
        """The image's reference."""
        return f"crash-demo/node:{self._versions.kubernetes.version}-{self.key}"

    def ensure(self, step: Step) -> str:
        """
        Have the image in the engine.

        Returns:
            Its reference.

        Raises:
            ToolFailedError: a stage failed; those before it stay cached.
        """
        if self._tools.succeeds("docker", "image", "inspect", self.name):
            step.cached(self.name)
            return self.name
        archive = self._cache.path("node-image", self.key) / "image.tar"
        if archive.is_file():
            step.doing("loading the cached archive")
            self._tools.run("docker", "load", "--input", archive)
            step.cached(f"{self.name}, loaded from its archive")
            return self.name
        step.doing("root file system")
        rootfs = self._cache.entry("node-rootfs", self._rootfs_key, self._rootfs)
        step.doing("images of the control plane")
        images = self._cache.entry(
            "node-control-plane", self._images_key, ControlPlane(self._tools, self._go, self._versions).write
        )
        step.doing("putting the images into the node")
        self._assemble(rootfs / "rootfs.tar", images)
        step.doing("saving the archive")
        self._cache.entry(
            "node-image",
            self.key,
            lambda fresh: self._tools.run("docker", "save", "--output", fresh / "image.tar", self.name),
        )
        # The archive has them all.
        self._cache.drop("node-rootfs", self._rootfs_key)
        self._cache.drop("node-control-plane", self._images_key)
        step.built(self.name)
        return self.name

    def _rootfs(self, fresh: Path) -> None:
        overlay = fresh / "overlay"
        module = self._go.module_folder("sigs.k8s.io/kind", self._versions.go["kind"].version)
        copy_tree(self._recipe / "files", overlay)
        for folder, sets in BINARIES.items():
            for name, binaries in sets.items():
                for binary in binaries:
                    target = overlay / folder / binary
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes((self._go.folder(name) / binary).read_bytes())
                    target.chmod(0o755)
        (overlay / "kind" / "version").write_text(self._versions.kubernetes.version, encoding="utf-8")
        (overlay / "kind" / "manifests" / "default-storage.yaml").write_text(storage_manifest(module), encoding="utf-8")
        hook = f'NODE_FILES="{overlay}" NODE_MODULE="{module}" "{self._recipe / "install.sh"}" "$1"'
        make_rootfs(self._tools, fresh / "rootfs.tar", SUITE, PACKAGES, hooks=[hook])
        self._tools.run("rm", "-rf", overlay)

    def _assemble(self, rootfs: Path, images: Path) -> None:
        base = f"crash-demo/node-base:{self.key}"
        self._tools.run("docker", "import", "--change", "ENV container=docker", rootfs, base)
        self._remove_build_container()
        try:
            # The signal that systemd ends on is kept by the commit; `docker import` cannot set it.
            options = (
                "--privileged",
                "--stop-signal",
                "SIGRTMIN+3",
                "--volume",
                f"{images}:/images:ro",
                "--entrypoint",
                "/bin/sh",
            )
            self._tools.run("docker", "run", "--name", BUILD_CONTAINER, *options, base, "-c", _IMPORT)
            entrypoint = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
            self._tools.run(
                "docker", "commit", "--change", entrypoint, "--change", "CMD []", BUILD_CONTAINER, self.name
            )
        finally:
            self._remove_build_container()
        self._tools.succeeds("docker", "image", "rm", "--no-prune", base)

    def _remove_build_container(self) -> None:
        self._tools.succeeds("docker", "rm", "--force", "--volumes", BUILD_CONTAINER)
