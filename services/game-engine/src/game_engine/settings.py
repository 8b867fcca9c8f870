"""
What the game engine is told by its environment.
"""

from typing import Annotated, Self

from crashkit.settings import ServiceSettings
from pydantic import BeforeValidator, Field, StringConstraints, model_validator

# A chart leaves a part out by an empty value.
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+")]
OptionalUrl = Annotated[Url | None, BeforeValidator(lambda found: found or None)]


class Settings(ServiceSettings):
    """Read once, in ``__main__``; the rest of the code takes it as an argument."""

    port: int = Field(8082, ge=1, le=65535, description="Port to listen on.")

    payment_url: OptionalUrl = Field(None, description="Where payment is; no spin is played without it.")
    # Above what payment gives its database, so that it is payment who says what became of a call.
    payment_timeout_s: float = Field(3.5, gt=0, le=30, description="Seconds for one attempt at payment.")
    payment_budget_s: float = Field(5, gt=0, le=60, description="Seconds for all attempts at one step of a spin.")
    spin_hold_s: int = Field(30, ge=5, le=600, description="Seconds after which payment gives a held stake back.")

    analytics_url: OptionalUrl = Field(None, description="Where analytics is; spins are not recorded without it.")
    analytics_timeout_s: float = Field(2, gt=0, le=30, description="Seconds for one attempt at analytics.")
    spin_backlog: int = Field(5000, ge=1, le=100_000, description="Spins that wait for payment or analytics at most.")

    @model_validator(mode="after")
    def _a_stake_is_held_long_enough(self) -> Self:
        if self.spin_hold_s < 2 * self.payment_budget_s:
            raise ValueError("SPIN_HOLD_S must be at least twice PAYMENT_BUDGET_S: a spin has two steps at payment")
        return self
