"""
The database that MONGODB_URI names: the release's own under `scripts/with-database`, or any MongoDB.
"""

import os
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

WAIT_MS = 5000
Documents = Collection[dict[str, Any]]  # Any: BSON values


@pytest.fixture(scope="session")
def uri() -> str:
    given = os.environ.get("MONGODB_URI")
    if not given:
        pytest.fail("MONGODB_URI is not set. Fix: scripts/with-database pytest …", pytrace=False)
    return given


@pytest.fixture(scope="session")
def client(uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient(uri, serverSelectionTimeoutMS=WAIT_MS, tz_aware=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def is_ferretdb(client: MongoClient[dict[str, Any]]) -> bool:
    """Whether the release's own engine answers, and not MongoDB."""
    return "ferretdb" in client.admin.command("buildInfo")


@pytest.fixture
def database_name(client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    name = f"statements_{uuid.uuid4().hex[:12]}"
    yield name
    client.drop_database(name)


@pytest.fixture
def documents(client: MongoClient[dict[str, Any]], database_name: str) -> Documents:
    """A collection in a database of its own."""
    return client[database_name]["documents"]


@pytest.fixture
def ledger(client: MongoClient[dict[str, Any]], database_name: str) -> Documents:
    """A collection with the indexes that the wallets' ledger has."""
    collection = client[database_name]["ledger"]
    collection.create_index("key", name="one_key", unique=True)
    collection.create_index("closes", name="one_closing", unique=True, sparse=True)
    collection.create_index("hold_until", name="held", sparse=True)
    return collection


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that is bound, so that nobody else gets it, and does not listen."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def mute_server() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
