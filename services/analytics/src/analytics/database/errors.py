"""
How the database fails, whoever the driver is.
"""


class DatabaseFailure(Exception):  # noqa: N818 - its kinds are errors
    """
    The database did not do what it was asked.

    Args:
        reason: the driver's name for it, or what else is known.
    """

    MESSAGE = ""

    def __init__(self, reason: str) -> None:
        super().__init__(self.MESSAGE)
        self.reason = reason


class DatabaseAwayError(DatabaseFailure):
    """Nobody answers: there is no server, it refuses us, or the connection broke."""

    MESSAGE = "The database does not answer"


class DatabaseSlowError(DatabaseFailure):
    """The server is there, and a statement took longer than it may."""

    MESSAGE = "The database took too long for a statement"


class DatabaseUriError(Exception):
    """MONGODB_URI is no address of a database; the message does not show it, because it holds a password."""
