"""
Which pages of other origins may call the gateway and read its answers.
"""

from gateway.asgi import Headers

ASKED_BY_PREFLIGHT = b"access-control-request-method"
EXPOSED = b"x-trace-id, retry-after, etag"
METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
REQUEST_HEADERS = b"authorization, content-type, sentry-trace, baggage, traceparent, x-crash-run"
MAX_AGE_S = b"600"


class Cors:
    """
    The rule.

    Args:
        origins: the origins that may, as browsers spell them (``https://demo.example.com``).
    """

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)

    def lists(self, origin: bytes) -> bool:
        """Say whether an origin is one of those that may."""
        return origin in self._origins

    def allow(self, origin: bytes) -> Headers:
        """Give the headers that let a page of this origin read the answer; none for a stranger."""
        if origin not in self._origins:
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED),
            (b"vary", b"origin"),
        ]

    def preflight(self, method: str, origin: bytes | None, headers: Headers) -> Headers | None:
        """Give what answers a browser's question before the request itself; none when this is no such question."""
        if method != "OPTIONS" or origin not in self._origins:
            return None
        if not any(name == ASKED_BY_PREFLIGHT for name, _ in headers):
            return None
        return [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", REQUEST_HEADERS),
            (b"access-control-max-age", MAX_AGE_S),
        ]
