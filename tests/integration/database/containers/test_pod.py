"""
FerretDB goes on while PostgreSQL dies and comes back in the same network, as the two containers of a pod have one.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from analytics.database.driver import Database
from analytics.database.errors import DatabaseAwayError, DatabaseSlowError
from crashctl.waiting import wait_for
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

WAIT_MS = 3000
INTERNAL_ERROR = 1
AT_ONCE = 8
LEAST_OF_POSTGRESQL = 1 << 24


def test_the_wire_says_that_postgresql_is_away(docker, pod, local):
    """
    Meanwhile the readiness probe's ping fails and a statement is refused at once with 1, InternalError; the same
    FerretDB and the same client go on when PostgreSQL is back.
    """
    with MongoClient(pod.running.uri, serverSelectionTimeoutMS=WAIT_MS) as client:
        client.kept.documents.insert_one({"_id": 1})
        docker("kill", pod.server)

        with pytest.raises(OperationFailure) as refused:
            client.kept.documents.find_one()
        ready_meanwhile = pod.wire.answers()
        docker("start", pod.server)
        local.wait(pod.running)

        assert INTERNAL_ERROR == refused.value.code
        assert not ready_meanwhile
        assert pod.wire.answers()
        assert {"_id": 1} == client.kept.documents.find_one()


def test_what_was_under_way_ends_with_a_code_that_means_try_again(docker, pod):
    """
    Whoever is cut off by the death of PostgreSQL gets a lost connection, InternalError or one of PostgreSQL's own
    codes, and nothing that would be taken for an answer.
    """
    codes: set[int | None] = set()

    def insert(number: int) -> None:
        with MongoClient(pod.running.uri, serverSelectionTimeoutMS=WAIT_MS, retryWrites=False) as client:
            for n in range(100_000):
                try:
                    client.kept.documents.insert_one({"_id": f"{number}:{n}"})
                except PyMongoError as error:
                    codes.add(getattr(error, "code", None))
                    return

    with ThreadPoolExecutor(AT_ONCE) as threads, MongoClient(pod.running.uri) as client:
        writers = [threads.submit(insert, number) for number in range(AT_ONCE)]
        wait_for(lambda: client.kept.documents.count_documents({}) > 200, 60, "the writers to be at work")
        docker("kill", pod.server)
        for writer in writers:
            writer.result(60)

    assert codes
    assert [] == [code for code in codes - {None, INTERNAL_ERROR} if code < LEAST_OF_POSTGRESQL]


async def test_analytics_takes_it_for_a_database_that_is_away(docker, pod):
    """
    The service's driver answers `DatabaseAwayError`, which is a 503 to the player, and no failure of its own.
    """
    database = Database(pod.running.uri, "analytics", 3.0)
    await database.ping()
    docker("kill", pod.server)

    with pytest.raises((DatabaseAwayError, DatabaseSlowError)):
        await database.find("spins", "spin")

    assert not database.answers
    await database.close()
