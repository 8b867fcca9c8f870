"""
How a service says that it cannot start: one line, whatever has how many mistakes, and one exit status.
"""

import sys

CANNOT_START = 2
BAD_ADDRESS = "PORT and HOST must name a free address of this machine"


def cannot_start(service: str, reason: str) -> int:
    """
    Say it.

    Args:
        service: its name.
        reason: what is wrong, and the fix.

    Returns:
        The exit status of the process.
    """
    sys.stderr.write(f"{service} cannot start: {'; '.join(reason.splitlines())}\n")
    return CANNOT_START
