"""
Capturing with a choice: where money is near, without the variables of the frames.
"""

import sentry_sdk
from sentry_sdk.utils import event_from_exception


def capture(error: BaseException, *, mechanism: str, handled: bool, with_variables: bool) -> None:
    """
    Report an error, its causes and where they were raised.

    Args:
        error: what was raised.
        mechanism: who captures, as Sentry's ``mechanism.type``.
        handled: whether somebody dealt with it.
        with_variables: whether the variables of its frames are shown; they may hold amounts.
    """
    options = {**sentry_sdk.get_client().options, "include_local_variables": with_variables}
    event, hint = event_from_exception(error, client_options=options, mechanism={"type": mechanism, "handled": handled})
    sentry_sdk.capture_event(event, hint=hint)
