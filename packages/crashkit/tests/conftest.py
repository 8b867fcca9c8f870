"""
The real SDK, started as a service starts it; only the last step, the network, is kept in a list.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from crashkit.lifecycle import Lifecycle
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import ServiceSettings
from crashkit.telemetry import start_sentry
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

DSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/2"


@dataclass
class Outbox:
    """What the SDK would have sent."""

    items: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [payload for kind, payload in self.items if kind == "event"]

    def keep(self, envelope: Envelope) -> None:
        """Take one envelope as it would go over the wire."""
        self.raw.append(envelope.serialize())
        self.items += [(item.type or "", json.loads(item.get_bytes())) for item in envelope.items]


@dataclass
class Sentry:
    """Starts the SDK with what a test changes."""

    outbox: Outbox
    settings: ServiceSettings
    lifecycle: Lifecycle

    def start(self, *, sampler: Callable[[Any], float] = lambda _: 1.0, integrations: Any = (), **options: Any) -> None:
        outbox = self.outbox

        class Keep(Transport):
            def capture_envelope(self, envelope: Envelope) -> None:
                outbox.keep(envelope)

        runtime = RuntimeContext(self.settings, self.lifecycle, {"framework": "1.2.3"})
        start_sentry(self.settings, "casino", runtime, integrations, sampler, transport=Keep, **options)


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    environment = {"PORT": "8099", "CATALOG_DIR": str(tmp_path), "SENTRY_DSN": DSN, "STATE_DIR": str(tmp_path)}
    pod = {"POD_NAME": "pod-1", "POD_NAMESPACE": "casino", "POD_UID": "uid-1", "NODE_NAME": "node-1"}
    for name, value in {**environment, **pod}.items():
        monkeypatch.setenv(name, value)
    return ServiceSettings()


@pytest.fixture
def sentry(outbox: Outbox, settings: ServiceSettings) -> Iterator[Sentry]:
    with sentry_sdk.isolation_scope(), sentry_sdk.new_scope():
        yield Sentry(outbox, settings, Lifecycle(settings.state_dir))
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().clear()
