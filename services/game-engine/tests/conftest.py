"""
The real application on a real port, with the real SDK; only the last step, the network, is kept in a list.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sentry_sdk
from crashctl.proof.outbox import Outbox
from crashkit.offpath import watch_loop
from game_engine.__main__ import build
from game_engine.app import make_app
from game_engine.engine import Engine
from game_engine.settings import Settings
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

CATALOG = Path(__file__).parents[3] / "catalog"
TOKEN = "a-fault-token-of-the-tests"
BEARER = f"Bearer {TOKEN}"
POD = {"POD_NAME": "pod-1", "POD_NAMESPACE": "casino", "POD_UID": "uid-1", "NODE_NAME": "node-1"}
DSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/2"


@dataclass
class Client:
    """Calls the engine as the gateway does."""

    url: str

    async def call(
        self, method: str, path: str, trace_id: str = "a" * 32, *, body: bytes = b"", **headers: str
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
            body=body if method in {"POST", "PUT"} else None,
            raise_error=False,
        )

    async def fire(self, path: str, trace_id: str = "a" * 32, *, body: bytes = b"", **headers: str) -> HTTPResponse:
        """Fire a fault with the token."""
        told = {"Authorization": BEARER, "X_Crash_Run": "test-run", **headers}
        return await self.call("POST", path, trace_id, body=body, **told)

    async def stop_all(self) -> HTTPResponse:
        """Stop every fault."""
        return await self.call("DELETE", "/debug/faults", Authorization=BEARER)


@pytest.fixture
def outbox() -> Iterator[Outbox]:
    yield Outbox()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().clear()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    environment = {"CATALOG_DIR": str(CATALOG), "SENTRY_DSN": DSN, "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN}
    for name, value in {**environment, **POD}.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def engine(settings: Settings, outbox: Outbox) -> Engine:
    return build(settings, outbox.transport())


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[Client]:
    loop = asyncio.get_running_loop()
    watch_loop(loop)
    listener, port = bind_unused_port()
    server = HTTPServer(make_app(engine))
    server.add_socket(listener)
    engine.lifecycle.ready = True
    yield Client(f"http://127.0.0.1:{port}")
    engine.guard.stop()
    server.stop()
    await server.close_all_connections()
