"""
A question that may fail: its failure is a part of the answer, and hides no other part.
"""

import json
from http import HTTPStatus
from typing import Any

from gateway.asgi import Headers
from gateway.upstream.asking import ask
from gateway.upstream.errors import UpstreamError
from gateway.upstream.pool import Upstream

ASKED = "asked"

# An object of somebody else's JSON.
Json = dict[str, Any]


async def ask_json(upstream: Upstream, method: str, path: str, headers: Headers, within_s: float) -> tuple[str, Json]:
    """
    Ask for a JSON object.

    Args:
        upstream: who is asked.
        method: HTTP method.
        path: at the service.
        headers: beside the host.
        within_s: seconds until the answer must be there.

    Returns:
        ``asked`` and the object; or else the reason, and an empty one.
    """
    try:
        status, body = await ask(upstream, method, path, headers, within_s)
        answer = json.loads(body)
    except UpstreamError as error:
        return f"{error.kind}: {error.reason}", {}
    except ValueError:
        return "its answer is not JSON", {}
    if status != HTTPStatus.OK:
        return f"answered {status}", {}
    if not isinstance(answer, dict):
        return "its answer is no JSON object", {}
    return ASKED, answer
