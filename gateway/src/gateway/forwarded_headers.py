"""
Which headers go from the caller to a service and back.
"""

from gateway.asgi import Headers

VIA = b"1.1 crash-demo-gateway"

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)

REWRITTEN = HOP_BY_HOP | {
    b"host",  # the service's own; the caller's is told in x-forwarded-host
    b"authorization",  # the fault token ends here
    b"content-length",  # the gateway frames the body itself
    b"expect",  # the gateway has answered it
    b"sentry-trace",
    b"baggage",
    b"via",
    b"x-crash-run",  # set for a firing that was admitted, and only then
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
}

NOT_RETURNED = HOP_BY_HOP | {b"x-trace-id", b"via", b"date"}


def to_service(headers: Headers, client: str, scheme: str) -> Headers:
    """
    Choose and complete the headers of a request; the host, the framing and the trace are left to the caller.

    Args:
        headers: as they came.
        client: address of the caller.
        scheme: ``http`` or ``https``, as the caller's connection has it.
    """
    sent = []
    told: dict[bytes, bytes] = {}
    named: set[bytes] | None = None
    for name, value in headers:
        if name not in REWRITTEN:
            sent.append((name, value))
        elif name == b"connection":
            named = _named_by(value) | (named or set())
        elif name in told:
            told[name] += b", " + value
        else:
            told[name] = value
    if named:
        sent = [(name, value) for name, value in sent if name not in named]
    address = client.encode()
    before = told.get(b"x-forwarded-for")
    sent += (
        (b"x-forwarded-for", before + b", " + address if before else address),
        (b"x-forwarded-host", told.get(b"x-forwarded-host") or told.get(b"host", b"")),
        (b"x-forwarded-proto", told.get(b"x-forwarded-proto") or scheme.encode()),
        (b"via", told[b"via"] + b", " + VIA if b"via" in told else VIA),
    )
    return sent


def to_caller(headers: Headers) -> Headers:
    """
    Choose the headers of an answer.

    Args:
        headers: as the service sent them.
    """
    named: set[bytes] | None = None
    via = VIA
    returned = []
    for name, value in headers:
        if name not in NOT_RETURNED:
            returned.append((name, value))
        elif name == b"connection":
            named = _named_by(value) | (named or set())
        elif name == b"via":
            via = value + b", " + VIA
    if named:
        returned = [(name, value) for name, value in returned if name not in named]
    returned.append((b"via", via))
    return returned


def _named_by(connection: bytes) -> set[bytes]:
    return {token.strip().lower() for token in connection.split(b",")} - {b"", b"close", b"content-length"}
