"""
What a process counts of its own items, so that each is somewhere: received, waiting, discarded for a reason.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from crashkit.accounts.slots import Slots
from crashkit.forking import in_child

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "book"
# An attachment goes with its event, and is counted with it.
UNCOUNTED = frozenset({"attachment"})
# The SDK's words for what it loses, as the types of the items that they are.
TYPE_OF = {
    "error": "event",
    "transaction": "transaction",
    "session": "session",
    "monitor": "check_in",
    "profile": "profile",
    "profile_chunk": "profile_chunk",
    "feedback": "feedback",
    "internal": "client_report",
}

Figures = dict[str, Any]  # Any: JSON


class Book:
    """
    The book of one process, or of all processes that followed each other in one pod.

    For each type of item ``captured = received + discarded + waiting``, where the event sink knows what is received.
    What was in memory when its process died may have arrived or not: it is ``in_doubt``, and no more than that is
    missing.

    Args:
        state_dir: a folder that outlives the container; none: the book ends with the process.
    """

    def __init__(self, state_dir: Path | None) -> None:
        self._slots = Slots(state_dir / FILE if state_dir else None)
        # How many events lie on disk, in a spool.
        self.on_disk: Callable[[], int] = lambda: 0
        self._after_death()
        self._slots.add("starts")
        self._slots.put("running", 1)
        in_child(self._after_fork)

    @property
    def id(self) -> str:
        """32 hex digits; stands in the header of each envelope, so that the sink knows whose it is."""
        return self._slots.id

    def captured(self, item_type: str, number: int = 1, *, may_repeat: bool = False) -> None:
        """
        Count items that are in memory now, and must become something.

        Args:
            item_type: of all of them.
            number: how many.
            may_repeat: whether they may be items, by their id, that were received before.
        """
        if item_type not in UNCOUNTED:
            if may_repeat:
                self._slots.add(f"may_repeat/{item_type}", number)
            self._slots.add(f"memory/{item_type}", number)
            self._slots.add(f"captured/{item_type}", number)

    def on_its_way(self, item_type: str) -> None:
        """Count an item out of memory that is on disk now."""
        self._slots.add(f"memory/{item_type}", -1)

    def delivered(self, item_type: str, *, from_disk: bool = False) -> None:
        """Count an item that was answered 2xx."""
        if item_type not in UNCOUNTED:
            self._slots.add(f"delivered/{item_type}")
            if not from_disk:
                self._slots.add(f"memory/{item_type}", -1)

    def discarded(self, item_type: str, reason: str, number: int = 1, *, from_disk: bool = False) -> None:
        """Count items that were captured and are given up."""
        if item_type not in UNCOUNTED:
            self._slots.add(f"discarded/{item_type}/{reason}", number)
            if not from_disk:
                self._slots.add(f"memory/{item_type}", -number)

    def never_sent(self, item_type: str, reason: str, number: int = 1) -> None:
        """
        Count items that the SDK discarded before they were anything.

        That is most of what is captured: a transaction for each request that is not sampled. Such a count is in the
        file a second later, with the next figures; what dies before is missing on both sides of the sum.
        """
        self._slots.add_later(f"discarded/{item_type}/{reason}", number)
        self._slots.add_later(f"captured/{item_type}", number)

    def spooled(self, outcome: str, number: int = 1) -> None:
        """Count what became of events at the spool."""
        self._slots.add(f"spool/{outcome}", number)

    def fired(self, case_id: str) -> None:
        """Count a firing that begins."""
        self._slots.add(f"open/{case_id}")
        self._slots.add(f"fired/{case_id}")

    def fired_to_the_end(self, case_id: str, *, stopped: bool) -> None:
        """Count a firing that is over; one that was stopped, or used up its budget, owes nothing."""
        if stopped:
            self._slots.add(f"stopped/{case_id}")
        self._slots.add(f"open/{case_id}", -1)

    def end(self) -> None:
        """Close the book for now; what is still in memory ends with the process."""
        self._leave_in_doubt()
        self._slots.put("running", 0)

    def figures(self) -> Figures:
        """Give all figures of this moment."""
        numbers = self._slots.all()
        numbers.setdefault("running", 0)
        return {"book": self.id, "lasting": self._slots.lasting, "on_disk": self.on_disk(), "counts": numbers}

    def close(self) -> None:
        """Let go of the file."""
        self._slots.close()

    def _after_death(self) -> None:
        if self._slots.get("running"):
            self._slots.add("killed")
            self._leave_in_doubt()

    def _leave_in_doubt(self) -> None:
        for name, number in self._slots.all().items():
            kind, _, rest = name.partition("/")
            if kind in {"memory", "open"} and number:
                into = "in_doubt" if kind == "memory" else "cut_off"
                self._slots.add(f"{into}/{rest}", max(0, number))
                self._slots.put(name, 0)

    def _after_fork(self) -> None:
        self._slots.begin_anew()
        # The spool's count of files has the parent's in it.
        self.on_disk = self._own_files
        self._slots.add("starts")
        self._slots.put("running", 1)

    def _own_files(self) -> int:
        written, gone = self._slots.get("spool/written"), ("delivered", "refused", "corrupt")
        return max(0, written - sum(self._slots.get(f"spool/{outcome}") for outcome in gone))
