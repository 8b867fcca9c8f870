"""
The spool of a service, as its settings want it.
"""

from crashkit.accounts.book import Book
from crashkit.settings import ServiceSettings
from crashkit.spool.counts import Counts, Outcome
from crashkit.spool.store import MIB, Store

FOLDER = "spool"


class BookedCounts(Counts):
    """
    Counts for this process, and for all that share the book.

    Args:
        book: of the process.
    """

    def __init__(self, book: Book) -> None:
        super().__init__()
        self._book = book

    def add(self, outcome: Outcome, number: int = 1) -> None:
        """Count one, or some."""
        super().add(outcome, number)
        self._book.spooled(outcome, number)
        if outcome == "delivered":
            self._book.delivered("event", from_disk=True)


def open_spool(settings: ServiceSettings, book: Book) -> Store | None:
    """
    Open the spool in the folder that outlives the container.

    Args:
        settings: where that is, and how much may lie there.
        book: counts what becomes of the events.

    Returns:
        None where there is no such folder: an event that is not sent yet dies then with its process.
    """
    if settings.state_dir is None:
        return None
    folder = settings.state_dir / FOLDER
    store = Store(folder, settings.spool_max_mib * MIB, settings.spool_max_files, BookedCounts(book))
    book.on_disk = lambda: store.files
    return store
