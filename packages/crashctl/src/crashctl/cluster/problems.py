"""
What stops ``up``, said in one line with the fix.
"""


class UpError(Exception):
    """
    The user can do something about it.

    Args:
        found: The thing and what was found.
        fix: What to do, as a command where there is one.
    """

    def __init__(self, found: str, fix: str) -> None:
        super().__init__(f"{found} Fix: {fix}")
        self.found = found
        self.fix = fix
