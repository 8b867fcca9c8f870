"""
Many services in one process: an SDK client each, with its own spool, book and project, that does what it is told.
"""

import json
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import sentry_sdk
from crashkit.accounts.book import Book
from crashkit.accounts.transport import count_captured
from crashkit.spool.opening import BookedCounts
from crashkit.spool.store import MIB, Store
from crashkit.spool.transport import spooling


class Member:
    """
    One service.

    Args:
        name: of it.
        dsn: of its project.
        state: its folder.
    """

    def __init__(self, name: str, dsn: str, state: Path) -> None:
        self.name = name
        self.book = Book(state)
        self.store = Store(state / "spool", 8 * MIB, 2000, BookedCounts(self.book))
        self.book.on_disk = lambda: self.store.files
        self.client = sentry_sdk.Client(
            dsn, transport=spooling(self.store, self.book), default_integrations=False, traces_sample_rate=1.0
        )
        self.client.transport.tell(service=name, instance=name)

    def work(self, events: int, transactions: int) -> None:
        """Capture errors and make transactions."""
        with sentry_sdk.isolation_scope() as isolation, sentry_sdk.new_scope() as scope:
            isolation.set_client(self.client)
            scope.set_client(self.client)
            scope.set_tag("service", self.name)
            for at in range(max(events, transactions)):
                if at < transactions:
                    with sentry_sdk.start_transaction(name="spin"):
                        pass
                if at < events:
                    try:
                        [][at]
                    except IndexError:
                        sentry_sdk.capture_exception()

    def end(self) -> None:
        """Send what waits, and end."""
        self.client.flush(timeout=60)
        self.client.close(timeout=10)


def main(base: str, first: int, number: int, folder: str) -> None:
    """Start so many, say so, and obey."""
    logging.basicConfig(level=logging.ERROR)
    count_captured()
    members = []
    for project in range(first, first + number):
        state = Path(folder) / str(project)
        state.mkdir(parents=True)
        members.append(Member(f"service-{project}", f"{base}/{project}", state))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        order = json.loads(line)
        do = getattr(Member, order.pop("do"))
        with ThreadPoolExecutor(number) as all_at_once:
            list(all_at_once.map(partial(do, **order), members))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
