"""
What every Python service is told by its environment. Read once, in ``__main__``; passed on as an argument.
"""

from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from crashkit.guard import Policy

Settings = TypeVar("Settings", bound=BaseSettings)


class SettingsError(Exception):
    """The environment does not say what the service must know; the message names the variables."""


class ServiceSettings(BaseSettings):
    """The settings that all services share. A service adds its own in a subclass."""

    model_config = SettingsConfigDict(frozen=True)

    host: str = Field("0.0.0.0", description="Address to listen on.")
    port: int = Field(ge=1, le=65535, description="Port to listen on.")
    catalog_dir: Path = Field(description="Folder of the catalogue.")
    state_dir: Path | None = Field(None, description="Writable folder that outlives the container, not the pod.")
    spool_max_mib: int = Field(64, ge=1, le=4096, description="Most that events waiting on disk may take (MiB).")
    spool_max_files: int = Field(2000, ge=1, le=1_000_000, description="Most events that wait on disk.")
    termination_log: Path | None = Field(None, description="File whose content the kubelet keeps when this dies.")
    memory_warning_percent: int = Field(
        80, ge=0, le=95, description="Percent of the memory limit at which a warning is sent; 0 sends none."
    )
    drain_s: float = Field(10, ge=0, le=60, description="Seconds to finish open requests after SIGTERM.")

    sentry_dsn: SecretStr | None = Field(None, description="Nothing is sent without it.")
    sentry_environment: str = Field("development", description="Environment of every event.")
    sentry_release: str = Field("crash-demo@0.1.0", description="Release of every event.")
    traces_sample_rate: float = Field(
        0.2, ge=0, le=1, description="Share of healthy traces kept; faults are always kept."
    )

    faults_enabled: bool = Field(False, description="Whether faults can be fired.")
    faults_allow_get: bool = Field(False, description="Whether a GET without a token fires.")
    faults_token: SecretStr | None = Field(None, description="What a caller must show to fire.")

    pod_name: str | None = None
    pod_namespace: str | None = None
    pod_uid: str | None = None
    node_name: str | None = None

    @field_validator("state_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None  # as a path it would be the folder that the process happens to run in

    @model_validator(mode="after")
    def _faults_need_a_token(self) -> Self:
        if self.faults_enabled and not (self.faults_token and self.faults_token.get_secret_value()):
            raise ValueError("FAULTS_ENABLED is true, so FAULTS_TOKEN must be set")
        return self

    @property
    def policy(self) -> Policy:
        """The switches of the fault surface."""
        token = self.faults_token.get_secret_value() if self.faults_token else ""
        return Policy(enabled=self.faults_enabled, allow_get=self.faults_allow_get, token=token)

    def secrets(self) -> list[str]:
        """
        Give what must be in nothing that leaves the process; the key of a DSN is public.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields if not name.endswith("dsn")}
        given = [value.get_secret_value() for value in values.values() if isinstance(value, SecretStr)]
        return [*given, *filter(None, (urlsplit(value).password for value in given))]


def read_settings(kind: type[Settings]) -> Settings:
    """
    Read the environment.

    Args:
        kind: the settings class.

    Raises:
        SettingsError: a variable is missing or does not fit; every one is named, no value is shown.
    """
    try:
        return kind()
    except ValidationError as error:
        lines = []
        for mistake in error.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in mistake["loc"]).upper() or "the environment"
            lines.append(f"{name}: {mistake['msg']}")
        raise SettingsError("; ".join(lines)) from None
