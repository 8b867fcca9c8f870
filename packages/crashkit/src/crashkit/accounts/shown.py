"""
The book on ``/metrics``.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from crashkit.accounts.book import Book
from crashkit.accounts.transport import book_here

if TYPE_CHECKING:
    from prometheus_client import Metric

# First part of a count's name to metric: its name, help, and labels for the other parts.
COUNTERS = {
    "fired": ("crash_fired", "Faults that were fired.", ("case",)),
    "stopped": ("crash_fired_stopped", "Firings that were stopped, or used up their budget.", ("case",)),
    "cut_off": ("crash_fired_cut_off", "Firings that were running when their process died.", ("case",)),
    "captured": ("crash_captured", "Items that the SDK was given.", ("item_type",)),
    "delivered": ("crash_delivered", "Items that were answered 2xx, repetitions included.", ("item_type",)),
    "discarded": ("crash_discarded", "Items that were given up.", ("item_type", "reason")),
    "in_doubt": ("crash_in_doubt", "Items in memory when their process died.", ("item_type",)),
    "starts": ("crash_process_starts", "Processes that had this book.", ()),
    "killed": ("crash_process_killed", "Processes of this book that did not end by themselves.", ()),
}


class BookMetrics(Collector):
    """
    A book for Prometheus.

    Args:
        book: whose figures they are.
    """

    def __init__(self, book: Book) -> None:
        self._book = book

    def collect(self) -> Iterator["Metric"]:
        """Read the figures of this moment."""
        figures = self._book.figures()
        counts: dict[str, int] = figures["counts"]
        for kind, (name, words, labels) in COUNTERS.items():
            family = CounterMetricFamily(name, f"{words} Since the pod began.", labels=labels)
            for key, number in counts.items():
                first, *rest = key.split("/", 1)
                if first == kind:
                    family.add_metric(_labels(rest, len(labels)), number)
            yield family
        waiting = GaugeMetricFamily("crash_waiting", "Items that wait in memory.", labels=("item_type",))
        for key, number in counts.items():
            if key.startswith("memory/"):
                waiting.add_metric([key.removeprefix("memory/")], number)
        yield waiting
        book = GaugeMetricFamily("crash_book", "1; says which book it is.", labels=("book",))
        book.add_metric([figures["book"]], 1)
        yield book


def show_accounts(registry: CollectorRegistry) -> None:
    """
    Show the book of the SDK that runs here on ``/metrics``; without one nothing is shown.

    Args:
        registry: of the service.
    """
    if (book := book_here()) is not None:
        registry.register(BookMetrics(book))


def _labels(rest: list[str], number: int) -> list[str]:
    # A case is the rest of the name, with its slashes; a reason is what follows the type.
    return rest[0].split("/", number - 1) if number and rest else []
