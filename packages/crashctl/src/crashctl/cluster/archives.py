"""
Container images written as archives, without an engine: layers, a config and a manifest in one tar.
"""

import hashlib
import io
import json
import os
import platform
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def architecture() -> str:
    """This machine's architecture as images name it."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def write_layer(target: Path, files: Mapping[str, Path | bytes], links: Mapping[str, str] | None = None) -> None:
    """
    Write a layer of programs.

    Args:
        target: The tar file.
        files: Path in the image to what is there; each executable, owned by root.
        links: Path in the image to what the symbolic link says.
    """
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as layer:
        for folder in sorted(
            {str(parent) for name in (*files, *(links or {})) for parent in Path(name).parents} - {"."}
        ):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            layer.addfile(entry)
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            entry.size = len(content) if isinstance(content, bytes) else content.stat().st_size
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as opened:
                layer.addfile(entry, opened)
        for name, to in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, to
            layer.addfile(entry)


def write_image(
    target: Path, names: Sequence[str], layers: Sequence[Path], *, entrypoint: Sequence[str] = (), user: str = ""
) -> None:
    """
    Write an image that ``docker load`` and ``ctr images import`` read.

    Args:
        target: The archive.
        names: References, with tags.
        layers: Uncompressed tar files, lowest first.
        entrypoint: What the container runs unless told otherwise.
        user: ``uid:gid``, or root where empty.
    """
    digests = [_sha256(layer) for layer in layers]
    config = {
        "architecture": architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {"Env": [_PATH], "Entrypoint": list(entrypoint) or None, "User": user},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "crashctl"} for _ in digests],
    }
    config_bytes = json.dumps(config).encode()
    config_name = f"{hashlib.sha256(config_bytes).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": list(names), "Layers": [f"{digest}.tar" for digest in digests]}]
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for digest, layer in zip(digests, layers, strict=True):
            archive.add(layer, f"{digest}.tar", recursive=False)
        for name, content in ((config_name, config_bytes), ("manifest.json", json.dumps(manifest).encode())):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def copy_tree(source: Path, target: Path) -> None:
    """
    Copy a folder that may be read-only, so that the copy is not.

    Args:
        source: For example a folder of Go's module cache.
        target: Made if needed.
    """
    shutil.copytree(source, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for folder, _, names in os.walk(target):
        Path(folder).chmod(0o755)
        for name in names:
            (Path(folder) / name).chmod(0o644)
