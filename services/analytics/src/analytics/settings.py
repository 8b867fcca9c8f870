"""
What analytics is told by its environment.
"""

from crashkit.settings import ServiceSettings
from pydantic import Field, SecretStr


class Settings(ServiceSettings):
    """Read once, in ``__main__``; the rest of the code takes it as an argument."""

    port: int = Field(8084, ge=1, le=65535, description="Port to listen on.")
    mongodb_uri: SecretStr = Field(min_length=10, description="Where the database is, with user and password.")
    mongodb_database: str = Field(
        "analytics", pattern=r"^[A-Za-z0-9_-]{1,38}$", description="Name of the database at that server."
    )
    mongodb_timeout_ms: int = Field(
        3000, ge=100, le=60_000, description="The most that a statement may take, finding the server included."
    )

    @property
    def mongodb_timeout_s(self) -> float:
        """The most that a statement may take (seconds)."""
        return self.mongodb_timeout_ms / 1000
