"""
The thread that sends what the spool holds: what is new at once, what failed later, what others left behind.
"""

import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from crashkit.spool.form import BadFileError, as_sent
from crashkit.spool.pace import LONGEST_S, TOO_LARGE, Answer, pause_s
from crashkit.spool.store import ORPHAN_S, Entry, Store
from crashkit.wire.trimming import smaller

LOG = logging.getLogger(__name__)
LOOK_AROUND_S = 30.0
# While somebody waits for it, a failed attempt is repeated sooner than it else would be.
PAUSE_WHILE_AWAITED_S = 0.25
# A flush that goes on looks this often whether it gets on.
STEP_S = 0.5
# What is new is sent from memory up to this much; the rest of a burst is read from its file again.
HELD_BYTES = 4 * 1024 * 1024

Post = Callable[[bytes], Answer]


class Sender:
    """
    Sends one file after the other. Who is not understood or not heard is asked again, with growing pauses; an answer
    that is about one event only puts that event back and lets the others pass.

    Args:
        store: what waits.
        post: sends one envelope and gives the answer; it raises nothing.
        limited_s: for how long Sentry wants no errors (seconds).
        lost: is told of each event that is given up.
    """

    def __init__(
        self, store: Store, post: Post, limited_s: Callable[[], float], lost: Callable[[str, int], None]
    ) -> None:
        self._store = store
        self._post = post
        self._limited_s = limited_s
        self._lost = lost
        self._number = itertools.count()
        self._looks_around = True
        self._begin()

    def _begin(self) -> None:
        # Re-entrant: a finalizer that captures an error may run while this thread holds it.
        self._changed = threading.Condition(threading.RLock())
        self._new: deque[Entry] = deque()
        self._later: list[tuple[float, int, Entry]] = []
        self._held_bytes = 0
        self._sending: Entry | None = None
        self._failures = 0
        self._not_before = 0.0
        self._awaited = 0
        self._next_look = 0.0
        self._ended = False
        self._thread: threading.Thread | None = None
        self._starting = False

    def recover(self, within_s: float) -> None:
        """
        Take over what earlier processes left, and wait until it is sent, or cannot be sent now.

        Args:
            within_s: how long to wait at the most (seconds); the rest is sent in the background.
        """
        found = self._take_over(0.0)
        self.start()
        if found:
            deadline = time.monotonic() + within_s
            with self._changed:
                while not (self._idle or self._failures or self._limited_s() > 0):
                    left_s = deadline - time.monotonic()
                    if left_s <= 0 or not self._changed.wait(left_s):
                        break
            LOG.info("the spool held %d events of an earlier process, %d still wait", found, self.waiting)

    def add(self, entry: Entry) -> None:
        """Send this one as soon as may be."""
        with self._changed:
            self._hold(entry)
            self._new.append(entry)
            self._changed.notify_all()
        self.start()

    def flush(self, within_s: float) -> bool:
        """
        Wait until nothing waits any more; what fails meanwhile is tried again without the usual pause.

        Args:
            within_s: how long to wait at the most (seconds).

        Returns:
            Whether all is sent.
        """
        deadline = time.monotonic() + within_s
        self.start()
        with self._changed:
            self._awaited += 1
            self._not_before = min(self._not_before, time.monotonic())
            self._new.extend(entry for _, _, entry in sorted(self._later))
            self._later.clear()
            self._changed.notify_all()
            try:
                while not self._idle:
                    left_s = deadline - time.monotonic()
                    if left_s <= 0 or not self._runs or self._limited_s() > left_s:
                        return False
                    self._changed.wait(left_s)
            finally:
                self._awaited -= 1
        return True

    def flush_on(self, within_s: float) -> None:
        """
        Go on with a flush for as long as it gets on.

        Args:
            within_s: how long at the most (seconds).
        """
        ends = time.monotonic() + within_s
        left = self.waiting
        while left and (left_s := ends - time.monotonic()) > 0:
            if self.flush(min(STEP_S, left_s)) or self.waiting >= left:
                return
            left = self.waiting

    @property
    def waiting(self) -> int:
        """How many events wait here, with the one on its way."""
        with self._changed:
            return len(self._new) + len(self._later) + (self._sending is not None)

    def start(self) -> None:
        """See to it that the thread runs in this process."""
        if self._runs:
            return
        with self._changed:
            if self._ended or self._starting or self._runs:
                return
            self._starting = True
            thread = threading.Thread(target=self._run, name="crashkit.spool", daemon=True)
            try:
                thread.start()
                self._thread = thread
            except RuntimeError:  # no more threads, or the interpreter ends: the files stay, and that is their purpose
                LOG.debug("no thread can be started; events stay in the spool")
            finally:
                self._starting = False

    def stop(self) -> None:
        """Let the thread end; what waits stays on disk."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def after_fork(self) -> None:
        """Begin anew in the child: what waits is the parent's, who also looks for what others leave."""
        self._begin()
        self._looks_around = False

    @property
    def _runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def _idle(self) -> bool:
        return not (self._new or self._later or self._sending)

    def _run(self) -> None:
        while (entry := self._next()) is not None:
            try:
                self._deliver(entry)
            except Exception as error:  # noqa: BLE001 - the thread must outlive whatever it is; the file stays
                LOG.warning("an event stays in the spool: %r", error)
                self._put_back(entry, 0.0)

    def _next(self) -> Entry | None:
        """Wait for the next one whose time has come; none when it is over."""
        while True:
            if self._looks_around and time.monotonic() >= self._next_look:
                self._take_over(ORPHAN_S)
            with self._changed:
                self._sending = None
                self._changed.notify_all()
                if self._ended:
                    return None
                wait_s = self._wait_s()
                if wait_s <= 0:
                    self._sending = self._first()
                    return self._sending
                self._changed.wait(wait_s)

    def _wait_s(self) -> float:
        now = time.monotonic()
        look_s = max(0.001, self._next_look - now) if self._looks_around else LOOK_AROUND_S
        if not (self._new or self._later):
            return look_s
        due = now if self._new else self._later[0][0]
        begin_s = max(due - now, self._not_before - now, self._limited_s())
        return begin_s if begin_s <= 0 else min(begin_s, look_s)

    def _first(self) -> Entry:
        if self._later and (not self._new or self._later[0][0] <= time.monotonic()):
            return heapq.heappop(self._later)[2]
        return self._new.popleft()

    def _deliver(self, entry: Entry) -> None:
        try:
            body = self._store.read(entry)
        except BadFileError:
            self._let_go(entry)
            self._lost("internal_sdk_error", 1)
            return
        if body is None:
            return
        answer = self._offer(entry, as_sent(body, entry.said.written_at_ns, time.time_ns()))
        if answer.meaning == "kept":
            self._put_back(entry, answer.retry_after_s, of_this_one=answer.status is not None)
            return
        self._let_go(entry)
        self._failures = 0
        if answer.meaning == "delivered":
            if entry.copy:
                self._store.trimmed(entry)
            self._store.end(entry, "delivered")
        else:
            self._store.end(entry, "refused", aside=True, why=f"Sentry answered {answer.status}")
            self._lost("send_error", 1)

    def _offer(self, entry: Entry, body: bytes) -> Answer:
        """
        Send it, and while it is too large a smaller copy at once. The file stays as it is: another Sentry, or this one
        after a change of its limit, may take it whole, and a copy that nobody has taken is not worth more than that.
        """
        answer = Answer(TOO_LARGE)
        for copy in itertools.islice(itertools.chain([body], smaller(body)), entry.copy, None):
            answer = self._post(copy)
            if answer.meaning != "too_large":
                break
            entry.copy += 1
            if self._limited_s() > 0:
                return Answer(None)
        return answer

    def _put_back(self, entry: Entry, retry_after_s: float, *, of_this_one: bool = True) -> None:
        with self._changed:
            self._failures += 1
            now = time.monotonic()
            # The next one tells whether Sentry chokes on this one only: if it passes, none had to wait.
            alone = of_this_one and self._failures == 1 and not retry_after_s
            if not alone:
                asked_s = 0.0 if self._awaited else min(retry_after_s, LONGEST_S)
                pause = PAUSE_WHILE_AWAITED_S if self._awaited else pause_s(self._failures)
                self._not_before = now + max(pause, asked_s)
            if of_this_one:
                # Others go first then: one event that Sentry chokes on must not hold up the rest.
                entry.failures += 1
                due = now if self._awaited else now + pause_s(entry.failures)
                heapq.heappush(self._later, (due, next(self._number), entry))
            else:
                self._new.appendleft(entry)

    def _hold(self, entry: Entry) -> None:
        size_bytes = len(entry.body or b"")
        if self._held_bytes + size_bytes > HELD_BYTES:
            entry.body = None
        else:
            self._held_bytes += size_bytes

    def _let_go(self, entry: Entry) -> None:
        with self._changed:
            self._held_bytes -= len(entry.body or b"")
            entry.body = None

    def _take_over(self, older_than_s: float) -> int:
        found, bad = self._store.leftovers(older_than_s)
        self._next_look = time.monotonic() + LOOK_AROUND_S
        if bad:
            self._lost("internal_sdk_error", bad)
        with self._changed:
            self._new.extend(found)
            self._changed.notify_all()
        return len(found)
