"""
The trace that a request belongs to, read from its headers and written to those of the next request.

Whatever a caller sends, the result is a trace: what cannot be read starts a new one. Members of ``baggage`` that are
not Sentry's pass through byte for byte.
"""

import re
import secrets
from dataclasses import dataclass
from urllib.parse import unquote

from gateway.asgi import Headers

SENTRY_TRACE = re.compile(rb"[ \t]*([0-9a-f]{32})-([0-9a-f]{16})(?:-([01]))?[ \t]*")
TRACEPARENT = re.compile(rb"[ \t]*(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-[^\s]*)?[ \t]*")
SENTRY_PREFIX = "sentry-"
MAX_BAGGAGE_BYTES = 8192
RAND_DIGITS = 1_000_000


@dataclass(slots=True)
class Trace:
    """
    One request's place in its trace.

    Args:
        trace_id: 32 hex digits.
        span_id: 16 hex digits, of the gateway's own span.
        parent_span_id: the caller's span; none when the trace begins here.
        parent_sampled: the caller's decision to keep the trace; none when it left that open.
        baggage: members to pass on, Sentry's of a continued trace among them.
        w3c: whether it was continued from ``traceparent``.
        sampled: the gateway's decision, as the services are told.
        recorded: whether the gateway writes its own part.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    parent_sampled: bool | None = None
    baggage: bytes = b""
    w3c: bool = False
    sampled: bool = False
    recorded: bool = False


def read(sentry_trace: bytes | None, baggage: bytes | None, traceparent: bytes | None) -> Trace:
    """
    Continue the caller's trace, or start one.

    Args:
        sentry_trace: the header ``sentry-trace``.
        baggage: the header ``baggage``; several are joined by commas.
        traceparent: the header ``traceparent``, used when ``sentry-trace`` says nothing. Its flag is not taken for a
            decision: other tracers set it for their own ends.
    """
    if baggage is not None and len(baggage) > MAX_BAGGAGE_BYTES:
        baggage = None
    if sentry_trace is not None:
        found = SENTRY_TRACE.fullmatch(sentry_trace)
        if found is not None and found[1].strip(b"0"):
            sampled = None if found[3] is None else found[3] == b"1"
            return Trace(
                found[1].decode(), secrets.token_hex(8), found[2].decode(), sampled, baggage.strip() if baggage else b""
            )
    foreign = without_sentry(baggage) if baggage else b""
    if traceparent is not None:
        found = TRACEPARENT.fullmatch(traceparent)
        if found is not None and found[1].strip(b"0") and found[2].strip(b"0"):
            return Trace(found[1].decode(), secrets.token_hex(8), found[2].decode(), None, foreign, w3c=True)
    ids = secrets.token_hex(24)
    return Trace(ids[:32], ids[32:], baggage=foreign)


def without_sentry(baggage: bytes) -> bytes:
    """Leave out the members that belong to a Sentry trace which is not continued."""
    members = (member.strip() for member in baggage.split(b","))
    return b",".join(member for member in members if member and not member.lower().startswith(b"sentry-"))


def sampling(baggage: bytes) -> dict[str, str]:
    """Give Sentry's own members: how the trace was decided where it began."""
    found = {}
    for member in baggage.decode("latin-1").split(","):
        name, _, value = member.strip().partition("=")
        if name.startswith(SENTRY_PREFIX):
            found[name.removeprefix(SENTRY_PREFIX)] = unquote(value) if "%" in value else value
    return found


def write(trace: Trace, span_id: str, headers: Headers) -> None:
    """
    Add the headers that carry the trace to the next service.

    Args:
        trace: the trace.
        span_id: the span that makes the call.
        headers: of the next request.
    """
    kept = "1" if trace.sampled else "0"
    headers.append((b"sentry-trace", f"{trace.trace_id}-{span_id}-{kept}".encode()))
    if trace.baggage:
        headers.append((b"baggage", trace.baggage))
    if trace.w3c:
        headers.append((b"traceparent", f"00-{trace.trace_id}-{span_id}-0{kept}".encode()))


class Origin:
    """
    Adds Sentry's baggage to a trace that begins at the gateway, so that every service decides as the gateway did.

    Args:
        members: what is the same for every trace: environment, release, public key.
    """

    def __init__(self, members: dict[str, str]) -> None:
        self._constant = "".join(f",sentry-{name}={_quoted(value)}" for name, value in members.items())

    def sign(self, trace: Trace, rate: float, rand: float) -> None:
        """
        Add the members.

        Args:
            trace: a trace that begins here.
            rate: the share of such traces that are kept.
            rand: the number that was drawn; the trace is kept if it is below the rate.
        """
        kept = "true" if trace.sampled else "false"
        own = (
            f"sentry-trace_id={trace.trace_id},sentry-sampled={kept},sentry-sample_rate={rate:g}"
            f",sentry-sample_rand={rand:.6f}{self._constant}"
        ).encode()
        trace.baggage = trace.baggage + b"," + own if trace.baggage else own


def draw() -> float:
    """Draw a number from 0 up to, not including, 1, of six digits: as many as baggage carries."""
    return secrets.randbelow(RAND_DIGITS) / RAND_DIGITS


def _quoted(value: str) -> str:
    return "".join(
        char
        if char.isascii() and (char.isalnum() or char in "-._~")
        else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in value
    )


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())
