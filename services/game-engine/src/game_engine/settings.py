"""
What the game engine is told by its environment.
"""

from crashkit.settings import ServiceSettings
from pydantic import Field


class Settings(ServiceSettings):
    """Read once, in ``__main__``; the rest of the code takes it as an argument."""

    port: int = Field(8082, ge=1, le=65535, description="Port to listen on.")
