"""
What the gateway is told by its environment.
"""

from pathlib import Path
from typing import Annotated

from crashkit.settings import ServiceSettings
from pydantic import Field, SecretStr, StringConstraints, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict
from sentry_sdk.utils import Dsn

MIB = 1024 * 1024

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s@]+(/[^?#\s]*)?$")]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s@]+$")]


class Settings(ServiceSettings):
    """Read once, in ``__main__``; the rest of the code takes it as an argument."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    port: int = Field(8080, ge=1, le=65535, description="Port to listen on.")
    game_engine_url: Url | None = Field(None, description="Where the game-engine is; without it, 503.")
    payment_url: Url | None = Field(None, description="Where payment is; without it, 503.")
    analytics_url: Url | None = Field(None, description="Where analytics is; without it, 503.")
    upstream_timeout_s: float = Field(30, gt=0, le=300, description="Seconds until a service must have answered.")
    upstream_connect_timeout_s: float = Field(2, gt=0, le=30, description="Seconds until it must accept a connection.")
    max_body_mib: float = Field(1, gt=0, le=1024, description="The longest request body that is let through (MiB).")
    traces_per_s: float = Field(
        50, gt=0, le=1_000_000, description="The most healthy traces written in a second; the rest is counted lost."
    )
    cors_origins: Annotated[tuple[Origin, ...], NoDecode] = Field(
        (), description="Origins whose pages may call, separated by commas; none by default."
    )

    page_dir: Path | None = Field(None, description="Folder of the built page; without it, GET / is JSON for all.")
    page_dsn: SecretStr | None = Field(
        None, description="DSN of the page's project at the sink; without it, the page sends nothing."
    )
    page_issues_url: Url | None = Field(None, description="Where people's browsers find Bugsink.")
    page_traces_url: Url | None = Field(None, description="Where people's browsers find Spotlight.")
    sink_url: Url | None = Field(None, description="Where the event sink is asked what was captured.")
    fault_pass_s: int = Field(
        0,
        ge=0,
        le=86400,
        description="How long a visitor's pass to the faults is good (seconds); with 0 there is none.",
    )

    @field_validator("page_dsn")
    @classmethod
    def _is_a_dsn(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            try:
                Dsn(given.get_secret_value())
            except ValueError:
                raise ValueError("it has the form http://<key>@<host>/<project id>") from None
        return given

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        if isinstance(given, str):
            return tuple(part.strip() for part in given.split(",") if part.strip())
        return given

    @property
    def max_body_bytes(self) -> int:
        """The longest request body that is let through (bytes)."""
        return int(self.max_body_mib * MIB)

    @property
    def upstream_urls(self) -> dict[str, str | None]:
        """Where each service is, by its name in paths; none for one that is not part of this release."""
        return {"game-engine": self.game_engine_url, "payment": self.payment_url, "analytics": self.analytics_url}
