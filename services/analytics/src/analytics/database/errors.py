"""
How the database fails, whoever the driver is.
"""


class DatabaseAwayError(Exception):
    """Nobody answers: there is no server, it refuses us, or the connection broke."""

    def __init__(self) -> None:
        super().__init__("The database does not answer")


class DatabaseSlowError(Exception):
    """The server is there, and a statement took longer than it may."""

    def __init__(self) -> None:
        super().__init__("The database took too long for a statement")


class DatabaseUriError(Exception):
    """MONGODB_URI is no address of a database; the message does not show it, because it holds a password."""
