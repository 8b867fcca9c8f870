"""
What was answered is kept, whatever kills whom.
"""

from threading import Event, Thread

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

WAIT_MS = 3000


def test_what_was_answered_survives_a_kill_of_both(docker, database, restart):
    """
    Both containers are killed with SIGKILL while documents are inserted; each insert that was answered is there after
    the restart, and the indexes are too.
    """
    answered: list[int] = []
    begun = Event()

    def insert() -> None:
        with MongoClient(database.uri, serverSelectionTimeoutMS=WAIT_MS, retryWrites=False) as client:
            ledger = client.kept.ledger
            ledger.create_index("key", name="one_key", unique=True)
            for n in range(100_000):
                try:
                    ledger.insert_one({"_id": n, "key": f"k{n}"})
                except PyMongoError:
                    return
                answered.append(n)
                if n == 200:
                    begun.set()

    writer = Thread(target=insert)
    writer.start()
    assert begun.wait(60)
    docker("kill", f"{database.name}-documentdb", f"{database.name}-ferretdb")
    writer.join(60)
    restart(database)

    with MongoClient(database.uri, serverSelectionTimeoutMS=WAIT_MS) as client:
        found = {entry["_id"] for entry in client.kept.ledger.find({}, {"_id": 1})}
        indexes = set(client.kept.ledger.index_information())
    assert len(answered) > 200
    assert set() == set(answered) - found
    # The one that was under way may have arrived or not.
    assert found - set(answered) <= {len(answered)}
    assert {"_id_", "one_key"} == indexes


@pytest.mark.parametrize("part", ["ferretdb", "documentdb"])
def test_a_client_goes_on_when_one_part_comes_back(docker, database, local, part):
    """
    A client that is connected while one of the two is killed and started again needs nothing but its own next attempt.
    """
    with MongoClient(database.uri, serverSelectionTimeoutMS=WAIT_MS) as client:
        client.kept.documents.insert_one({"_id": 1})
        docker("kill", f"{database.name}-{part}")
        docker("start", f"{database.name}-{part}")
        if part == "documentdb":
            # In Docker the network is this container's; in a pod it is the pod's and FerretDB need not be started anew.
            docker("restart", "--time=0", f"{database.name}-ferretdb")
        local.wait(database)

        assert {"_id": 1} == client.kept.documents.find_one()


def test_a_stop_is_clean_and_quick(docker, database, restart):
    """
    A stop ends PostgreSQL with 0 within seconds although clients are connected, and the next start has nothing to mend.
    """
    server = f"{database.name}-documentdb"
    with MongoClient(database.uri, serverSelectionTimeoutMS=WAIT_MS) as client:
        client.kept.documents.insert_one({"_id": 1})
        docker("stop", "--time=20", server)

    # 137 would mean that the 20 s were over.
    assert 0 == docker.exit_code(server)
    docker("kill", f"{database.name}-ferretdb")
    restart(database)
    last_start = docker.logs(server).rpartition("starting PostgreSQL")[2]
    assert "was not properly shut down" not in last_start
    with MongoClient(database.uri, serverSelectionTimeoutMS=WAIT_MS) as client:
        assert {"_id": 1} == client.kept.documents.find_one()
