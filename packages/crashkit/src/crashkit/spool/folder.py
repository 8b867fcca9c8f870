"""
The files of a spool, and nothing but the files: written whole or not at all, read, moved out of the way.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crashkit.spool.form import PART, BadFileError, Name, body_of, first_line, parse_name

BAD = "bad"
BAD_MOST_FILES = 20
BAD_MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """
    A file in the folder.

    Args:
        name: in the folder.
        size_bytes: of the file.
        age_s: since it was last written to (seconds).
    """

    name: str
    size_bytes: int
    age_s: float


class Folder:
    """
    A folder of spool files. Whoever fails to write into it gets an ``OSError``; nothing half written is left.

    Args:
        path: is made when it is first written to.
        largest_bytes: a larger file is not read.
    """

    def __init__(self, path: Path, largest_bytes: int) -> None:
        self.path = path
        self._base = os.fspath(path)
        self._largest_bytes = largest_bytes

    def write(self, name: str, event_id: str, body: bytes) -> None:
        """
        Write a file. It has its name only when it is whole: whoever is killed meanwhile leaves a ``.part``.

        Nothing is forced to the disk: the page cache outlives the process, and that is what is promised.

        Raises:
            OSError: no room, no right, no such folder.
        """
        target = f"{self._base}/{name}"
        part = target + PART
        try:
            file = self._create(part)
        except FileNotFoundError:
            self.path.mkdir(parents=True, exist_ok=True)
            file = self._create(part)
        try:
            try:
                _write_all(file, first_line(event_id, body), body)
            finally:
                os.close(file)
            os.rename(part, target)  # noqa: PTH104 - pathlib takes longer than the call
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(part)  # noqa: PTH108 - as above
            raise

    def read(self, name: str) -> bytes:
        """
        Give the envelope of a file.

        Raises:
            BadFileError: the file is none.
            OSError: it cannot be read, or is gone.
        """
        known = parse_name(name)
        return body_of(known, self._content(name))

    def whole_part(self, name: str) -> Name | None:
        """
        Give a ``.part`` its name, if it is whole and was only not renamed.

        Args:
            name: with ``.part`` at its end.

        Returns:
            The name that it has now; none where it is not whole.
        """
        proper = name.removesuffix(PART)
        try:
            known = parse_name(proper)
            body_of(known, self._content(name))
            (self.path / name).rename(self.path / proper)
        except (BadFileError, OSError):
            return None
        return known

    def found(self, now_s: float) -> Iterator[Found]:
        """
        List what lies in the folder, with what is no spool file.

        Args:
            now_s: the present time (seconds since 1970).

        Raises:
            OSError: the folder cannot be listed; one that is not there is empty.
        """
        try:
            entries = list(os.scandir(self._base))
        except FileNotFoundError:
            return
        for entry in entries:
            try:
                said = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield Found(entry.name, said.st_size, now_s - said.st_mtime)

    def remove(self, name: str) -> None:
        """
        Remove a file, if it is still there.

        Raises:
            OSError: it stays.
        """
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self._base}/{name}")  # noqa: PTH108 - pathlib takes longer than the call

    def set_aside(self, name: str) -> None:
        """
        Move a file to ``bad/``, where the newest are kept; one that cannot be moved is removed.

        Raises:
            OSError: it stays where it was.
        """
        bad = self.path / BAD
        try:
            bad.mkdir(exist_ok=True)
            (self.path / name).rename(bad / name)
        except FileNotFoundError:
            return
        except OSError:
            self.remove(name)
            return
        _keep_newest(bad)

    def _create(self, part: str) -> int:
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def _content(self, name: str) -> bytes:
        # Never waits for the other end of a pipe, and follows no link out of the folder.
        file = os.open(f"{self._base}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            said = os.fstat(file)
            if not stat.S_ISREG(said.st_mode):
                raise BadFileError("no regular file")
            if said.st_size > self._largest_bytes:
                raise BadFileError(f"{said.st_size} bytes; the whole spool has {self._largest_bytes}")
            with open(file, "rb", closefd=False) as content:
                return content.read()
        finally:
            os.close(file)


def _write_all(file: int, line: bytes, body: bytes) -> None:
    written = os.writev(file, (line, body))
    whole = len(line) + len(body)
    if written < whole:
        rest = memoryview(line + body)
        while written < whole:
            written += os.write(file, rest[written:])


def _keep_newest(bad: Path) -> None:
    with contextlib.suppress(OSError):
        ages = sorted(((file.lstat(), file) for file in bad.iterdir()), key=lambda one: one[0].st_ctime_ns)
        files, size_bytes = len(ages), sum(said.st_size for said, _ in ages)
        for said, file in ages:
            if files <= BAD_MOST_FILES and size_bytes <= BAD_MOST_BYTES:
                return
            file.unlink()
            files, size_bytes = files - 1, size_bytes - said.st_size
