"""
One sink at a time on one store: a pod that is deleted has its successor before it has ended, on the same volume.

SQLite would let both write. But each counts what it writes itself, so that neither would know all, and both would
forward the same envelopes.
"""

import fcntl
import logging
import os
import time
from pathlib import Path
from typing import Final

from event_sink.schema import StoreError

LOG = logging.getLogger(__name__)
# A pod that was told to end is killed long before.
WITHIN_S: Final = 75.0
_STEP_S: Final = 0.1


def hold(store: Path, within_s: float = WITHIN_S) -> int:
    """
    Wait until no other process has the store, and keep all others from it until this one ends, however it does.

    Args:
        store: path of the store.
        within_s: how long to wait at the most (seconds).

    Returns:
        The file that is held, open.

    Raises:
        StoreError: another one does not end, or the folder is not writable.
    """
    path = store.with_name(f"{store.name}.lock")
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"{store} cannot be opened as a store: {error.strerror}; its folder must exist and be writable"
        ) from error
    ends = time.monotonic() + within_s
    waits = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not waits:
                LOG.info("another sink has the store; waiting until it has ended", extra={"store": str(store)})
            waits = True
        else:
            return file
        if time.monotonic() >= ends:
            os.close(file)
            raise StoreError(f"another sink has had {store} for {within_s:g} s; end it, or give this one its own store")
        time.sleep(_STEP_S)
