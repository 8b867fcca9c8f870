"""
Where a process stands between start and end: ready, draining, how many requests are open, how often it was restarted.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOG = logging.getLogger(__name__)
BOOTS_FILE = "boots"
POLL_S = 0.05


class Lifecycle:
    """
    The state that the probes and the drain share.

    Args:
        state_dir: a folder that outlives the container but not the pod (an ``emptyDir``); none where there is none.
    """

    def __init__(self, state_dir: Path | None) -> None:
        self.started = time.monotonic()
        self.started_at = time.time()
        self.ready = False
        self._drains_since: float | None = None
        self.open_requests = 0
        self.restart_count = _count_boot(state_dir)

    @property
    def accepts(self) -> bool:
        """Whether the readiness probe says yes."""
        return self.ready and not self.draining

    @property
    def draining(self) -> bool:
        """Whether it was asked to end."""
        return self._drains_since is not None

    def begin_drain(self) -> None:
        """Refuse readiness from now on."""
        if self._drains_since is None:
            self._drains_since = time.monotonic()

    def left_of(self, drain_s: float) -> float:
        """
        Say how much of the time to drain was not needed.

        Args:
            drain_s: that there is from the beginning of the drain (seconds).

        Returns:
            Seconds; 0 where no drain has begun.
        """
        return 0.0 if self._drains_since is None else max(0.0, self._drains_since + drain_s - time.monotonic())

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count one open request."""
        self.open_requests += 1
        try:
            yield
        finally:
            self.open_requests -= 1

    async def drain(self, within_s: float) -> bool:
        """
        Refuse readiness and wait until no request is open.

        Args:
            within_s: how long to wait at the most (seconds).

        Returns:
            Whether all requests ended in time.
        """
        self.begin_drain()
        deadline = time.monotonic() + within_s
        while self.open_requests and time.monotonic() < deadline:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(POLL_S)
        return not self.open_requests


def _count_boot(state_dir: Path | None) -> int | None:
    """
    Count the starts of this container in its pod.

    Returns:
        Restarts, as ``kubectl get pods`` shows them; none where there is no folder to count in.
    """
    if state_dir is None:
        return None
    file = state_dir / BOOTS_FILE
    try:
        before = int(file.read_text())
    except (OSError, ValueError):
        before = 0
    try:
        # Renamed into place: a container that is killed meanwhile must not lose the count.
        beside = file.with_suffix(".new")
        beside.write_text(str(before + 1))
        beside.replace(file)
    except OSError as error:
        LOG.warning("restarts cannot be counted: %s: %s; STATE_DIR must name a writable folder", file, error.strerror)
        return None
    return before
