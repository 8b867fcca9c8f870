"""
A cache of slow things, each made once, whole or not at all.

An entry is a folder named ``<name>-<key>``. It is made under another name, synced to disk and renamed, so that
nothing half-made is ever found under the final name, whatever interrupted the making.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def key_of(*parts: object) -> str:
    """
    The key of what these parts determine.

    Args:
        parts: Versions, flags and recipes, as JSON would have them; equal parts give equal keys on every machine.

    Returns:
        12 hex characters.
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def key_of_files(folder: Path, *patterns: str) -> str:
    """
    The key of files' names and bytes below a folder.

    Args:
        folder: Where the patterns start.
        patterns: Globs; a folder's files count with ``**/*``.
    """
    files = sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()})
    return key_of(*[[str(file.relative_to(folder)), _digest(file)] for file in files])


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class Cache:
    """
    The entries below one folder.

    Args:
        folder: Made when the first entry is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str, key: str) -> Path:
        """Where the entry is, or will be."""
        return self._folder / f"{name}-{key}"

    def has(self, name: str, key: str) -> bool:
        """Whether the entry is there, whole."""
        return self.path(name, key).is_dir()

    def entry(self, name: str, key: str, make: Callable[[Path], None]) -> Path:
        """
        The entry's folder, made now if it is not there.

        Args:
            name: What it is.
            key: What determines it.
            make: Fills the folder that it is given. When it raises, nothing remains.

        Returns:
            A folder that nobody may write to.
        """
        final = self.path(name, key)
        if final.is_dir():
            # Its age is the time since its last use.
            os.utime(final)
            return final
        self._folder.mkdir(parents=True, exist_ok=True)
        with locked(self._folder / f".{name}.lock"):
            if final.is_dir():
                return final
            self._sweep(name)
            fresh = Path(tempfile.mkdtemp(prefix=f".making-{name}-", dir=self._folder))
            try:
                fresh.chmod(0o755)
                make(fresh)
                _sync(fresh)
                fresh.rename(final)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
            _sync_folder(self._folder)
        return final

    def drop(self, name: str, key: str) -> None:
        """Remove an entry that is not needed any more."""
        shutil.rmtree(self.path(name, key), ignore_errors=True)

    def prune(self, unused_s: float) -> list[str]:
        """
        Remove entries that nobody used for long: those of older versions.

        Args:
            unused_s: Age of the last use (s).

        Returns:
            Their names.
        """
        limit = time.time() - unused_s
        old = [entry for entry in self._folder.glob("[!.]*") if entry.is_dir() and entry.stat().st_mtime < limit]
        for entry in old:
            shutil.rmtree(entry, ignore_errors=True)
        return sorted(entry.name for entry in old)

    def _sweep(self, name: str) -> None:
        """Remove what a killed process left of this entry; the lock says that nobody is making it now."""
        for left in self._folder.glob(f".making-{name}-*"):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def locked(file: Path, *, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """
    Hold a lock between processes; the kernel frees it with the process that held it.

    Args:
        file: The lock file, made if needed and left in place.
        waiting: Called once when another process has it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def _sync(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(file: Path, text: str, *, mode: int = 0o644) -> None:
    """
    Replace a file's text in one step.

    Args:
        file: Its folder is made if needed.
        text: The new content.
        mode: Permission bits of the new file.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}-", delete=False
    ) as fresh:
        fresh.write(text)
        fresh.flush()
        os.fsync(fresh.fileno())
    Path(fresh.name).chmod(mode)
    Path(fresh.name).rename(file)
