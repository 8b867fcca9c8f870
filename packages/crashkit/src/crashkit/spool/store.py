"""
A spool's folder with its bounds: what may still be written, what waits, and what was found there.
"""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crashkit.spool.counts import Counts, Outcome
from crashkit.spool.folder import Folder
from crashkit.spool.form import PART, BadFileError, Kind, Name, kind_of, parse_name

LOG = logging.getLogger(__name__)
MIB = 1024 * 1024
FULL_IS_SAID_EVERY_S = 60.0
# What another process of this folder may still be sending by itself is not touched before this age.
ORPHAN_S = 60.0
# First lines are about this long; the exact size is known when the file is written.
FIRST_LINE_BYTES = 200


@dataclass(eq=False, slots=True)
class Entry:
    """
    A file that waits.

    Args:
        name: of the file.
        size_bytes: that it counts for.
        leftover: whether an earlier process wrote it.
        body: the envelope, where it is still in memory.
        failures: answers in a row that were about this one and no success.
        copy: which of its copies is sent: 0 the whole, then the smaller ones.
    """

    name: str
    size_bytes: int
    leftover: bool
    body: bytes | None = None
    failures: int = 0
    copy: int = 0
    said: Name = field(init=False)

    def __post_init__(self) -> None:
        self.said = parse_name(self.name)


