"""
The spins whose end is still to be seen, written down, so that a process that is killed leaves them to the next one.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from game_engine.spin import Result

LOG = logging.getLogger(__name__)
FILE = "spins"
LONGEST_BYTES = 4 << 20


class Journal:
    """
    One file of lines: a spin is opened and closed. Written without a sync: it must outlive the process, not the node.

    Args:
        folder: outlives the container but not the pod; none where there is no such folder, and nothing is kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / FILE if folder else None
        self._file: int | None = None
        self._written_bytes = 0
        self._left = dict(_read(self._path)) if self._path else {}
        self._lines = {spin_id: _line(spin, trace) for spin_id, (spin, trace) in self._left.items()}
        self._rewrite()

    @property
    def is_kept(self) -> bool:
        """Whether anything is written."""
        return self._file is not None

    def open(self, spin: Result, trace: Mapping[str, str]) -> None:
        """Write down a spin before its win is paid."""
        if self._file is None:
            return
        line = _line(spin, trace)
        self._lines[spin.spin_id] = line
        self._append(line)

    def close(self, spin_id: str) -> None:
        """Write down that nothing is left to do for it."""
        if self._file is not None and self._lines.pop(spin_id, b""):
            self._append(json.dumps({"closed": spin_id}).encode() + b"\n")
            if self._written_bytes > LONGEST_BYTES:
                self._rewrite()

    def unfinished(self) -> list[tuple[Result, Mapping[str, str]]]:
        """Give the spins that an earlier process left open, once."""
        left, self._left = list(self._left.values()), {}
        return left

    def _append(self, line: bytes) -> None:
        if self._file is None:
            return
        try:
            self._written_bytes += os.write(self._file, line)
        except OSError as error:
            self._give_up(error)

    def _rewrite(self) -> None:
        """Write only what is open into a new file, and put it in the place of the old one."""
        if self._path is None:
            return
        try:
            beside = self._path.with_suffix(".new")
            file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            self._written_bytes = os.write(file, b"".join(self._lines.values()))
            beside.replace(self._path)
        except OSError as error:
            self._give_up(error)
            return
        if self._file is not None:
            os.close(self._file)
        self._file = file

    def _give_up(self, error: OSError) -> None:
        LOG.warning("open spins are not written down: %s: %s; STATE_DIR must be writable", self._path, error.strerror)
        self._file = None


def _line(spin: Result, trace: Mapping[str, str]) -> bytes:
    return json.dumps({"spin": asdict(spin), "trace": dict(trace)}).encode() + b"\n"


def _read(path: Path) -> Iterator[tuple[str, tuple[Result, Mapping[str, str]]]]:
    """Give the open spins of a file. A line that is torn was being written when the process was killed."""
    found: dict[str, tuple[Result, Mapping[str, str]]] = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            read = json.loads(line)
            if "closed" in read:
                found.pop(read["closed"], None)
            else:
                spin = Result(**{**read["spin"], "reels": tuple(read["spin"]["reels"])})
                found[spin.spin_id] = (spin, read["trace"])
        except (ValueError, TypeError, KeyError):
            LOG.warning("a line of %s cannot be read and is left out", path)
    yield from found.items()
