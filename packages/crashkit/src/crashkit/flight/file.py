"""
The file itself: mapped into memory, so that a write is a copy of some hundred bytes and no system call.

The pages belong to the kernel, which writes them whatever becomes of the process. A mapping cannot reach past the end
of its file, and the kubelet takes all of the file, so the file is as long as the longest text so far, and shorter
texts are followed by spaces.
"""

import mmap
import os
from pathlib import Path

# What the kubelet copies at the most.
MOST_BYTES = 4096


class RecordFile:
    """
    The mapped file.

    Args:
        path: of the file; made if it is not there.

    Raises:
        OSError: it cannot be opened for writing, or not be mapped.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        os.ftruncate(self._descriptor, MOST_BYTES)
        self._mapping = mmap.mmap(self._descriptor, MOST_BYTES)
        self._size = 1
        self._mapping[0:1] = b" "
        os.ftruncate(self._descriptor, self._size)

    def write(self, text: bytes) -> None:
        """
        Put a text in the place of the one before.

        Args:
            text: at most ``MOST_BYTES`` long.
        """
        length = len(text)
        if length > self._size:
            os.ftruncate(self._descriptor, length)
            self._size = length
        self._mapping[0 : self._size] = text.ljust(self._size)
