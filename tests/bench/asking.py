"""
The requests of which the cost is measured: some at the same time, over connections that are kept.
"""

import http.client
import json
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from crashctl.proof.release import HOST, TOKEN
from crashctl.waiting import wait_for
from crashkit.loading import load_catalogue

from tests.bench.twins import ROOT, Twin

AT_ONCE = 4
ARRIVES_WITHIN_S = 120
ANSWERS_WITHIN_S = 60
OPENING = 1_000_000
JSON = {"Content-Type": "application/json"}
OK = 200
# An event and a transaction.
ITEMS_OF_A_CRASH = 2


@dataclass(frozen=True)
class Asked:
    """
    A request.

    Args:
        name: of the service.
        path: there.
        status: that it answers.
        headers: besides the usual ones.
        body: none where there is none.
    """

    name: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: str | None = None


class Player:
    """
    Some who spin at one of the two.

    Args:
        twin: where.
    """

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._ids = [f"player-{secrets.randbelow(10**9)}" for _ in range(AT_ONCE)]
        for name in self._ids:
            answer = twin.http.put(f"{twin.url('payment')}/wallets/{name}", json={"opening": OPENING})
            if not answer.is_success:
                sys.exit(f"bench: no wallet: {answer.status_code} {answer.text}")

    def spin(self, times: int) -> None:
        """Play, together."""

        def play(number: int) -> None:
            body = json.dumps({"player_id": self._ids[number], "stake": 1})
            _ask(self._twin, Asked("gateway", "/api/v1/game-engine/spin", OK, JSON, body), times // AT_ONCE)

        _at_once(play)


def crash(twin: Twin, name: str, times: int) -> None:
    """
    Have a service fail, and wait until all that it captured has arrived.

    Args:
        twin: where.
        name: of the service.
        times: how often.
    """
    case = next(case for case in load_catalogue(ROOT / "catalog").cases() if case.id.startswith(f"{name}/crash"))
    path = case.path if name == "gateway" else case.local_path
    asked = Asked(name, path, case.expect.status or OK, {"Authorization": f"Bearer {TOKEN}"})
    before = _arrived(twin)
    _at_once(lambda _: _ask(twin, asked, times // AT_ONCE))
    all_of_them = before + ITEMS_OF_A_CRASH * times
    wait_for(lambda: _arrived(twin) >= all_of_them, ARRIVES_WITHIN_S, f"what {name} has captured to arrive")


def _arrived(twin: Twin) -> int:
    received: dict[str, int] = twin.http.get(f"{twin.url('event-sink')}/api/v1/accounts").json()["received"]
    return received.get("event", 0) + received.get("transaction", 0)


def _at_once(act: Callable[[int], None]) -> None:
    failed: list[str] = []

    def one(number: int) -> None:
        try:
            act(number)
        except (OSError, http.client.HTTPException, ValueError) as error:
            failed.append(str(error))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(f"bench: {failed[0]}")


def _ask(twin: Twin, asked: Asked, times: int) -> None:
    with closing(http.client.HTTPConnection(HOST, twin.ports[asked.name], timeout=ANSWERS_WITHIN_S)) as connection:
        for _ in range(times):
            connection.request("POST", asked.path, asked.body, asked.headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != asked.status:
                raise ValueError(f"{asked.path} answered {answer.status}, not {asked.status}: {content[:300]!r}")
