"""
What came of it all, and whether it closes. Pure.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from crashctl.account.verdict import Verdict
from crashctl.chaos.bag import Kill
from crashctl.chaos.bank import Recorded
from crashctl.chaos.firing import Volley
from crashctl.chaos.lives import Death
from crashctl.chaos.money import RETURNED, SETTLED, Purse
from crashctl.chaos.told import Done, Inquest


@dataclass(frozen=True)
class Outcome:
    """
    Everything at the end.

    Args:
        seed: of the order.
        took_s: from the first look to the last (seconds).
        kills: what was to be killed at all.
        done: what came of each turn.
        deaths: that there were.
        inquest: what the coroner told of them.
        purses: of every player.
        volley: what became of the faults that were fired.
        recorded: what analytics has of the spins; none where it did not say.
        given_up: settled spins that analytics will not hear of, as the game engine said.
        account: of all items since the first look; none where the sink did not say.
        statuses: answers to spins, by status.
        not_quiet: what had not come to rest; empty where all had.
        interrupted: whether somebody ended it early.
    """

    seed: int
    took_s: float
    kills: Sequence[Kill]
    done: Sequence[Done]
    deaths: Sequence[Death]
    inquest: Inquest
    purses: Sequence[Purse]
    volley: Volley
    recorded: Recorded | None = None
    given_up: int = 0
    account: Verdict | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    not_quiet: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def killed(self) -> Counter[Kill]:
        """How often each was killed."""
        return Counter(done.kill for done in self.done if not done.failed)

    @property
    def never_killed(self) -> list[Kill]:
        """What no turn came for."""
        return [kill for kill in self.kills if not self.killed[kill]]

    @property
    def due(self) -> Recorded:
        """What analytics must have, by the ledger."""
        purses = self.purses
        return Recorded(
            sum(purse.settled for purse in purses),
            sum(purse.staked for purse in purses),
            sum(purse.won for purse in purses),
        )

    @property
    def house(self) -> int:
        """What the house won (minor units): by the wallets, so that it is known apart from stakes and wins."""
        return sum(purse.before - purse.after for purse in self.purses)

    @property
    def in_doubt(self) -> Counter[str]:
        """What became of the spins whose players were not told."""
        return sum((purse.in_doubt for purse in self.purses), Counter())

    @property
    def problems(self) -> list[str]:
        """Everything that does not close, one sentence each."""
        found = [*self.not_quiet, *self.inquest.problems]
        found += [problem for purse in self.purses for problem in purse.problems]
        due = self.due
        if self.house != due.staked - due.won:
            found.append(f"the wallets lost {self.house}, the house won {due.staked - due.won}")
        if self.recorded is None:
            found.append("analytics did not say what it has recorded")
        elif not 0 <= due.spins - self.recorded.spins <= self.given_up or (not self.given_up and self.recorded != due):
            found.append(
                f"analytics has {_spins(self.recorded)}; the ledger has {_spins(due)}; "
                f"the game engine said that {self.given_up} are given up"
            )
        found += self.volley.problems
        if self.account is None:
            found.append("the sink did not give its accounts")
        else:
            found += [f"accounts: {words}" for words in self.account.problems.values()]
        return found

    @property
    def closes(self) -> bool:
        """Whether nothing is lost, invented or told twice, and something was killed at all."""
        return not self.problems and bool(self.killed)

    def line(self) -> str:
        """Say it in one line."""
        due, doubt, volley = self.due, self.in_doubt, self.volley
        told = self.inquest
        deaths = f"{told.deaths} deaths, {told.reported} told"
        lost = f"{doubt[SETTLED]} settled and {doubt[RETURNED]} given back"
        events = f"{volley.due} events due, {volley.captured} captured, {volley.cut_off} cut off"
        if volley.otherwise:
            events += f", {volley.otherwise} as another error while the database was away"
        parts = [
            f"{'CLOSES' if self.closes else 'DOES NOT CLOSE'} after {self.took_s:.0f} s, seed {self.seed}",
            f"{self.killed.total()} kills in {len(self.killed)} of {len(self.kills)} ways",
            f"{deaths}, {len(told.problems)} amiss" if told.problems else f"{deaths} once each",
            f"{due.spins} spins settled by {len(self.purses)} players, {doubt.total()} in doubt: {lost}",
            f"the house won {self.house}",
            f"{volley.fired} faults fired, {events}",
        ]
        if self.account is not None:
            parts.append(f"accounts: {self.account.line()}")
        return "; ".join(parts)


def _spins(found: Recorded) -> str:
    return f"{found.spins} spins, staked {found.staked}, won {found.won}"
