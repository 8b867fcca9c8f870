"""
What the gateway is told by its environment.
"""

from typing import Annotated

from crashkit.settings import ServiceSettings
from pydantic import Field, StringConstraints, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

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
