"""
The sums: what was captured is received, discarded for a reason, or waiting. Pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crashctl.account.sheet import Book, Sheet

# What the SDK gave up while it sent it may have arrived: only the answer was missing, or a bad one.
GIVEN_UP_ON_THE_WAY = frozenset({"network_error", "send_error", "http_429", "internal_sdk_error"})
OUTCOMES = ("delivered", "pending", "refused", "filtered", "dropped")
NO_BOOK = "keeps no book, so that only what arrived is known"
TOLD_NOTHING = "a process never told its figures"
GONE = "fell silent without a last word"
MOST_NAMED = 2


@dataclass(frozen=True)
class Sum:
    """
    Items of one type, of one book or of several. Where captures are known,
    ``captured + arrived_all_the_same + too_many = received + discarded + waiting + repeated + lost + missing``;
    it closes when nothing is missing or too many.

    Args:
        captured: that the SDK was given.
        captured_is_known: whether that is all of them.
        spooled: that were put on disk.
        received: each once.
        duplicates: that came again.
        discarded: by reason.
        on_disk: that wait in a spool.
        in_memory: that wait there.
        repeated: that another process had captured before, so that they count as received by it.
        lost: that were in memory when their process died, and did not arrive.
        arrived_all_the_same: that count as waiting or discarded, and are received.
        missing: that are nowhere.
        too_many: that were received and never captured.
    """

    captured: int = 0
    captured_is_known: bool = True
    spooled: int = 0
    received: int = 0
    duplicates: int = 0
    discarded: Counter[str] = field(default_factory=Counter)
    on_disk: int = 0
    in_memory: int = 0
    repeated: int = 0
    lost: int = 0
    arrived_all_the_same: int = 0
    missing: int = 0
    too_many: int = 0

    @property
    def waiting(self) -> int:
        """How many wait, on disk or in memory."""
        return self.on_disk + self.in_memory

    @property
    def closes(self) -> bool:
        """Whether every item is somewhere."""
        return not self.missing and not self.too_many

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            captured=self.captured + other.captured,
            captured_is_known=self.captured_is_known and other.captured_is_known,
            spooled=self.spooled + other.spooled,
            received=self.received + other.received,
            duplicates=self.duplicates + other.duplicates,
            discarded=self.discarded + other.discarded,
            on_disk=self.on_disk + other.on_disk,
            in_memory=self.in_memory + other.in_memory,
            repeated=self.repeated + other.repeated,
            lost=self.lost + other.lost,
            arrived_all_the_same=self.arrived_all_the_same + other.arrived_all_the_same,
            missing=self.missing + other.missing,
            too_many=self.too_many + other.too_many,
        )


@dataclass(frozen=True)
class Account:
    """
    One service.

    Args:
        service: its name.
        sums: by item type.
        unknown: why not everything is known, in words.
    """

    service: str
    sums: Mapping[str, Sum]
    unknown: tuple[str, ...]


def accounts(sheet: Sheet, services: Sequence[str]) -> list[Account]:
    """
    Add up every service.

    Args:
        sheet: what the sink knows.
        services: those that there must be; others that appear come behind them.
    """
    found = {book.service for book in sheet.books} | set(sheet.bookless)
    names = [*services, *sorted(found - set(services))]
    return [_account(sheet, name) for name in names]


def of_book(book: Book, item_type: str, *, gone: bool = False) -> Sum:
    """
    Hold what a process says of one type of item against what came.

    Args:
        book: of the process.
        item_type: such as ``event``.
        gone: whether it fell silent: what it did since is not known.
    """
    received, duplicates = book.received.get(item_type, 0), book.duplicates.get(item_type, 0)
    told = book.told
    if told is None:
        return Sum(captured_is_known=False, received=received, duplicates=duplicates)
    captured = told.number("captured", item_type)
    discarded = Counter(told.below(f"discarded/{item_type}"))
    is_event = item_type == "event"
    on_disk, in_memory = told.on_disk if is_event else 0, told.number("memory", item_type)
    rest = captured - received - discarded.total() - on_disk - in_memory
    repeated = max(0, min(rest, told.number("may_repeat", item_type), duplicates))
    rest -= repeated
    lost = max(0, min(rest, told.number("in_doubt", item_type)))
    on_the_way = sum(n for reason, n in discarded.items() if reason in GIVEN_UP_ON_THE_WAY)
    arrived = max(0, min(-rest, max(0, on_disk + in_memory) + on_the_way))
    return Sum(
        captured=captured,
        captured_is_known=not gone,
        spooled=told.number("spool", "written") if is_event else 0,
        received=received,
        duplicates=duplicates,
        discarded=discarded,
        on_disk=on_disk,
        in_memory=in_memory,
        repeated=repeated,
        lost=lost,
        arrived_all_the_same=arrived,
        missing=max(0, rest - lost),
        too_many=0 if gone else max(0, -rest - arrived),
    )


def target_mismatches(sheet: Sheet) -> dict[str, str]:
    """
    Say where a target's items are nowhere.

    Args:
        sheet: what the sink knows.
    """
    said = {}
    for target, services in sheet.targets.items():
        for service, kinds in services.items():
            for kind, counts in kinds.items():
                offered, had = counts.get("offered", 0), sum(counts.get(outcome, 0) for outcome in OUTCOMES)
                if offered != had:
                    said[f"{target} {service} {kind}"] = (
                        f"{target}: {offered} {kind} of {service} were offered, {had} are accounted for"
                    )
    return said


def _account(sheet: Sheet, service: str) -> Account:
    books = [book for book in sheet.books if book.service == service]
    unknown = [TOLD_NOTHING] if any(book.told is None for book in books) else []
    unknown += _silent([book.told.instance for book in books if book.told and book.is_gone(sheet.now)])
    sums: dict[str, Sum] = {}
    for book in books:
        for item_type in _types(book):
            sums[item_type] = sums.get(item_type, Sum()) + of_book(book, item_type, gone=book.is_gone(sheet.now))
    bookless = sheet.bookless.get(service)
    if bookless is not None and any((*bookless.received.values(), *bookless.duplicates.values())):
        unknown.append(NO_BOOK)
        for item_type in {*bookless.received, *bookless.duplicates, *bookless.reported_lost}:
            came = Sum(
                captured_is_known=False,
                received=bookless.received.get(item_type, 0),
                duplicates=bookless.duplicates.get(item_type, 0),
                # Of a service with books, these are in the books already.
                discarded=Counter() if books else Counter(bookless.reported_lost.get(item_type, {})),
            )
            sums[item_type] = sums.get(item_type, Sum()) + came
    return Account(service, dict(sorted(sums.items())), tuple(unknown))


def _silent(pods: Sequence[str]) -> list[str]:
    if not pods:
        return []
    more = f" and {len(pods) - MOST_NAMED} more" if len(pods) > MOST_NAMED else ""
    return [f"{'pods' if len(pods) > 1 else 'pod'} {', '.join(pods[:MOST_NAMED])}{more} {GONE}"]


def _types(book: Book) -> set[str]:
    counts = book.told.counts if book.told else {}
    named = {parts[1] for name in counts if (parts := name.split("/"))[0] in {"captured", "discarded"}}
    return named | set(book.received) | set(book.duplicates)
