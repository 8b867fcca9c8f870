"""
Tells requests of our own page from those that another site makes its visitors' browsers send.

It protects people in front of a browser, from pages of others. Whoever needs no browser writes what he likes into these
headers: it is no login.
"""

import re

from crashkit.problem import Problem

from gateway.call import Call

ORIGIN = re.compile(rb"(https?)://([^/?#\s@]+)")
PLAIN_PORT = {b"http": b":80", b"https": b":443"}
SHOWN_BYTES = 80


def require_own_page(call: Call) -> None:
    """
    Refuse a request that no page of ours has sent.

    Args:
        call: the request.

    Raises:
        Problem: 403 unless its origin is the gateway's own address, or one of ``CORS_ORIGINS``.
    """
    if call.origin is not None and (call.cors.lists(call.origin) or _is_same_origin(call, call.origin)):
        return
    found = "none" if call.origin is None else repr(call.origin[:SHOWN_BYTES].decode("latin-1"))
    site = call.header(b"sec-fetch-site")
    said = f", Sec-Fetch-Site {site[:SHOWN_BYTES].decode('latin-1')!r}" if site is not None else ""
    raise Problem(
        403, "origin", f"Only the page itself may ask for this; found the origin {found}{said}. A page that is served "
        "from elsewhere must be one of CORS_ORIGINS (gateway.corsOrigins in the chart's values)",
    )  # fmt: skip


def _is_same_origin(call: Call, origin: bytes) -> bool:
    """Compare with the address that the browser used, which a page cannot forge; the scheme ends at the ingress."""
    if call.header(b"sec-fetch-site") not in {None, b"same-origin"}:
        return False
    found = ORIGIN.fullmatch(origin.lower())
    if found is None:
        return False
    plain_port = PLAIN_PORT[found[1]]
    named = (call.header(name) for name in (b"host", b"x-forwarded-host"))
    hosts = {host.strip().lower().removesuffix(plain_port) for host in named if host}
    return found[2].removesuffix(plain_port) in hosts
