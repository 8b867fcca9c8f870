"""
What the event sink knows of every process, as it answers ``GET /api/v1/books``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]  # Any: JSON
Counts: TypeAlias = Mapping[str, int]

# Who is silent for so many times as long as it promised is gone.
SILENCE = 2
CATEGORIES = {"error": "event", "log_item": "log", "monitor": "check_in"}


@dataclass(frozen=True)
class Told:
    """
    What a process said last; sums since its book was begun.

    Args:
        at: when it was heard (unix s).
        instance: its pod.
        on_disk: events in its spool.
        every_s: it speaks at least so often (seconds).
        counts: by name, as docs/accounts.md lists them.
    """

    at: float
    instance: str
    on_disk: int
    every_s: float
    counts: Counts

    def number(self, kind: str, rest: str = "") -> int:
        """Give one count."""
        return self.counts.get(f"{kind}/{rest}" if rest else kind, 0)

    def below(self, kind: str) -> dict[str, int]:
        """Give the counts of one kind by the rest of their names."""
        start = f"{kind}/"
        return {name.removeprefix(start): n for name, n in self.counts.items() if name.startswith(start) and n}


@dataclass(frozen=True)
class Book:
    """
    A process, or those that followed each other in one pod.

    Args:
        id: 32 hex digits.
        service: its name.
        told: none when it never said anything.
        received: by item type, each item once.
        duplicates: what came again, by item type.
        fault_events: events with the tags of a fault, by scenario or scenario/case.
    """

    id: str
    service: str
    told: Told | None
    received: Counts
    duplicates: Counts
    fault_events: Counts

    def is_gone(self, now: float) -> bool:
        """Whether it fell silent without a last word."""
        told = self.told
        return told is not None and bool(told.number("running")) and now - told.at > SILENCE * told.every_s


@dataclass(frozen=True)
class Bookless:
    """
    What came from a service's processes that keep no book.

    Args:
        received: by item type.
        duplicates: by item type.
        reported_lost: by item type, then reason: what their SDKs reported.
    """

    received: Counts
    duplicates: Counts
    reported_lost: Mapping[str, Counts]


@dataclass(frozen=True)
class Sheet:
    """
    One look.

    Args:
        now: the sink's clock (unix s).
        books: all that it knows.
        bookless: by service.
        targets: by target, service and item type: offered, delivered, pending, refused, filtered, dropped.
    """

    now: float
    books: tuple[Book, ...]
    bookless: Mapping[str, Bookless] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Mapping[str, Counts]]] = field(default_factory=dict)

    def since(self, before: "Sheet") -> "Sheet":
        """
        Give what has happened since an earlier look.

        Args:
            before: that look.
        """
        earlier = {book.id: book for book in before.books}
        targets = {
            target: {
                service: {
                    kind: _minus(counts, before.targets.get(target, {}).get(service, {}).get(kind, {}))
                    for kind, counts in kinds.items()
                }
                for service, kinds in services.items()
            }
            for target, services in self.targets.items()
        }
        bookless = {name: _bookless_since(one, before.bookless.get(name)) for name, one in self.bookless.items()}
        # Of a pod that was gone then, and of which nothing came since, there is nothing to say.
        books = [book for book in self.books if earlier.get(book.id) != book or not book.is_gone(before.now)]
        return Sheet(self.now, tuple(_since(book, earlier.get(book.id)) for book in books), bookless, targets)


def read_sheet(answer: Json) -> Sheet:
    """
    Read the sink's answer.

    Args:
        answer: of ``GET /api/v1/books``.
    """
    bookless = {
        service: Bookless(
            found["received"],
            found["duplicates"],
            {CATEGORIES.get(category, category): reasons for category, reasons in found["discarded_by_sdk"].items()},
        )
        for service, found in answer["without_book"].items()
    }
    return Sheet(answer["now"], tuple(_book(found) for found in answer["books"]), bookless, answer["targets"])


def _book(found: Json) -> Book:
    figures = found["figures"]
    told = None
    if figures is not None:
        told = Told(
            found["told_at"], figures["instance"], figures["on_disk"], figures["every_s"], figures["counts"]
        )  # fmt: skip
    return Book(
        found["book"], found["service"], told, found["received"], found["duplicates"], found["fault_events"]
    )  # fmt: skip


def _since(book: Book, before: Book | None) -> Book:
    if before is None:
        return book
    told = book.told
    if told is not None and before.told is not None:
        # Whether it runs is no sum.
        counts = {**_minus(told.counts, before.told.counts), "running": told.number("running")}
        told = replace(told, on_disk=told.on_disk - before.told.on_disk, counts=counts)
    return replace(
        book,
        told=told,
        received=_minus(book.received, before.received),
        duplicates=_minus(book.duplicates, before.duplicates),
        fault_events=_minus(book.fault_events, before.fault_events),
    )


def _bookless_since(one: Bookless, before: Bookless | None) -> Bookless:
    if before is None:
        return one
    lost = {kind: _minus(reasons, before.reported_lost.get(kind, {})) for kind, reasons in one.reported_lost.items()}
    return Bookless(_minus(one.received, before.received), _minus(one.duplicates, before.duplicates), lost)


def _minus(now: Counts, before: Counts) -> dict[str, int]:
    return {name: left for name, n in now.items() if (left := n - before.get(name, 0))}
