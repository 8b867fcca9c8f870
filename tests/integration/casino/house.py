"""
The casino as real processes: database, payment, analytics, game engine, gateway and event sink, with roads between
them that can be broken.
"""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from crashctl.proof.release import SERVICES, TOKEN, Release

from .proxies import HttpProxy, TcpProxy

# Times that a spin keeps also on a machine that has much else to do.
HOLD_S = 8


@dataclass
class House(Release):
    """
    The processes; each can be killed and started again on its port.

    Args:
        mongodb_uri: of a real database.
        database: name of the databases of this house.
    """

    mongodb_uri: str
    database: str
    ready_within_s: ClassVar[float] = 40
    ends_within_s: ClassVar[float] = 20

    def __post_init__(self) -> None:
        parts = urlsplit(self.mongodb_uri)
        self.to_database = TcpProxy(parts.hostname or "", parts.port or 27017)
        road = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.to_database.port}")
        self.uri_by_road = road.geturl()
        self.to_payment = HttpProxy(self.ports["payment"])
        self.to_analytics = HttpProxy(self.ports["analytics"])

    def kill(self, name: str) -> None:
        """End one of them without a word to it."""
        self.end(name, signal.SIGKILL)

    def heal(self) -> None:
        """Mend every road, and start what does not run."""
        self.to_database.mend()
        self.to_payment.heal()
        self.to_analytics.heal()
        self.start(*(name for name in SERVICES if name not in self.processes))
        for name in SERVICES:
            self.wait_ready(name)

    def ask(self, name: str, path: str, **query: Any) -> dict[str, Any]:
        """Read from one of them, by no road that could be broken."""
        answer = self.http.get(self.url(name) + path, params=query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def told(self, name: str) -> Mapping[str, str]:
        """What each is told: the roads that can be broken, and short times."""
        own = {
            "event-sink": {"SINK_TOKEN": TOKEN},
            "gateway": {"GAME_ENGINE_URL": self.url("game-engine"), "PAYMENT_URL": self.url("payment")},
            "game-engine": {
                "PAYMENT_URL": self.to_payment.url, "PAYMENT_TIMEOUT_S": "1.5", "PAYMENT_BUDGET_S": "3",
                "ANALYTICS_URL": self.to_analytics.url, "ANALYTICS_TIMEOUT_S": "1.5", "SPIN_HOLD_S": str(HOLD_S),
            },
            "payment": {"MONGODB_DATABASE": f"{self.database}_p", "NODE_OPTIONS": "--max-old-space-size=179"},
            "analytics": {"MONGODB_DATABASE": f"{self.database}_a"},
        }[name]  # fmt: skip
        database = {"MONGODB_URI": self.uri_by_road, "MONGODB_TIMEOUT_MS": "3000"}
        drain = {} if name == "event-sink" else {"DRAIN_S": "8"}
        return own | drain | (database if "MONGODB_DATABASE" in own else {})
