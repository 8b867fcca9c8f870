"""
The real application on a real port with the real database and the real SDK; only the last step, the network to
Sentry, is kept in a list.
"""

import asyncio
import json
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymongo
import pytest
import sentry_sdk
from analytics.__main__ import build
from analytics.parts import Parts
from analytics.server import make_server
from analytics.settings import Settings
from crashctl.proof.outbox import Outbox
from crashkit.offpath import watch_loop
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

CATALOG = Path(__file__).parents[3] / "catalog"
TOKEN = "a-fault-token-of-the-tests"
BEARER = f"Bearer {TOKEN}"
POD = {"POD_NAME": "pod-1", "POD_NAMESPACE": "casino", "POD_UID": "uid-1", "NODE_NAME": "node-1"}
DSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/4"
TIMEOUT_MS = 1500


@dataclass
class Client:
    """Calls the service as the gateway does."""

    url: str

    async def call(
        self, method: str, path: str, trace_id: str = "a" * 32, body: bytes | None = None, **headers: str
    ) -> HTTPResponse:
        """Call with a trace, and give whatever comes back."""
        sent = {
            "sentry-trace": f"{trace_id}-{'b' * 16}-1",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await AsyncHTTPClient().fetch(
            self.url + path,
            method=method,
            headers=sent,
            body=body if body is not None or method in {"GET", "DELETE"} else b"",
            raise_error=False,
        )

    async def fire(self, path: str, trace_id: str = "a" * 32, body: bytes = b"", **headers: str) -> HTTPResponse:
        """Fire a fault with the token."""
        return await self.call("POST", path, trace_id, body, Authorization=BEARER, X_Crash_Run="test-run", **headers)

    async def get(self, path: str) -> Any:
        """Ask the product, and give what the answer's JSON holds."""
        return json.loads((await self.call("GET", path)).body)

    async def store(self, **spin: Any) -> HTTPResponse:
        """Store a spin."""
        return await self.post(json.dumps(spin).encode())

    async def post(self, body: bytes, **headers: str) -> HTTPResponse:
        """Send a body to where spins are stored."""
        return await self.call("POST", "/api/v1/spins", body=body, **{"Content_Type": "application/json", **headers})


async def wait_until(condition: Any, what: str, within_s: float = 10) -> None:
    """Wait until something is so."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not condition():
        assert loop.time() < deadline, f"{what}: not within {within_s} s"
        await asyncio.sleep(0.01)


@pytest.fixture
def until() -> Callable[..., Any]:
    """Give what waits for a condition."""
    return wait_until


@pytest.fixture
def outbox() -> Iterator[Outbox]:
    yield Outbox()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().clear()
    sentry_sdk.get_global_scope()._event_processors.clear()


@pytest.fixture(scope="session")
def mongodb_uri() -> str:
    uri = os.environ.get("MONGODB_URI")
    assert uri, "MONGODB_URI is not set: these tests need a real database; scripts/with-database <command> brings one"
    return uri


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[str]:
    """The name of a database that this test has to itself."""
    name = f"analytics_test_{secrets.token_hex(4)}"
    yield name
    with pymongo.MongoClient(mongodb_uri) as driver:
        driver.drop_database(name)


@pytest.fixture(scope="session")
def ranking(mongodb_uri: str) -> Iterator[str]:
    """The name of a database for the slow query, whose documents are made once."""
    name = f"analytics_test_{secrets.token_hex(4)}"
    yield name
    with pymongo.MongoClient(mongodb_uri) as driver:
        driver.drop_database(name)


@pytest.fixture
def settings(mongodb_uri: str, database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    environment = {"CATALOG_DIR": str(CATALOG), "SENTRY_DSN": DSN, "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN}
    where = {
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": database,
        "MONGODB_TIMEOUT_MS": str(TIMEOUT_MS),
        "TRACES_SAMPLE_RATE": "1",
    }
    for name, value in {**environment, **where, **POD}.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def parts(settings: Settings, outbox: Outbox) -> Parts:
    return build(settings, outbox.transport())


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[Client]:
    watch_loop(asyncio.get_running_loop())
    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server(parts, drain_s=1)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    watching = asyncio.create_task(parts.watch.run())
    parts.lifecycle.ready = True
    client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}")
    await wait_until(lambda: server.started, "the start")
    yield client
    parts.guard.stop()
    watching.cancel()
    server.should_exit = True
    await serving
    await parts.database.close()


@pytest.fixture
async def served(client: Client, parts: Parts) -> Client:
    """The client of a service that is ready."""
    await wait_until(lambda: parts.watch.ready, "the database")
    return client