class Store:
    """
    What is kept of one spool. Every method can be called from any thread, and none raises for what a disk does.

    Args:
        path: the folder.
        most_bytes: of all files together.
        most_files: at once.
        counts: what becomes of them.
    """

    def __init__(self, path: Path, most_bytes: int, most_files: int, counts: Counts) -> None:
        self.counts = counts
        self._folder = Folder(path, most_bytes)
        self._most_bytes = most_bytes
        self._most_files = most_files
        # Re-entrant: a finalizer that captures an error may run while this thread holds it.
        self._lock = threading.RLock()
        self._known: dict[str, Entry] = {}
        self._stuck: set[str] = set()
        self._size_bytes = 0
        self._said: dict[str, float] = {}

    @property
    def files(self) -> int:
        """Files that wait."""
        return len(self._known)

    @property
    def size_bytes(self) -> int:
        """Their size."""
        return self._size_bytes

    def write(self, event_id: str, body: bytes) -> Entry | None:
        """
        Put an envelope on disk.

        Args:
            event_id: of the event in it.
            body: as it is sent.

        Returns:
            What waits now; none where it could not be written, which is counted and said.
        """
        name = str(Name(time.time_ns(), event_id))
        entry = Entry(name, FIRST_LINE_BYTES + len(body), leftover=False, body=body)
        if not self._take_room(entry):
            return None
        try:
            self._folder.write(name, event_id, body)
        except OSError as error:
            self.drop(entry)
            self.failed(error)
            return None
        self.counts.add("written")
        return entry

    def failed(self, error: Exception) -> None:
        """
        Count an event that could not be put on disk, and say so the first time.

        Args:
            error: that kept it out.
        """
        self.counts.add("unwritable")
        self._say_once("unwritable", f"the spool takes no event, it is sent from memory: {error}")

    def read(self, entry: Entry) -> bytes | None:
        """
        Give the envelope of a file that waits.

        Returns:
            None where another process has dealt with it meanwhile.

        Raises:
            BadFileError: there is nothing to send; the file is out of the way and counted.
        """
        body = entry.body
        if body is None:
            try:
                body = self._folder.read(entry.name)
            except (BadFileError, OSError) as error:
                if entry.leftover and isinstance(error, FileNotFoundError):
                    self.drop(entry)
                    return None
                self.end(entry, "corrupt", aside=True, why=str(error))
                raise BadFileError(entry.name) from error
        if entry.leftover:
            self.counts.add("recovered")
            entry.leftover = False
        return body

    def end(self, entry: Entry, outcome: Outcome, *, aside: bool = False, why: str = "") -> None:
        """
        Let go of a file.

        Args:
            entry: that waited.
            outcome: what became of it.
            aside: whether the file is kept in ``bad/``.
            why: for the log, where it is bad.
        """
        self.counts.add(outcome)
        if aside:
            self._say_once(outcome, f"{entry.name} is {outcome} and set aside: {why}")
        self._put_away(entry.name, aside=aside)
        self.drop(entry)

    def trimmed(self, entry: Entry) -> None:
        """Count an event that was too large, and was taken when it was smaller."""
        self.counts.add("trimmed")
        self._say_once("trimmed", f"{entry.name} was too large; it was sent with less in it, and is marked")

    def drop(self, entry: Entry) -> None:
        """Give back the room of a file."""
        with self._lock:
            if self._known.pop(entry.name, None) is not None:
                self._size_bytes -= entry.size_bytes

    def leftovers(self, older_than_s: float = 0.0) -> tuple[list[Entry], int]:
        """
        Take over what lies in the folder and is nobody's.

        Args:
            older_than_s: what is younger may belong to another process (seconds).

        Returns:
            What is to be sent, oldest first, and how many there were that cannot be, which are out of the way now.
        """
        taken, bad = [], 0
        try:
            for name, size_bytes in self._found(older_than_s):
                kind = kind_of(name)
                entry = self._take_over(kind, name, size_bytes)
                if entry is not None:
                    taken.append(entry)
                elif kind != "other":
                    bad += 1
        except OSError as error:
            self._say_once("unreadable", f"the spool cannot be listed: {error}")
        return sorted(taken, key=lambda entry: entry.name), bad

    def after_fork(self) -> None:
        """Begin anew in the child: what waits is the parent's, and its size still counts."""
        self._lock = threading.RLock()
        self.counts.after_fork()

    def _take_room(self, entry: Entry) -> bool:
        with self._lock:
            over = len(self._known) >= self._most_files or self._size_bytes + entry.size_bytes > self._most_bytes
            if not over:
                self._known[entry.name] = entry
                self._size_bytes += entry.size_bytes
                return True
        self.counts.add("full")
        self._say(
            "full",
            FULL_IS_SAID_EVERY_S,
            f"the spool is full ({self.files} files, {self.size_bytes} bytes); events are sent from memory",
        )
        return False

    def _found(self, older_than_s: float) -> Iterator[tuple[str, int]]:
        for found in self._folder.found(time.time()):
            with self._lock:
                ours = found.name.removesuffix(PART) in self._known or found.name in self._stuck
            if not ours and found.age_s >= older_than_s:
                yield found.name, found.size_bytes

    def _take_over(self, kind: Kind, name: str, size_bytes: int) -> Entry | None:
        if kind == "part":
            whole = self._folder.whole_part(name)
            if whole is None:
                self.counts.add("half_written")
                self._say_once("half_written", f"{name} was half written when its process ended; removed")
                self._put_away(name, aside=False)
                return None
            name = str(whole)
        elif kind == "corrupt":
            self.counts.add("corrupt")
            self._say_once("corrupt", f"{name} is no name of a spool file; set aside")
            self._put_away(name, aside=True)
            return None
        elif kind == "other":
            return None
        entry = Entry(name, size_bytes, leftover=True)
        with self._lock:
            self._known[name] = entry
            self._size_bytes += size_bytes
        return entry

    def _put_away(self, name: str, *, aside: bool) -> None:
        try:
            if aside:
                self._folder.set_aside(name)
            else:
                self._folder.remove(name)
        except OSError as error:
            # Remembered, so that this process does not find it again and again.
            self._stuck.add(name)
            self._say_once("unremovable", f"the spool cannot remove what is dealt with: {error}")

    def _say_once(self, what: str, message: str) -> None:
        self._say(what, None, message)

    def _say(self, what: str, again_after_s: float | None, message: str) -> None:
        now = time.monotonic()
        with self._lock:
            last = self._said.get(what)
            if last is not None and (again_after_s is None or now - last < again_after_s):
                return
            self._said[what] = now
        LOG.warning("%s", message)
