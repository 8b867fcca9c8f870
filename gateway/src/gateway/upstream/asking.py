"""
The gateway's own questions to a service: short, whole, in a short time.
"""

import asyncio

from gateway.asgi import Headers
from gateway.upstream.errors import UpstreamMalformed, UpstreamSlow
from gateway.upstream.pool import Upstream

MAX_ANSWER_BYTES = 1024 * 1024


async def ask(
    upstream: Upstream, method: str, path: str, headers: Headers, within_s: float, *, body: bytes | None = None
) -> tuple[int, bytes]:
    """
    Send a request and take the whole answer.

    Args:
        upstream: the service.
        method: HTTP method.
        path: at the service.
        headers: beside the host.
        within_s: seconds until the answer must be there.
        body: of the request; none for one that has no body.

    Returns:
        Status and body.

    Raises:
        UpstreamError: there is no whole answer.
    """
    connection = await upstream.acquire()
    slow = UpstreamSlow(f"no whole answer within {within_s:g} s")
    timer = asyncio.get_running_loop().call_later(within_s, connection.fail, slow)
    try:
        connection.begin(no_body=False)
        lines = [method.encode(), b" ", upstream.base_path, path.encode(), b" HTTP/1.1\r\nhost: ", upstream.authority]
        for name, value in headers:
            lines += (b"\r\n", name, b": ", value)
        if body is not None:
            lines.append(b"\r\ncontent-length: %d" % len(body))
        connection.write(b"".join((*lines, b"\r\n\r\n", body or b"")))
        await connection.head()
        answer = bytearray()
        while part := await connection.part():
            answer += part
            if len(answer) > MAX_ANSWER_BYTES:
                raise UpstreamMalformed(f"its answer is longer than {MAX_ANSWER_BYTES} bytes")
        return connection.status, bytes(answer)
    finally:
        timer.cancel()
        upstream.release(connection)
