"""
Whether the database is there: asked again and again, because readiness must know it before a caller does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import sentry_sdk

from analytics.database.driver import Database
from analytics.database.errors import DatabaseAwayError, DatabaseSlowError

LOG = logging.getLogger(__name__)
EVERY_S = 1.0


class Watch:
    """
    Asks, and prepares the database when it has come.

    Args:
        database: that is asked.
        prepare: makes what must be there before the first request; safe to repeat.
    """

    def __init__(self, database: Database, prepare: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._prepare = prepare
        self._prepared = False
        self._told: bool | None = None
        self._refusal = ""

    @property
    def ready(self) -> bool:
        """Whether the database answers and has its indexes."""
        return self._prepared and self._database.answers

    async def run(self) -> None:
        """Ask until the task is cancelled."""
        with sentry_sdk.isolation_scope():
            while True:
                await self.ask()
                if self.ready != self._told:
                    self._told = self.ready
                    LOG.info("the database answers" if self.ready else "the database does not answer: not ready")
                await asyncio.sleep(EVERY_S)

    async def ask(self) -> None:
        """Ask once."""
        try:
            await self._database.ping()
            if not self._prepared:
                await self._prepare()
                self._prepared = True
        except (DatabaseAwayError, DatabaseSlowError) as error:
            LOG.debug("the database is asked in vain: %s", error.reason)
        except Exception as error:
            # It answers, and refuses what it is asked to prepare: said once, tried again.
            if repr(error) != self._refusal:
                self._refusal = repr(error)
                LOG.exception(
                    "the database cannot be prepared; the user of MONGODB_URI must be allowed to make indexes"
                )
