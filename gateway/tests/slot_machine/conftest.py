"""
A page in a folder, and a gateway with a real event sink and a real game engine behind it.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from crashctl.proof.release import INGEST_KEY, TOKEN, Release

ROOT = Path(__file__).parents[3]
SINK_TOKEN = "the-sink-token-of-the-tests"
PAGE_PROJECT = 5
INDEX = """<!doctype html>
<html lang="en">
<title>Slot machine</title>
<script type="application/json" id="settings">{}</script>
<script type="module" src="/assets/main.js"></script>
</html>
"""


@dataclass
class Casino(Release):
    """Sink, game engine and gateway; the gateway is told what the page needs."""

    more: Mapping[str, str] = field(default_factory=dict)

    def told(self, name: str) -> Mapping[str, str]:
        """What each is told."""
        if name == "event-sink":
            return {"SINK_TOKEN": SINK_TOKEN}
        faults = {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "DRAIN_S": "1"}
        if name == "game-engine":
            return faults
        return {
            **faults, "GAME_ENGINE_URL": self.url("game-engine"), "SINK_URL": self.url("event-sink"),
            "PAGE_DSN": f"http://{INGEST_KEY}@127.0.0.1:{self.ports['event-sink']}/{PAGE_PROJECT}",
            "PAGE_ISSUES_URL": "http://localhost:8091/", "PAGE_TRACES_URL": "http://localhost:8969",
            "FAULT_PASS_S": "900", "CORS_ORIGINS": "https://demo.example.com",
        }  # fmt: skip

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask the gateway as its own page does."""
        headers = {"Origin": self.url("gateway"), **more.pop("headers", {})}
        return self.http.request(method, self.url("gateway") + path, headers=headers, **more)

    def send(self, body: bytes, **headers: str) -> httpx.Response:
        """Send an envelope as the page does."""
        return self.ask("POST", "/api/v1/envelopes", content=body, headers=headers)

    def fire(self, path: str, trace_id: str, run: str) -> httpx.Response:
        """Fire a fault, on a trace of one's own."""
        sent = {
            "Authorization": f"Bearer {TOKEN}", "X-Crash-Run": run,
            "sentry-trace": f"{trace_id}-{secrets.token_hex(8)}-1",
        }  # fmt: skip
        return self.ask("POST", path, headers=sent)

    def kept(self, trace_id: str) -> list[dict[str, Any]]:
        """What the sink has of a trace."""
        answer = self.http.get(self.url("event-sink") + "/api/v1/events", params={"trace": trace_id})
        return answer.json()["items"]

    def accounts(self) -> dict[str, Any]:
        """What the sink has counted."""
        return self.http.get(self.url("event-sink") + "/api/v1/accounts").json()

    def misbehave(self, **order: object) -> None:
        """Tell the sink to be a bad backend."""
        headers = {"Authorization": f"Bearer {SINK_TOKEN}"}
        self.http.put(self.url("event-sink") + "/api/v1/misbehaviour", json=order, headers=headers).raise_for_status()


@pytest.fixture(scope="session")
def casino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casino]:
    made = Casino(tmp_path_factory.mktemp("casino"), root=ROOT)
    try:
        made.start("event-sink", "game-engine", "gateway")
        yield made
    finally:
        made.end_all()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page as its build makes it."""
    folder = tmp_path / "dist"
    files = {
        "index.html": INDEX,
        "assets/main.js": "export const reels = 3\n" * 200,
        "assets/styles/tokens.css": ":root { color-scheme: light dark }\n" * 50,
        "assets/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "assets/cherry.png").write_bytes(b"\x89PNG" + secrets.token_bytes(2000))
    (tmp_path / "secret.txt").write_text("not for the page")
    return folder


@pytest.fixture
def envelope() -> Callable[..., bytes]:
    """The way to write an envelope as the page's SDK does."""

    def write(trace_id: str, header: Mapping[str, object] | None = None, **event: object) -> bytes:
        event_id = secrets.token_hex(16)
        given = {"event_id": event_id, "dsn": f"http://page@127.0.0.1/{PAGE_PROJECT}"} if header is None else header
        payload = {
            "event_id": event_id, "platform": "javascript", "level": "error", "tags": {"service": "slot-machine"},
            "contexts": {"trace": {"trace_id": trace_id, "span_id": "b" * 16}},
            "exception": {"values": [{"type": "TypeError", "value": "x is undefined"}]}, **event,
        }  # fmt: skip
        body = json.dumps(payload).encode()
        head = json.dumps({"type": "event", "length": len(body)}).encode()
        return b"\n".join((json.dumps(given).encode(), head, body, b""))

    return write
