"""
The one module that knows the driver.

Motor is past its end of life (critical fixes until 2027-05-14). What would take its place, PyMongo's own asyncio
client, answers the same calls: this module changes then, and no other.

Spans are made here and not by the SDK's integration: that one masks the first level of ``$match`` only, and spells out
every document of a batch.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import pymongo
import sentry_sdk
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
)
from sentry_sdk.consts import SPANSTATUS
from sentry_sdk.tracing import NoOpSpan

from analytics.database.errors import DatabaseAwayError, DatabaseSlowError, DatabaseUriError
from analytics.database.shape import shape

Document = dict[str, Any]  # Any: what BSON holds
Pipeline = Sequence[Mapping[str, Any]]  # Any: whatever an aggregation holds
T = TypeVar("T")

DUPLICATE = 11000
# InternalError is what FerretDB says while PostgreSQL is away behind it; without a login there is no database either.
AWAY = frozenset({1, 18})
# The driver's threads are few: who has waited for one of them this much longer is not served any more.
QUEUE_S = 1.0
CLOSE_S = 0.5
# At the end of the process, for statements that nobody waits for any more: they end by themselves.
LEFT_ALONE_S = 4.0


class Database:
    """
    One database at one server. Nothing is connected before the first statement.

    Args:
        uri: ``mongodb://…``, with user and password.
        name: of the database.
        timeout_s: the most that a statement may take, finding the server included (seconds).

    Raises:
        DatabaseUriError: the address is none.
    """

    def __init__(self, uri: str, name: str, timeout_s: float) -> None:
        try:
            self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                uri,
                timeoutMS=int(timeout_s * 1000),
                serverSelectionTimeoutMS=int(timeout_s * 1000),
                appname="analytics",
                tz_aware=True,
            )
        except (ConfigurationError, ValueError) as error:
            # The driver's sentences name options and hosts, and may quote a part of the address.
            raise DatabaseUriError(
                f"MONGODB_URI is no address of a database ({type(error).__name__}); "
                "it has the form mongodb://<user>:<password>@<host>:27017/"
            ) from None
        self._database = self._client[name]
        self._timeout_s = timeout_s
        self.answers = False
        self._running: set[asyncio.Task[Any]] = set()  # Any: whatever they give

    @property
    def busy(self) -> bool:
        """Whether anything is still asked, also where nobody waits for it any more."""
        return bool(self._running)

    async def ping(self) -> None:
        """
        Ask whether the server is there; the only statement that is sent although nobody answered the last one.

        Raises:
            DatabaseAwayError, DatabaseSlowError: it is not, or not in time.
        """
        await self._ask(lambda: self._database.command("ping"), self._timeout_s)
        self.answers = True

    async def ensure_index(self, collection: str, name: str, *fields: str) -> None:
        """Make an index, unless it is there."""
        keys = [(field, pymongo.ASCENDING) for field in fields]
        statement = {"createIndexes": collection, "key": dict.fromkeys(fields, 1)}
        await self._traced(statement, collection, lambda: self._database[collection].create_index(keys, name=name))

    async def insert_once(self, collection: str, document: Document) -> bool:
        """
        Insert a document, unless its ``_id`` is there.

        Returns:
            Whether it was inserted.
        """

        async def insert() -> bool:
            try:
                await self._database[collection].insert_one(document)
            except DuplicateKeyError:
                return False
            return True

        return await self._traced({"insert": collection, "documents": [document]}, collection, insert)

    async def insert_missing(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert those of the documents whose ``_id`` is not there; any number of callers may do so at once."""

        async def insert() -> None:
            try:
                await self._database[collection].insert_many(documents, ordered=False)
            except BulkWriteError as error:
                details: Mapping[str, Any] = error.details or {}
                if any(one.get("code") != DUPLICATE for one in details.get("writeErrors", [])):
                    raise

        await self._traced({"insert": collection, "documents": documents[:1]}, collection, insert)

    async def find(self, collection: str, key: str) -> Document | None:
        """Give the document with this ``_id``, or none."""
        statement = {"find": collection, "filter": {"_id": key}}
        return await self._traced(statement, collection, lambda: self._database[collection].find_one({"_id": key}))

    async def count(self, collection: str) -> int:
        """Count the documents one by one: the collection's own figures are an estimate."""
        statement = {"count": collection}
        return await self._traced(statement, collection, lambda: self._database[collection].count_documents({}))

    async def aggregate(self, collection: str, pipeline: Pipeline, within_s: float | None = None) -> list[Document]:
        """
        Run an aggregation and give all of its rows.

        Args:
            collection: it begins with.
            pipeline: its stages.
            within_s: the most that it may take, at the server too (seconds), where that is not the usual.
        """
        statement = {"aggregate": collection, "pipeline": pipeline}
        return await self._traced(
            statement, collection, lambda: self._database[collection].aggregate(pipeline).to_list(None), within_s
        )

    async def explain(self, collection: str, pipeline: Pipeline, within_s: float | None = None) -> Document:
        """Ask how the server carries out an aggregation."""
        aggregate = {"aggregate": collection, "pipeline": pipeline, "cursor": {}}
        command = {"explain": aggregate, "verbosity": "executionStats"}
        return await self._traced(command, collection, lambda: self._database.command(command), within_s)

    async def close(self) -> None:
        """Close the connections, and see what was still asked to its end; the server is told if it is there."""
        # Without a bound the driver waits half a minute for a server that is away, to end its sessions there.
        with pymongo.timeout(CLOSE_S):
            self._client.close()
        if self._running:
            await asyncio.wait(self._running, timeout=LEFT_ALONE_S)

    async def _traced(
        self,
        statement: Mapping[str, Any],
        collection: str,
        work: Callable[[], Awaitable[T]],
        within_s: float | None = None,
    ) -> T:
        if not self.answers:
            raise DatabaseAwayError("it did not answer before")
        told = shape(statement)
        operation = next(iter(statement))
        figures = {"db.system": "mongodb", "db.operation": operation, "db.collection.name": collection}
        parent = sentry_sdk.get_current_span()
        # Not made the current span: several statements of one request may run at once.
        span = parent.start_child(op="db", name=told, origin="manual.db.analytics") if parent else NoOpSpan()
        for name, value in {**figures, "db.name": self._database.name}.items():
            span.set_data(name, value)
        began = time.perf_counter()
        try:
            return await self._ask(work, within_s or self._timeout_s)
        except BaseException as error:
            span.set_status(SPANSTATUS.INTERNAL_ERROR)
            if isinstance(error, OperationFailure):
                sentry_sdk.set_tag("database_code", str(error.code))
                sentry_sdk.set_context("statement", {"shape": told, "code": error.code})
            raise
        finally:
            span.finish()
            took_ms = round((time.perf_counter() - began) * 1000, 1)
            sentry_sdk.add_breadcrumb(category="query", message=told, data={**figures, "took_ms": took_ms})

    async def _ask(self, work: Callable[[], Awaitable[T]], within_s: float) -> T:
        """
        Have the driver do something in its threads, and give up in time.

        A statement that nobody waits for any more ends by itself, at the server too, and its error is nobody's. The
        driver's own errors do not go along as causes: some fifty frames for each of a burst of requests, and
        their local variables are what the callers sent.
        """

        async def do() -> T:
            return await work()

        with pymongo.timeout(within_s):
            answer = asyncio.get_running_loop().create_task(do(), name="statement")
        self._running.add(answer)
        answer.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(within_s + QUEUE_S):
                return await asyncio.shield(answer)
        except (TimeoutError, NetworkTimeout, ExecutionTimeout) as error:
            raise DatabaseSlowError(type(error).__name__) from None
        except ConnectionFailure as error:
            self.answers = False
            raise DatabaseAwayError(type(error).__name__) from None
        except OperationFailure as error:
            if error.code in AWAY:
                self.answers = False
                raise DatabaseAwayError(type(error).__name__) from None
            raise
        except PyMongoError as error:
            if error.timeout:
                raise DatabaseSlowError(type(error).__name__) from None
            raise

    def _ended(self, task: asyncio.Task[Any]) -> None:  # Any: whatever it gives
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # read, so that it is not taken for an error that nobody knows of
