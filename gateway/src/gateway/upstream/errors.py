"""
The ways in which a service fails to answer, each with the status that the caller sees.
"""

from typing import ClassVar


class UpstreamError(Exception):
    """
    A service did not answer. The message is constant for each kind; what differs is in ``reason``.

    Args:
        reason: what the network said.
    """

    status: ClassVar[int]
    kind: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, reason: str) -> None:
        super().__init__(self.message)
        self.reason = reason


class UpstreamUnreachable(UpstreamError):  # noqa: N818 - the names say what happened
    """No connection came about, so nothing of the request was handed over: trying again is safe (503)."""

    status = 503
    kind = "upstream-unreachable"
    message = "The service behind the gateway cannot be reached"


class UpstreamDied(UpstreamError):  # noqa: N818
    """The connection ended after the request was handed over and before an answer came (502)."""

    status = 502
    kind = "upstream-died"
    message = "The service behind the gateway closed the connection before it answered"


class UpstreamMalformed(UpstreamError):  # noqa: N818
    """What came back is not HTTP (502)."""

    status = 502
    kind = "upstream-malformed"
    message = "The service behind the gateway answered with something that is not HTTP"


class UpstreamSlow(UpstreamError):  # noqa: N818
    """No whole answer came in time (504)."""

    status = 504
    kind = "upstream-slow"
    message = "The service behind the gateway did not answer in time"


class UpstreamCut(UpstreamError):  # noqa: N818
    """The answer broke off after its head: the caller's connection is broken too, there is no status left to give."""

    status = 502
    kind = "upstream-cut"
    message = "The service behind the gateway closed the connection in the middle of its answer"
