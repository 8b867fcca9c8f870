"""
Named counts in a file: each is on disk when the call that changes it returns, so that it survives its process; but for
those that nobody misses.
"""

import contextlib
import fcntl
import logging
import os
import secrets
import struct
import threading
from pathlib import Path

LOG = logging.getLogger(__name__)
MAGIC = b"crash-demo-book 1 "
HEAD_BYTES = 64
NAME_BYTES = 120
NUMBER = struct.Struct("<q")
SLOT_BYTES = NAME_BYTES + NUMBER.size
MOST_SLOTS = 512
ID_BYTES = 16


class Slots:
    """
    Counts by name, from any thread, and from code that interrupts itself (a finalizer that captures).

    Where the file cannot be had (no folder, no room, another process that has it), counts are kept in memory, which is
    said once; no method raises for what a disk does.

    Args:
        path: of the file; none keeps all in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._places: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        # In this order, of those that are not in the file yet.
        self._late: dict[str, None] = {}
        self._file: int | None = None
        self.id = secrets.token_hex(ID_BYTES)
        if path is not None:
            self._open(path)

    @property
    def lasting(self) -> bool:
        """Whether they outlive the process."""
        return self._file is not None

    def add(self, name: str, number: int = 1) -> None:
        """
        Change a count.

        Args:
            name: at most 120 bytes.
            number: what is added; below zero for what is taken away.
        """
        with self._lock:
            if name in self._late:
                # What waits goes first: this count alone would be in the file with what belongs to another that is not.
                self._catch_up()
            self._write(name, self._numbers.get(name, 0) + number)

    def add_later(self, name: str, number: int = 1) -> None:
        """Change a count, which is in the file once somebody has asked for all of them; it may die with the process."""
        with self._lock:
            self._numbers[name] = self._numbers.get(name, 0) + number
            self._late[name] = None

    def put(self, name: str, number: int) -> None:
        """Set a count."""
        with self._lock:
            self._write(name, number)

    def get(self, name: str) -> int:
        """Give a count; 0 where nothing was counted."""
        return self._numbers.get(name, 0)

    def all(self) -> dict[str, int]:
        """Give all of them, of one moment; they are in the file then."""
        with self._lock:
            self._catch_up()
            return dict(self._numbers)

    def begin_anew(self) -> None:
        """In a forked child: the file is the parent's; count from zero, under an id of one's own."""
        self._lock = threading.RLock()
        self._places, self._numbers, self._late = {}, {}, {}
        self.id = secrets.token_hex(ID_BYTES)
        self._let_go()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._catch_up()
            self._let_go()

    def _catch_up(self) -> None:
        late, self._late = self._late, {}
        for name in late:
            self._write(name, self._numbers[name])

    def _write(self, name: str, number: int) -> None:
        self._numbers[name] = number
        if self._file is None:
            return
        place = self._places.get(name)
        try:
            if place is None:
                place = len(self._places)
                coded = name.encode()
                if place >= MOST_SLOTS or len(coded) > NAME_BYTES:
                    return
                slot = coded.ljust(NAME_BYTES, b"\0") + NUMBER.pack(number)
                os.pwrite(self._file, slot, HEAD_BYTES + place * SLOT_BYTES)
                self._places[name] = place
            else:
                os.pwrite(self._file, NUMBER.pack(number), HEAD_BYTES + place * SLOT_BYTES + NAME_BYTES)
        except OSError as error:
            LOG.warning("the book is kept in memory from now on: %s", error)
            self._let_go()

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._read(self._file):
                os.ftruncate(self._file, 0)
                os.pwrite(self._file, (MAGIC + self.id.encode() + b"\n").ljust(HEAD_BYTES, b"\0"), 0)
        except OSError as error:
            LOG.warning("the book is kept in memory, and ends with the process: %s: %s", path, error.strerror or error)
            self._let_go()

    def _read(self, file: int) -> bool:
        """Take over what an earlier process has counted; false where the file is no book."""
        content = os.pread(file, HEAD_BYTES + MOST_SLOTS * SLOT_BYTES, 0)
        known = content[len(MAGIC) : len(MAGIC) + 2 * ID_BYTES].decode("ascii", "replace")
        if not content.startswith(MAGIC) or set(known) - set("0123456789abcdef") or len(content) < HEAD_BYTES:
            if content:
                LOG.warning("the book is damaged and begun anew: what was counted before is not known")
            return False
        slots = content[HEAD_BYTES:]
        for place in range(len(slots) // SLOT_BYTES):
            slot = slots[place * SLOT_BYTES : (place + 1) * SLOT_BYTES]
            name = slot[:NAME_BYTES].rstrip(b"\0").decode("utf-8", "replace")
            self._places[name] = place
            self._numbers[name] = NUMBER.unpack(slot[NAME_BYTES:])[0]
        self.id = known
        return True

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                os.close(file)
