"""
The proxy that one writes first: FastAPI in front, httpx behind. It streams nothing, guards nothing, traces nothing.
"""

import os

import httpx
from fastapi import FastAPI, Request, Response

UPSTREAM = os.environ["UPSTREAM"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

app = FastAPI()
client = httpx.AsyncClient(base_url=UPSTREAM)


@app.api_route("/api/v1/game-engine/{path:path}", methods=METHODS)
async def proxy(request: Request, path: str) -> Response:
    """Pass a request on and its answer back."""
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    answer = await client.request(
        request.method, f"/{path}", params=request.query_params, headers=headers, content=await request.body()
    )
    kept = {name: value for name, value in answer.headers.items() if name not in {"content-length", "connection"}}
    return Response(answer.content, answer.status_code, kept)
