"""
The one thread that writes to the store. What waits while it writes is committed together.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from event_sink.ledger import Changes, Ledger, save

LOG = logging.getLogger(__name__)
T = TypeVar("T")
# A piece of a transaction. It may run twice, so it changes nothing but the store and the counts.
Work = Callable[[sqlite3.Connection, Changes], T]
_MOST_JOBS_A_COMMIT: Final = 256


class StoreUnavailableError(RuntimeError):
    """The store did not take it (full disk, read-only, closed). Nothing that was stored is lost."""


@dataclass
class _Job:
    work: Work[Any]  # each job has its own result type
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Takes work from any thread and says when it is on the disk."""

    def __init__(self, connection: sqlite3.Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer")
        self._closed = False
        self.available = True
        self.commits = 0

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def submit(self, work: Work[T]) -> Future[T]:
        """
        Queue work for the next commit.

        Returns:
            A future that holds the work's result once it is on the disk.

        Raises:
            StoreUnavailableError: the writer was stopped; later failures are in the future.
        """
        if self._closed:
            raise StoreUnavailableError("the store is closed")
        job = _Job(work)
        self._jobs.put(job)
        return job.future

    async def run(self, work: Work[T]) -> T:
        """
        As ``submit``, awaited. A caller that goes away does not take its work back.
        """
        return await asyncio.shield(asyncio.wrap_future(self.submit(work)))

    def stop(self) -> None:
        """
        Finish what is queued, then end the thread.
        """
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch, last = self._batch(job)
            self._commit(batch)
            # Waiting for the next job must not keep the last one's envelope in memory.
            del job, batch
            if last:
                break
        self._save_counts()
        self._connection.close()

    def _batch(self, first: _Job) -> tuple[list[_Job], bool]:
        batch = [first]
        while len(batch) < _MOST_JOBS_A_COMMIT:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, False
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _save_counts(self) -> None:
        if self._ledger.has_unsaved:
            self._commit([])

    def _commit(self, batch: list[_Job]) -> None:
        unsaved = self._ledger.take_unsaved()
        changes = Changes(unsaved)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [(job, *self._try(job, changes)) for job in batch]
            save(self._connection, changes)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, MemoryError) as error:
            self._roll_back()
            self._ledger.give_back(unsaved)
            self._failed(batch, error)
            return
        self.commits += 1
        if not self.available:
            LOG.info("the store takes writes again")
        self.available = True
        self._ledger.committed(changes)
        for job, result, failure in results:
            if failure:
                job.future.set_exception(failure)
            else:
                job.future.set_result(result)

    def _try(self, job: _Job, changes: Changes) -> tuple[Any, Exception | None]:
        """
        Run one job in a savepoint, so that a mistake in it does not undo its neighbours.
        """
        own = Changes()
        self._connection.execute("SAVEPOINT job")
        try:
            result = job.work(self._connection, own)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
                raise
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            return None, error
        self._connection.execute("RELEASE job")
        changes.update(own)
        return result, None

    def _failed(self, batch: list[_Job], error: Exception) -> None:
        """
        Try the jobs one by one: a large one must not take small ones with it on a disk that is nearly full.
        """
        if len(batch) > 1:
            for job in batch:
                self._commit([job])
            return
        if self.available:
            LOG.error("the store does not take writes", extra={"error": str(error)})
        self.available = False
        for job in batch:
            job.future.set_exception(StoreUnavailableError(f"the store does not take writes: {error}"))

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
