"""
The database is away at the start, goes in the middle, or becomes slow; the real one, behind a proxy that can do that.
"""

import asyncio
import json
import os
import socket
from collections import Counter
from urllib.parse import urlsplit

import pytest
from analytics.settings import Settings

TIMEOUT_S = 1.5
SPIN = {
    "spin_id": "00c0ffee00c0ffee",
    "player_id": "player-7",
    "stake": 100,
    "win": 500,
    "reels": ["cherry"],
    "multiplier": 5,
}


@pytest.fixture
def settings(settings, proxy, monkeypatch):
    monkeypatch.setenv("MONGODB_URI", proxy.uri)
    return Settings()


async def timed(call):
    """Give an answer, and how long it took (seconds)."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    return await call, loop.time() - began


async def ready(client):
    answer = await client.call("GET", "/healthz/ready")
    return answer.code, json.loads(answer.body).get("reason")


class TestAwayAtTheStart:
    @pytest.fixture
    async def settings(self, settings, proxy):
        await proxy.go()
        return settings

    async def test_it_starts_and_is_not_ready_until_the_database_comes(self, client, parts, proxy, until):
        """
        Live answers 200 and ready 503 with the reason; when the database comes, it is ready, with its indexes.
        """
        before = await ready(client)
        live = await client.call("GET", "/healthz/live")

        await proxy.come()
        await until(lambda: parts.watch.ready, "the database")

        assert (503, "database") == before
        assert 200 == live.code
        assert (200, None) == await ready(client)
        assert 201 == (await client.store(**SPIN)).code

    async def test_a_request_meanwhile_is_a_problem_at_once(self, client, outbox):
        """
        503 that says when to come back, long before the timeout, and one handled event.
        """
        answer, took_s = await timed(client.store(**SPIN))

        (event,) = outbox.of("event")
        assert (503, "urn:crash-demo:problem:database-away") == (answer.code, json.loads(answer.body)["type"])
        assert "1" == answer.headers["Retry-After"]
        assert took_s < TIMEOUT_S
        assert "DatabaseAwayError" == event["exception"]["values"][-1]["type"]
        assert event["exception"]["values"][-1]["mechanism"]["handled"] is True


async def test_a_database_that_goes_and_comes_back(served, parts, proxy, outbox, until):
    """
    Gone: a request is a 503 problem within the timeout and readiness is off. Back: ready, and nothing was lost.
    """
    await served.store(**SPIN)

    await proxy.go()
    answer, took_s = await timed(served.call("GET", "/api/v1/turnover"))
    gone = await ready(served)
    await proxy.come()
    await until(lambda: parts.watch.ready, "the database")

    (event,) = outbox.of("event")
    assert (503, "urn:crash-demo:problem:database-away") == (answer.code, json.loads(answer.body)["type"])
    assert took_s < TIMEOUT_S + 1.5
    assert (503, "database") == gone
    assert "The database does not answer" == event["exception"]["values"][-1]["value"]
    assert 1 == (await served.get("/api/v1/turnover"))["spins"]


async def test_a_burst_meanwhile_waits_no_longer_than_one(served, proxy, outbox):
    """
    Of a burst while the database is gone a few wait for it, as many as the driver has threads; what they learn is the
    answer to the others.
    """
    await proxy.go()

    answers = await asyncio.gather(*(served.get("/api/v1/turnover") for _ in range(80)))

    reasons = Counter(event["contexts"]["database"]["reason"] for event in outbox.of("event"))
    assert {503} == {answer["status"] for answer in answers}
    assert 80 == reasons.total()
    assert reasons["it did not answer before"] > 80 - 5 * (os.cpu_count() or 1) - 1


async def test_a_slow_database_is_a_504_in_time(served, proxy, outbox):
    """
    Where the database does not answer a statement in time, the caller gets 504 in time, and there is one event.
    """
    proxy.hold()

    answer, took_s = await timed(served.call("GET", "/api/v1/turnover"))

    (event,) = outbox.of("event")
    assert (504, "urn:crash-demo:problem:database-slow") == (answer.code, json.loads(answer.body)["type"])
    assert TIMEOUT_S - 0.1 <= took_s < TIMEOUT_S + 1.5
    assert "DatabaseSlowError" == event["exception"]["values"][-1]["type"]


async def test_what_a_lost_answer_stored_is_stored_once(served, proxy, until, parts):
    """
    A spin whose answer was lost may be there; sent again it is there once.
    """
    proxy.hold()
    lost = await served.store(**SPIN)
    proxy.let_go()
    await until(lambda: parts.watch.ready, "the database")

    again = await served.store(**SPIN)

    assert 504 == lost.code
    assert again.code in {200, 201}
    assert 1 == (await served.get("/api/v1/turnover"))["spins"]


class TestRefusedByTheDatabase:
    @pytest.fixture
    def settings(self, settings, proxy, monkeypatch):  # noqa: ARG002 - in place of the outer one
        host = urlsplit(proxy.uri).netloc.rpartition("@")[2]
        monkeypatch.setenv("MONGODB_URI", f"mongodb://casino:another-password@{host}/")
        return Settings()

    async def test_a_wrong_password_is_a_database_that_is_away(self, client, outbox):
        """
        Not ready, 503 to callers, and the password in no envelope.
        """
        answer = await client.store(**SPIN)

        assert 503 == answer.code
        assert (503, "database") == await ready(client)
        assert b"another-password" not in b"".join(outbox.raw)


class TestSilence:
    @pytest.fixture
    def settings(self, settings, monkeypatch):  # noqa: ARG002 - in place of the outer one
        silent = socket.create_server(("127.0.0.1", 0))
        monkeypatch.setenv("MONGODB_URI", f"mongodb://127.0.0.1:{silent.getsockname()[1]}/")
        yield Settings()
        silent.close()

    async def test_a_server_that_takes_connections_and_says_nothing_is_away(self, client):
        """
        A port that answers no handshake keeps nobody waiting.
        """
        answer, took_s = await timed(client.store(**SPIN))

        assert 503 == answer.code
        assert took_s < TIMEOUT_S
