"""
Starts the Sentry SDK.
"""

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger

from gateway.settings import Settings


def start_sentry(settings: Settings) -> None:
    """
    Start the SDK; without a DSN it sends nothing.

    Args:
        settings: of the process.
    """
    ignore_logger("uvicorn.error")  # what it logs of a request has been reported as that request's event
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        environment=settings.sentry_environment,
        release=settings.sentry_release,
        traces_sample_rate=settings.traces_sample_rate,
        max_value_length=1024,
    )
    sentry_sdk.get_global_scope().set_tag("service", "gateway")
