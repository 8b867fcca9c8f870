"""
Why a drill cannot run. A contract that is broken is no problem but a result.
"""


class CannotRunError(Exception):
    """The drill cannot run; the message is one line with the fix."""
