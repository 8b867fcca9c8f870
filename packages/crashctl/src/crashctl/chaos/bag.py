"""
What is killed, in which order: a bag that is shuffled, emptied, shuffled again. The same seed, the same order. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from crashctl.drill.cases import DrillCase

SHORTEST_PAUSE_S = 3.0
LONGEST_PAUSE_S = 9.0


class Kind(StrEnum):
    """A way to end something."""

    SIGKILL = "sigkill"
    """The main process of a container, by the kernel, from its node."""
    DELETE = "delete"
    """A pod, with its grace period, as a rollout does."""
    FAULT = "fault"
    """A container, by a fault of the catalogue: memory, heap, exit."""
    FORCE = "force"
    """A pod without any grace: what it had on disk goes with it."""


# What a pod that is deleted by force had not sent is lost by design, so that nobody is surprised by a default.
DEFAULT_KINDS = (Kind.SIGKILL, Kind.DELETE, Kind.FAULT)


@dataclass(frozen=True, order=True)
class Kill:
    """
    One thing to kill.

    Args:
        kind: how.
        component: of the release.
        what: name of the container, or id of the case; of a pod, the component again.
    """

    kind: Kind
    component: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"


@dataclass(frozen=True)
class Turn:
    """
    One kill at its place.

    Args:
        kill: what.
        pause_s: that is waited before it (seconds).
    """

    kill: Kill
    pause_s: float


def every_kill(
    containers: Mapping[str, Iterable[str]], cases: Iterable[DrillCase], kinds: Sequence[Kind]
) -> list[Kill]:
    """
    List what a release offers to kill, in a fixed order.

    Args:
        containers: names by component.
        cases: of the catalogue.
        kinds: that are wanted.
    """
    found = [Kill(Kind.SIGKILL, component, name) for component, names in containers.items() for name in names]
    found += [Kill(kind, component, component) for component in containers for kind in (Kind.DELETE, Kind.FORCE)]
    found += [Kill(Kind.FAULT, case.service, case.id) for case in cases if case.ends_pod and case.service in containers]
    return sorted(kill for kill in set(found) if kill.kind in kinds)


def turns(kills: Sequence[Kill], seed: int) -> Iterator[Turn]:
    """
    Give kills without an end: each once before any comes again, and none twice in a row.

    Args:
        kills: what there is.
        seed: of the order and the pauses.
    """
    random = Random(seed)
    last: Kill | None = None
    while kills:
        bag = random.sample(kills, len(kills))
        if bag[0] == last:
            bag.append(bag.pop(0))
        for kill in bag:
            yield Turn(kill, random.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))
        last = bag[-1]
