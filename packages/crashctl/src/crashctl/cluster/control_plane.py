"""
The images that kubeadm and kind expect in a node, made of one program each.
"""

import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from crashctl.cluster.archives import write_image, write_layer
from crashctl.cluster.debian import make_rootfs
from crashctl.cluster.go_tools import GoTools
from crashctl.cluster.process import ToolFailedError, Tools
from crashctl.cluster.versions import Versions

DEBIAN_PACKAGES = ("gcc", "libc6-dev", "libseccomp-dev", "pkg-config", "mmdebstrap", "debian-archive-keyring")
SUITE = "bookworm"
GO_SETS = ("kubernetes", "etcd", "coredns", "local-path-provisioner")
# Counts up when this file makes something else of the same versions.
REVISION = 2
_PROXY_PACKAGES = ("iptables", "nftables", "conntrack", "kmod")


class ControlPlane:
    """
    Makes the archives.

    Args:
        tools: Runs compiler and mmdebstrap.
        go: The binaries.
        versions: The pinned versions.
    """

    def __init__(self, tools: Tools, go: GoTools, versions: Versions) -> None:
        self._tools = tools
        self._go = go
        self._versions = versions

    def write(self, folder: Path) -> None:
        """
        Write every image's archive into a folder.

        Raises:
            ToolFailedError: a build failed.
        """
        kubernetes = self._go.folder("kubernetes")
        version = self._versions.kubernetes.version
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
            self._single(folder, f"registry.k8s.io/{name}:{version}", {f"usr/local/bin/{name}": kubernetes / name})
        self._kube_proxy(folder, kubernetes / "kube-proxy")
        etcd = self._go.folder("etcd") / "server"
        self._single(
            folder, f"registry.k8s.io/etcd:{self._versions.kubernetes.etcd_image_tag}", {"usr/local/bin/etcd": etcd}
        )
        coredns = self._go.folder("coredns") / "coredns"
        self._single(
            folder,
            f"registry.k8s.io/coredns/coredns:{self._versions.go['coredns'].version}",
            {"coredns": coredns},
            entrypoint="/coredns",
        )
        self._pause(folder)
        self._storage(folder)

    def _single(
        self,
        folder: Path,
        image: str,
        files: Mapping[str, Path | bytes],
        *,
        entrypoint: str = "",
        links: Mapping[str, str] | None = None,
    ) -> None:
        layer = folder / "layer"
        write_layer(layer, files, links)
        write_image(
            folder / f"{_file_name(image)}.tar", [image], [layer], entrypoint=[entrypoint] if entrypoint else []
        )
        layer.unlink()

    def _kube_proxy(self, folder: Path, binary: Path) -> None:
        """kube-proxy calls iptables or nft, so it has a Debian below it."""
        base, layer = folder / "base", folder / "layer"
        make_rootfs(self._tools, base.with_suffix(".tar"), SUITE, _PROXY_PACKAGES)
        base.with_suffix(".tar").rename(base)
        write_layer(layer, {"usr/local/bin/kube-proxy": binary})
        image = f"registry.k8s.io/kube-proxy:{self._versions.kubernetes.version}"
        write_image(folder / f"{_file_name(image)}.tar", [image], [base, layer])
        base.unlink()
        layer.unlink()

    def _pause(self, folder: Path) -> None:
        """The program that holds a pod's namespaces, from the C file in the Kubernetes module."""
        source = (
            self._go.module_folder("k8s.io/kubernetes", self._versions.kubernetes.version)
            / "build"
            / "pause"
            / "linux"
            / "pause.c"
        )
        binary = folder / "pause"
        self._tools.run(
            "gcc", "-Os", "-Wall", "-static", f"-DVERSION={self._versions.kubernetes.version}", "-o", binary, source
        )
        for tag in self._versions.kubernetes.pause_image_tags:
            self._single(folder, f"registry.k8s.io/pause:{tag}", {"pause": binary}, entrypoint="/pause")
        binary.unlink()

    def _storage(self, folder: Path) -> None:
        """The provisioner of volumes, and the shell that it makes folders with, under the names of kind's manifest."""
        manifest = storage_manifest(self._go.module_folder("sigs.k8s.io/kind", self._versions.go["kind"].version))
        provisioner, helper = storage_images(manifest)
        binary = self._go.folder("local-path-provisioner") / "local-path-provisioner"
        self._single(folder, provisioner, {"usr/local/bin/local-path-provisioner": binary})
        package = folder / "busybox.tar"
        make_rootfs(self._tools, package, SUITE, ["busybox-static"], variant="extract")
        with tarfile.open(package) as opened:
            shell = opened.extractfile("./bin/busybox")
            if shell is None:
                raise ToolFailedError("busybox-static of Debian has no /bin/busybox. Fix: look where it is now.")
            files = {"bin/busybox": shell.read()}
        self._single(folder, helper, files, links={f"bin/{name}": "busybox" for name in ("sh", "mkdir", "rm")})
        package.unlink()


def storage_manifest(kind_module: Path) -> str:
    """
    The manifest of kind's default storage class, read from kind's source.

    Args:
        kind_module: Folder of the module sigs.k8s.io/kind.
    """
    source = (kind_module / "pkg" / "build" / "nodeimage" / "const_storage.go").read_text(encoding="utf-8")
    constants = dict(re.findall(r'^const (\w+) = "([^"]+)"$', source, re.MULTILINE))
    text = source.split("const defaultStorageManifest = `", 1)[1].removesuffix("`\n").removesuffix("`")
    return re.sub(r"` \+ (\w+) \+ `", lambda match: constants[match.group(1)], text)


def storage_images(manifest: str) -> tuple[str, str]:
    """
    The two images that the storage manifest names.

    Returns:
        That of the provisioner, and that of its helper pod.
    """
    provisioner, helper = dict.fromkeys(re.findall(r"image: (\S+)", manifest))
    return provisioner, helper


def _file_name(image: str) -> str:
    return re.sub(r"[^\w.-]", "-", image)
