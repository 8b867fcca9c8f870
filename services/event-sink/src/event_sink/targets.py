"""
Where envelopes go on to: the embedded UIs and the user's own Sentry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from event_sink.dsn import Dsn
from event_sink.settings import Settings

AGENT: Final = "crash-demo-event-sink/0.1.0"


@dataclass(frozen=True)
class Target:
    """
    One place that envelopes are forwarded to.

    Args:
        name: its name in accounts and logs.
        url: where to post; ``{project_id}`` is replaced.
        key: the DSN key that it knows, if it asks for one.
        accepts: the item types it can use; ``None`` means all.
        max_age_s: older items are dropped and counted (s); ``None`` means never.
        packs: whether bodies are sent gzipped.
    """

    name: str
    url: str
    key: str | None = field(repr=False)
    accepts: frozenset[str] | None
    max_age_s: float | None = None
    packs: bool = False

    def takes(self, item_type: str) -> bool:
        return self.accepts is None or item_type in self.accepts

    def url_of(self, project_id: int) -> str:
        return self.url.replace("{project_id}", str(project_id))

    @property
    def headers(self) -> Mapping[str, str]:
        # Spotlight reads nothing that comes without this content type.
        headers = {"Content-Type": "application/x-sentry-envelope", "User-Agent": AGENT}
        if self.key:
            headers["X-Sentry-Auth"] = f"Sentry sentry_version=7, sentry_client={AGENT}, sentry_key={self.key}"
        return headers


# Bugsink answers 200 to the rest and throws it away.
BUGSINK_SHOWS: Final = frozenset({"event"})
SPOTLIGHT_SHOWS: Final = frozenset({"event", "transaction", "profile", "profile_chunk", "log"})


def configured(settings: Settings) -> tuple[Target, ...]:
    """
    The targets that the settings name.
    """
    targets = []
    if settings.bugsink_url:
        key = (settings.bugsink_key or settings.ingest_key).get_secret_value()
        url = f"{settings.bugsink_url}/api/{{project_id}}/envelope/"
        targets.append(Target("bugsink", url, key, BUGSINK_SHOWS))
    if settings.spotlight_url:
        url = f"{settings.spotlight_url}/api/{{project_id}}/envelope/"
        targets.append(Target("spotlight", url, None, SPOTLIGHT_SHOWS, max_age_s=settings.spotlight_max_age_s))
    if settings.upstream_dsn:
        dsn = Dsn.parse(settings.upstream_dsn.get_secret_value())
        targets.append(Target("upstream", dsn.envelope_url, dsn.key, None, packs=True))
    return tuple(targets)
