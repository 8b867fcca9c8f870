"""
A bare ASGI function over aiohttp's client: what the gateway would stand on without a client of its own.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
from yarl import URL

UPSTREAM = os.environ["UPSTREAM"]
PREFIX = "/api/v1/game-engine"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "upgrade", "te", "trailer"}

Message = MutableMapping[str, Any]  # Any: ASGI's dictionaries
sessions: list[aiohttp.ClientSession] = []


async def app(scope: Message, _: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]) -> None:
    """Pass a request without a body on, and stream its answer back."""
    if scope["type"] != "http":
        return
    if not sessions:
        sessions.append(aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)))
    url = URL(UPSTREAM + scope["raw_path"].decode().removeprefix(PREFIX), encoded=True)
    headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = [field for field in headers if field[0] not in HOP_BY_HOP]
    async with sessions[0].request(scope["method"], url, headers=headers, allow_redirects=False) as answer:
        kept = [(name.lower(), value) for name, value in answer.raw_headers if name.lower().decode() not in HOP_BY_HOP]
        await send({"type": "http.response.start", "status": answer.status, "headers": kept})
        async for block in answer.content.iter_any():
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
