"""
A pass to the faults: what a visitor of a demonstration is given in place of the fault token.

It has the form ``pass.<expiry>.<nonce>.<mac>``, of which the mac is made with the token: any gateway of the release
knows it again, and none has to remember it. docs/decisions tells what it is for, and what not.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable

from crashkit.guard import Policy
from crashkit.problem import Problem

from gateway.call import Call
from gateway.own_page import require_own_page

PASS = re.compile(r"(pass\.([0-9]{1,12})\.[0-9a-f]{32})\.([0-9a-f]{64})")
NONCE_BYTES = 16


class FaultPasses:
    """
    Hands passes out, and takes them for the token.

    Args:
        policy: of the fault surface; knows the token.
        lasts_s: how long a pass can be used (seconds); with 0 none is handed out, and none is taken.
        counted: called for each that is handed out.
        clock: seconds since 1970.
    """

    def __init__(
        self, policy: Policy, lasts_s: int, counted: Callable[[], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._policy = policy
        self._lasts_s = lasts_s
        self._counted = counted
        self._clock = clock
        self.offered = policy.enabled and lasts_s > 0

    async def hand_out(self, call: Call) -> None:
        """
        Answer with a pass.

        Raises:
            Problem: 403 when another site asks, or when none is handed out here.
        """
        require_own_page(call)
        if not self.offered:
            raise Problem(403, "no-pass", _why_not(self._policy))
        text = f"pass.{int(self._clock()) + self._lasts_s}.{secrets.token_hex(NONCE_BYTES)}"
        self._counted()
        await call.json({"token": f"{text}.{self._mac(text)}", "expires_in_s": self._lasts_s})

    def redeem(self, authorization: str | None) -> str | None:
        """
        Put the token in the place of a pass; whatever else is given stays, for the guard to judge.

        Args:
            authorization: the ``Authorization`` header.

        Raises:
            Problem: 401 for a pass whose time is over.
        """
        scheme, _, given = (authorization or "").partition(" ")
        found = PASS.fullmatch(given.strip()) if self.offered and scheme.lower() == "bearer" else None
        if found is None or not hmac.compare_digest(found[3], self._mac(found[1])):
            return authorization
        if int(found[2]) <= self._clock():
            detail = "The pass to the faults is over; POST /api/v1/fault-pass gives another one"
            raise Problem(401, "pass-expired", detail, {"WWW-Authenticate": 'Bearer realm="faults"'})
        return f"Bearer {self._policy.token}"

    def _mac(self, text: str) -> str:
        return hmac.new(self._policy.token.encode(), text.encode(), hashlib.sha256).hexdigest()


def _why_not(policy: Policy) -> str:
    if not policy.enabled:
        return "Faults are switched off here; set global.faults.enabled=true in the chart's values"
    return (
        "No pass is handed out here: put the fault token (key fault-token of the release's Secret) into the panel's "
        "field, or send it as 'Authorization: Bearer <fault token>'"
    )
