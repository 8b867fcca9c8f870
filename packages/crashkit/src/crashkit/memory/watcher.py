"""
The thread that looks: ten times a second, a hundred times where the limit is not far.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import sentry_sdk
from sentry_sdk.utils import _get_installed_modules

from crashkit.cgroup import MOUNT
from crashkit.flight import FlightRecord
from crashkit.memory.approach import Approach
from crashkit.memory.grown import Kinds, kinds, what_grew
from crashkit.memory.usage import Reading, Usage
from crashkit.memory.warning import warn
from crashkit.settings import ServiceSettings

LOG = logging.getLogger(__name__)
FLUSH_S = 2.0

Warns = Callable[[Reading, float], None]


class Watcher:
    """
    Looks, and warns.

    Args:
        usage: reads the memory.
        approach: says when it is near the limit.
        warns: is told the reading and its slope (MiB/s), once for each approach.
        clock: seconds that only go forward.
    """

    def __init__(self, usage: Usage, approach: Approach, warns: Warns, clock: Callable[[], float] = monotonic) -> None:
        self._usage = usage
        self._approach = approach
        self._warns = warns
        self._clock = clock
        self._failed = False

    def look(self) -> float:
        """
        Look once. Nothing that goes wrong reaches the service; it is said once.

        Returns:
            Seconds until the next look.
        """
        approach = self._approach
        try:
            reading = self._usage.read(approach.look_closely_from)
            if reading is not None and approach.sees(self._clock(), reading.used_mib, reading.limit_mib):
                self._warns(reading, approach.slope_mib_s)
        except Exception as error:  # noqa: BLE001 - with no memory left anything may fail, and the service must go on
            if not self._failed:
                self._failed = True
                LOG.warning("memory near its limit is not reported: %r", error)
        return approach.pause_s

    def look_on(self, stopped: threading.Event) -> None:
        """
        Look until somebody stops it.

        Args:
            stopped: when it is set.
        """
        while not stopped.wait(self.look()):
            pass


@contextmanager
def watching_memory(settings: ServiceSettings, flight: FlightRecord, mount: Path = MOUNT) -> Iterator[None]:
    """
    Warn inside when the memory of the container comes near its limit; where there is no limit, there is nothing to do.

    Args:
        settings: say at which share of the limit, or that nobody wants to know.
        flight: knows whose trace the warning belongs to.
        mount: where the cgroups are mounted.
    """
    usage = Usage(mount)
    approach = Approach(settings.memory_warning_percent / 100)
    if not settings.memory_warning_percent or usage.read(approach.look_closely_from) is None:
        usage.close()
        yield
        return
    stopped = threading.Event()

    def look_on() -> None:
        # In the thread: the service is not ready later for it.
        since = kinds()
        _warm_up()
        Watcher(usage, approach, lambda reading, slope: _warn(flight, usage, since, reading, slope)).look_on(stopped)

    looking = threading.Thread(target=look_on, name="memory-watcher", daemon=True)
    looking.start()
    try:
        yield
    finally:
        stopped.set()
        looking.join(timeout=1)
        if not looking.is_alive():
            usage.close()


def _warm_up() -> None:
    """
    Have the SDK list the installed packages now, which each event names: the first time that takes a hundred times as
    long as all the rest of an event, and near the limit there is no time.
    """
    _get_installed_modules()


def _warn(flight: FlightRecord, usage: Usage, since: Kinds, reading: Reading, slope_mib_s: float) -> None:
    try:
        grown: Mapping[str, object] = what_grew(since, reading.limit_mib - reading.used_mib, slope_mib_s)
    except Exception as error:  # noqa: BLE001 - a warning that does not say what grew beats none
        grown = {"grown_by": f"nothing: it could not be counted: {type(error).__name__}", "grown": []}
    warn(flight, reading, slope_mib_s=slope_mib_s, peak_mib=usage.peak_mib(), grown=grown)
    sentry_sdk.flush(timeout=FLUSH_S)
