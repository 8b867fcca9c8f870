"""
Writes the flight record: at each opening of a request at once, and else ten times a second while something may end the
process soon, twice a second while not.
"""

import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from time import sleep, time
from typing import Literal

from crashkit.flight.file import MOST_BYTES, RecordFile
from crashkit.flight.gauge import Figures, MemoryGauge, in_motion
from crashkit.flight.requests import Opened
from crashkit.run import Run
from crashkit.settings import ServiceSettings

LOG = logging.getLogger(__name__)
FORMAT = "crash-demo-flight"
VERSION = 1
MOST_OPEN = 8
TICK_S = 0.1
# Where no fault is open and the memory is calm: what nobody asks for shall cost next to nothing.
CALM_TICK_S = 0.5

Ended = Literal["sigterm", "exit", "exception"]


class FlightRecord:
    """
    The record of one process. Safe to use from any thread.

    What opens is written at once. What closes is written with the next opening or the next tick, at most half a second
    later: so a request that is answered pays for one write, and one that ends its process is told.

    Args:
        file: where it is written; none writes nothing.
        service: name of the service.
        release: of its events.
        gauge: reads the memory; none where nothing is written.
        clock: unix seconds.
    """

    def __init__(
        self,
        file: RecordFile | None,
        service: str,
        release: str,
        gauge: MemoryGauge | None = None,
        clock: Callable[[], float] = time,
    ) -> None:
        self._file = file
        self._gauge = gauge
        self._clock = clock
        self._lock = threading.Lock()
        self._stopped = False
        self._at_risk = threading.Event()
        self._read: Figures = {}
        self._open: dict[Opened, None] = {}
        self._faults: dict[Opened, None] = {}
        self._last: tuple[Opened, float] | None = None
        self._opened = 0
        self._memory = "null"
        self._ended = "null"
        head = {
            "format": FORMAT,
            "version": VERSION,
            "service": service,
            "release": release,
            "instance": secrets.token_hex(8),
        }
        self._head = json.dumps(head, separators=(",", ":"))[:-1] + ',"updated_at":'
        self._nothing = Opened(self, "", "", "", "0")

    def open(self, trace: str, span: str, route: str) -> Opened:
        """
        Tell that a request is open.

        Args:
            trace: 32 hex digits.
            span: 16 hex digits.
            route: method and route, with no value of the caller's.

        Returns:
            What :meth:`close` takes.
        """
        if self._file is None:
            return self._nothing
        now = f"{self._clock():.3f}"
        opened = Opened(self, trace, span, route, now)
        opened.enter()
        with self._lock:
            self._open[opened] = None
            self._opened += 1
            self._write(now)
        return opened

    def fault(self, opened: Opened, run: Run) -> None:
        """
        Tell that an open request fires a fault.

        Args:
            opened: the request.
            run: of the fault.
        """
        with self._lock:
            opened.tell_fault(run)
            self._open.pop(opened, None)
            self._faults[opened] = None
            self._at_risk.set()
            self._write(f"{self._clock():.3f}")

    def close(self, opened: Opened) -> None:
        """
        Tell that a request is answered; a fault that still holds something stays among the open ones.

        Args:
            opened: the request.
        """
        if self._file is None:
            return
        now = self._clock()
        with self._lock:
            if opened.run is None:
                self._open.pop(opened, None)
            elif opened.run.holding:
                opened.tell_fault(opened.run, held_since=now)
            else:
                self._faults.pop(opened, None)
            if not self._open:
                self._last = (opened, now)
            if opened.run is not None:
                self._write(f"{now:.3f}")

    def blamed(self) -> Opened | None:
        """
        Give what most likely takes the memory now: the newest fault that is open or holds something, else the newest
        open request; none where there is neither, or no record.
        """
        with self._lock:
            at_work = (one for one in reversed(self._faults) if not one.held_since or (one.run and one.run.holding))
            return next(at_work, None) or next(reversed(self._open), None)

    @property
    def at_risk(self) -> bool:
        """Whether the record is written often, because what is told of may end the process soon."""
        return self._at_risk.is_set()

    def write(self) -> None:
        """Write what there is now."""
        with self._lock:
            self._write(f"{self._clock():.3f}")

    def tick(self) -> None:
        """Read the memory, leave out what faults no longer hold, and write."""
        before, self._read = self._read, {} if self._gauge is None else self._gauge.read()
        memory = _memory_told(self._read) if self._read else "null"
        with self._lock:
            self._memory = memory
            for opened in [one for one in self._faults if one.held_since and not (one.run and one.run.holding)]:
                del self._faults[opened]
            if self._faults or in_motion(self._read, before):
                self._at_risk.set()
            else:
                self._at_risk.clear()
            self._write(f"{self._clock():.3f}")

    def end(self, how: Ended) -> None:
        """
        Tell that the process ends by itself.

        Args:
            how: because it was asked to, because it was done, or because of an error.
        """
        with self._lock:
            self._ended = json.dumps({"how": how, "at": round(self._clock(), 3)})
            self._write(f"{self._clock():.3f}")

    @contextmanager
    def running(self, asked_to_end: Callable[[], bool]) -> Iterator[None]:
        """
        Keep the memory current while the process runs, and tell how it ended.

        Args:
            asked_to_end: whether somebody asked it to.
        """
        ticking = threading.Thread(target=self._keep_ticking, name="flight-record", daemon=True)
        if self._file is not None:
            ticking.start()
        try:
            yield
        except BaseException:
            self.end("exception")
            raise
        finally:
            self._stopped = True
        self.end("sigterm" if asked_to_end() else "exit")

    def _keep_ticking(self) -> None:
        while not self._stopped:
            if self.at_risk:
                sleep(TICK_S)
            else:
                self._at_risk.wait(CALM_TICK_S)
            self.tick()

    def _write(self, now: str) -> None:
        if self._file is None:
            return
        told = list(islice(reversed(self._faults), MOST_OPEN)) if self._faults else []
        told += islice(reversed(self._open), MOST_OPEN - len(told))
        crumbs = told[0].breadcrumbs() if told and told[0].crumbs else []
        text = self._text(now, [opened.text for opened in told], crumbs)
        while crumbs and len(text) > MOST_BYTES:
            crumbs = crumbs[1:]
            text = self._text(now, [opened.text for opened in told], crumbs)
        if len(text) > MOST_BYTES:
            text = self._text(now, [opened.told(with_route=False) for opened in told], [])
        self._file.write(text)

    def _text(self, now: str, told: list[str], crumbs: list[str]) -> bytes:
        last = "null" if told else self._last_told()
        return (
            f'{self._head}{now},"open":[{",".join(told)}],"opened":{self._opened},"memory":{self._memory},'
            f'"breadcrumbs":[{",".join(crumbs)}],"last":{last},"ended":{self._ended}}}\n'
        ).encode()

    def _last_told(self) -> str:
        if self._last is None:
            return "null"
        opened, until = self._last
        return f'{opened.text[:-1]},"until":{until:.3f}}}'


def _memory_told(figures: Figures) -> str:
    # By hand: numbers and none need no escape, and the encoder of the library is made anew for each text.
    members = (f'"{name}":{"null" if value is None else value}' for name, value in figures.items())
    return f"{{{','.join(members)}}}"


def start_flight(settings: ServiceSettings, service: str) -> FlightRecord:
    """
    Open the record of this process. One that cannot be written is said once, and never stands in the way.

    Args:
        settings: name the file and the release.
        service: name of the service.
    """
    if settings.termination_log is None:
        return FlightRecord(None, service, settings.sentry_release)
    try:
        file = RecordFile(settings.termination_log)
    except (OSError, ValueError) as error:
        LOG.warning("no flight record: TERMINATION_LOG names %s: %s", settings.termination_log, error)
        return FlightRecord(None, service, settings.sentry_release)
    record = FlightRecord(file, service, settings.sentry_release, MemoryGauge())
    record.tick()
    return record
