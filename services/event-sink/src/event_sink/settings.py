"""
What the sink is told by its environment.
"""

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from event_sink.dsn import Dsn

_KEY_LENGTH: Final = 32


def _hex_key(value: SecretStr) -> SecretStr:
    """
    Refuse a key that no SDK would put into a DSN.
    """
    text = value.get_secret_value()
    if len(text) != _KEY_LENGTH or set(text) - set("0123456789abcdef"):
        raise ValueError(
            f"a DSN key has {_KEY_LENGTH} characters of 0-9a-f, this one {len(text)}; openssl rand -hex 16 makes one"
        )
    return value


Key = Annotated[SecretStr, AfterValidator(_hex_key)]


class Settings(BaseSettings):
    """Read once, in ``__main__``; the rest of the code takes it as an argument."""

    model_config = SettingsConfigDict(env_prefix="SINK_", env_ignore_empty=True, frozen=True)

    host: str = "0.0.0.0"
    port: int = Field(8090, ge=0, le=65535, description="0 takes a free one, which the log names.")
    db_path: Path = Field(description="The store; its folder must be writable and outlive the container.")
    catalog_dir: Path | None = Field(
        None,
        validation_alias=AliasChoices("SINK_CATALOG_DIR", "CATALOG_DIR"),
        description="Folder of services.yaml, which names the projects.",
    )

    ingest_key: Key = Field(description="The only DSN public key that is accepted.")
    token: SecretStr = Field(min_length=8, description="Bearer token of the calls that change something.")

    bugsink_url: str | None = Field(None, description="Base URL; nothing is forwarded there without it.")
    bugsink_key: Key | None = Field(None, description="DSN key in Bugsink; the ingest key if not given.")
    spotlight_url: str | None = Field(None, description="Base URL; nothing is forwarded there without it.")
    upstream_dsn: SecretStr | None = Field(None, description="DSN of the user's own Sentry.")

    retain_mib: int = Field(512, ge=1, description="Size of the store before the oldest envelopes go (MiB).")
    retain_h: float = Field(72.0, gt=0, description="Age at which an envelope goes (hours).")
    spotlight_max_age_s: float = Field(900.0, gt=0, description="Older items are not shown to a live view (s).")
    max_body_mib: int = Field(20, ge=1, le=200, description="Largest body as sent (MiB).")
    max_envelope_mib: int = Field(100, ge=1, le=200, description="Largest envelope after decompression (MiB).")
    drain_s: float = Field(10.0, ge=0, le=60, description="Seconds to finish open requests after SIGTERM.")

    @field_validator("upstream_dsn")
    @classmethod
    def _upstream_is_a_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Dsn.parse(value.get_secret_value())
        return value

    @field_validator("bugsink_url", "spotlight_url")
    @classmethod
    def _no_slash_at_the_end(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} is not a URL; begin it with http:// or https://")
        return value.rstrip("/") if value else value
