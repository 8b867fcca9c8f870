"""
The ledger of payment, held against what players saw: no minor unit lost or invented. Pure.

Every spin that an answer named must be in one of the states that this answer leaves open. A spin whose answer named
none is in doubt: the ledger has it, settled or given back, or never took its stake.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crashctl.chaos.rounds import Round
from crashctl.load.money import Wallet

SETTLED, RETURNED, NEVER, HELD = "settled", "given back", "never taken", "still held"
# What an answer leaves open; any other failure leaves open everything but a stake that is held for ever.
LEFT_OPEN = {
    "spin-open": {SETTLED, RETURNED},
    "spin-returned": {RETURNED},
    "payment-away": {RETURNED, NEVER},
}
ANY = {SETTLED, RETURNED, NEVER}
IN = {"payout": 1, "refund": 1, "opening": 1, "void": 0, "charge": -1}

Json = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True)
class Spin:
    """
    A spin, by the ledger.

    Args:
        stake: that was taken (minor units).
        state: what became of it.
        win: that was paid (minor units).
    """

    stake: int
    state: str
    win: int = 0


@dataclass(frozen=True)
class Purse:
    """
    One player at the end.

    Args:
        player_id: who.
        before: balance before the first spin (minor units).
        after: balance now (minor units).
        settled: spins that count.
        staked: of these (minor units).
        won: of these (minor units).
        in_doubt: what became of the spins whose player was not told, by state.
        problems: what does not fit, one sentence each.
    """

    player_id: str
    before: int
    after: int
    settled: int = 0
    staked: int = 0
    won: int = 0
    in_doubt: Counter[str] = field(default_factory=Counter)
    problems: tuple[str, ...] = ()


def held_against(before: Wallet, after: Wallet, entries: Sequence[Json], rounds: Iterable[Round]) -> Purse:
    """
    Hold one player's ledger against what the player saw.

    Args:
        before: the wallet before the first spin.
        after: the wallet now.
        entries: of the ledger since, in their order.
        rounds: of this player.
    """
    problems = _chain(before, after, entries)
    spins, more = _spins(entries)
    problems += more
    in_doubt: Counter[str] = Counter()
    nameless: list[Round] = []
    named: set[str] = set()
    for one in rounds:
        if one.spin_id is None:
            nameless += [] if one.refused else [one]
            continue
        named.add(one.spin_id)
        spin = spins.get(one.spin_id) or Spin(one.stake, NEVER)
        problems += [f"spin {one.spin_id} {wrong}" for wrong in _wrongs(one, spin)]
        in_doubt.update([] if one.accepted else [spin.state])
    unnamed = {spin_id: spin for spin_id, spin in spins.items() if spin_id not in named}
    problems += _unplayed(unnamed, nameless)
    in_doubt.update(spin.state for spin in unnamed.values())
    in_doubt[NEVER] += max(0, len(nameless) - len(unnamed))
    problems += [f"the stake of spin {spin_id} is {HELD}" for spin_id, spin in spins.items() if spin.state == HELD]
    counted = [spin for spin in spins.values() if spin.state == SETTLED]
    staked, won = sum(spin.stake for spin in counted), sum(spin.win for spin in counted)
    due = before.balance - staked + won
    if after.balance != due:
        lost = due - after.balance
        problems.append(
            f"{abs(lost)} minor units {'lost' if lost > 0 else 'invented'}: {before.balance} before, staked {staked}, "
            f"won {won}, so {due} is due; the wallet holds {after.balance}"
        )
    said = tuple(f"{before.player_id}: {problem}" for problem in problems)
    return Purse(before.player_id, before.balance, after.balance, len(counted), staked, won, +in_doubt, said)


def _chain(before: Wallet, after: Wallet, entries: Sequence[Json]) -> list[str]:
    """Walk the ledger entry by entry: none is missing, none repeated, and each balance follows from the one before."""
    problems = []
    seq, balance = before.seq, before.balance
    for entry in entries:
        if entry["seq"] != seq + 1:
            problems.append(f"entry {entry['seq']} of the ledger follows entry {seq}")
        balance += IN[entry["kind"]] * entry["amount"]
        if entry["balance"] != balance:
            problems.append(f"entry {entry['seq']} of the ledger says {entry['balance']}, its sum is {balance}")
        seq, balance = entry["seq"], entry["balance"]
    if (after.seq, after.balance) != (seq, balance):
        problems.append(
            f"the wallet holds {after.balance} after entry {after.seq}, its ledger says {balance} after entry {seq}"
        )
    for name in ("key", "closes"):
        counted = Counter(entry[name] for entry in entries if entry.get(name) is not None)
        problems += [f"{name} {value} is in the ledger {count} times" for value, count in counted.items() if count > 1]
    return problems


def _spins(entries: Sequence[Json]) -> tuple[dict[str, Spin], list[str]]:
    spins: dict[str, Spin] = {}
    problems = []
    for entry in entries:
        kind, amount = entry["kind"], entry["amount"]
        charge_key = entry["key"] if kind == "charge" else entry.get("closes")
        spin_id = _spin_of(charge_key)
        if spin_id is None:
            problems.append(f"entry {entry['seq']} of the ledger, a {kind} of {amount}, is of no spin")
        elif kind == "charge":
            spins[spin_id] = Spin(amount, HELD)
        elif kind == "void":
            spins[spin_id] = Spin(0, NEVER)
        elif (spin := spins.get(spin_id)) is None:
            problems.append(f"spin {spin_id} has a {kind} of {amount} and no stake")
        elif kind == "payout":
            spins[spin_id] = Spin(spin.stake, SETTLED, amount)
        else:
            spins[spin_id] = Spin(spin.stake, RETURNED)
            problems += [f"spin {spin_id} staked {spin.stake} and got {amount} back"] * (amount != spin.stake)
    return spins, problems


def _spin_of(charge_key: str | None) -> str | None:
    match (charge_key or "").split(":"):
        case ["spin", spin_id, "stake"]:
            return spin_id
    return None


def _wrongs(one: Round, spin: Spin) -> list[str]:
    allowed = {SETTLED} if one.accepted else LEFT_OPEN.get(one.problem, ANY)
    seen = f"answered {one.status} {one.problem}".rstrip()
    said = []
    if spin.state not in allowed and spin.state != HELD:
        said.append(f"was {seen} and is {spin.state}, expected {' or '.join(sorted(allowed))}")
    if spin.state in {SETTLED, RETURNED} and spin.stake != one.stake:
        said.append(f"staked {one.stake}, the ledger took {spin.stake}")
    if one.accepted and spin.state == SETTLED and spin.win != one.win:
        said.append(f"won {one.win} by its answer, the ledger paid {spin.win}")
    return said


def _unplayed(unnamed: Mapping[str, Spin], nameless: Sequence[Round]) -> list[str]:
    """What the ledger has and no answer named must be spins whose answer was lost, stake by stake."""
    lost = Counter(one.stake for one in nameless)
    problems = []
    for spin_id, spin in unnamed.items():
        if spin.state == NEVER:
            continue
        if not lost[spin.stake]:
            problems.append(f"spin {spin_id} with a stake of {spin.stake} is {spin.state}, and nobody played it")
        lost[spin.stake] -= 1
    return problems
