"""
The game engine between a payment and an analytics that can fail at each call.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.simple_httpclient import HTTPTimeoutError

from .ledger import Ledger, analytics, payment

SPIN = json.dumps({"player_id": "player-7", "stake": 4321})


class AlwaysCherries:
    """Three cherries, which pay five stakes: 21605."""

    def choice(self, _strip):
        return "cherry"


@dataclass
class Casino:
    """The engine's address, what is behind it, and what it tells Sentry."""

    url: str
    ledger: Ledger
    payment: object
    stored: dict
    analytics: object
    engine: object
    outbox: object

    async def spin(self, body=SPIN, sampled=1):
        return await self.call("POST", "/spin", body, sampled)

    async def call(self, method, path, body=None, sampled=1):
        headers = {"sentry-trace": f"{'a' * 32}-{'b' * 16}-{sampled}"}
        answer = await AsyncHTTPClient().fetch(
            self.url + path, method=method, body=body, headers=headers, raise_error=False, request_timeout=20
        )
        return answer.code, json.loads(answer.body)

    async def leave_early(self):
        with suppress(HTTPTimeoutError):
            await AsyncHTTPClient().fetch(self.url + "/spin", method="POST", body=SPIN, request_timeout=0.1)

    async def until(self, condition, within_s=5):
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - what is awaited has no event
                await asyncio.sleep(0.01)

    def counted(self, name):
        text = self.engine.metrics.text().decode()
        return {
            line.split('"')[1]: int(float(line.split()[-1]))
            for line in text.splitlines()
            if line.startswith(f"crash_demo_{name}{{") and not line.endswith(" 0.0")
        }


@pytest.fixture
async def payment_peer():
    ledger = Ledger()
    peer = payment(ledger)
    peer.ledger = ledger
    yield peer
    await peer.close()


@pytest.fixture
async def analytics_peer():
    stored = {}
    peer = analytics(stored)
    peer.stored = stored
    yield peer
    await peer.close()


@pytest.fixture
def told(payment_peer, analytics_peer):
    """What the engine is told beside its usual settings; short times, so that giving up is soon."""
    return {
        "PAYMENT_URL": payment_peer.url,
        "ANALYTICS_URL": analytics_peer.url,
        "PAYMENT_TIMEOUT_S": "0.3",
        "PAYMENT_BUDGET_S": "0.8",
        "ANALYTICS_TIMEOUT_S": "0.3",
    }


@pytest.fixture
def settings(settings, told, monkeypatch, tmp_path):
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    return type(settings)()


@pytest.fixture
async def casino(engine, client, outbox, payment_peer, analytics_peer):
    object.__setattr__(engine, "random", AlwaysCherries())
    background = asyncio.create_task(engine.money.recorder.run())
    yield Casino(client.url, payment_peer.ledger, payment_peer, analytics_peer.stored, analytics_peer, engine, outbox)
    background.cancel()
    await engine.money.close()
