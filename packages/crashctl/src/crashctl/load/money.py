"""
The money check: what each player had, staked and won is what the wallet and the ledger say.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from crashctl.load.gateway import Answer, Gateway, NoAnswerError
from crashctl.load.tally import Account

Told = TypeVar("Told")

PAGE = 500
UNCHECKED = "the money cannot be checked"
POLL_S = 0.5


class CannotPlayError(Exception):
    """There is no way to play; the message says what is missing."""


class NotSettledError(Exception):
    """A spin is still open, or payment does not say."""


@dataclass(frozen=True)
class Wallet:
    """
    A wallet at one moment.

    Args:
        player_id: whose.
        balance: minor units.
        seq: number of the last entry of the ledger.
    """

    player_id: str
    balance: int
    seq: int


def open_wallet(gateway: Gateway, player_id: str, opening: int) -> Wallet:
    """
    Make a wallet, or take the one that is there.

    Args:
        gateway: the release.
        player_id: whose.
        opening: credit of a new wallet (minor units).

    Raises:
        CannotPlayError: payment gives none.
    """
    try:
        answer = gateway.send("PUT", f"/payment/wallets/{player_id}", {"opening": opening})
    except NoAnswerError as error:
        raise CannotPlayError(
            f"the gateway does not answer: {error}; is the release up, and --url its gateway?"
        ) from None
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
        raise CannotPlayError(f"payment makes no wallet for {player_id}: {answer.problem}")
    return read_wallet(gateway, player_id)


def check(
    gateway: Gateway, before: Wallet, account: Account, settled_by: float, stopped: Callable[[], bool]
) -> list[str]:
    """
    Hold the answers of one player against the wallet and the ledger.

    Args:
        gateway: the release.
        before: the wallet before the first spin.
        account: what the answers said.
        settled_by: until when to wait for open spins, by the monotonic clock (seconds).
        stopped: whether nobody wants to wait any longer.

    Returns:
        What does not fit, in words; nothing when all of it fits.
    """
    try:
        stakes, wins = _settled(gateway, before, account, settled_by, stopped)
        after = read_wallet(gateway, before.player_id)
        last = _entries(gateway, before.player_id, after.seq - 1)[0]["balance"]
    except (NotSettledError, NoAnswerError, CannotPlayError) as error:
        return [f"{before.player_id}: {UNCHECKED}: {error}"]
    expected = before.balance - stakes + wins
    found = []
    if after.balance != expected:
        lost = expected - after.balance
        found.append(
            f"{before.player_id}: {abs(lost)} minor units {'lost' if lost > 0 else 'invented'}: {before.balance} "
            f"before, staked {stakes}, won {wins}, so {expected} is due; the wallet holds {after.balance}"
        )
    if after.balance != last:
        found.append(f"{before.player_id}: the wallet holds {after.balance}, its last entry in the ledger says {last}")
    return found


def _settled(
    gateway: Gateway, before: Wallet, account: Account, settled_by: float, stopped: Callable[[], bool]
) -> tuple[int, int]:
    """Give stakes and wins of all spins that count, those included whose end the answer did not tell."""
    stakes, wins, settled = account.stakes, account.wins, account.settled
    for spin_id, stake in account.unknown.items():
        win = _told(partial(_win, gateway, spin_id), settled_by, stopped)
        if win is not None:
            stakes, wins, settled = stakes + stake, wins + win, settled + 1
    if not account.nameless:
        return stakes, wins
    # Nobody knows their ids, so the ledger tells what became of them; it must not tell of more than were played.
    count, all_stakes, all_wins = _told(partial(_closed_spins, gateway, before), settled_by, stopped)
    if not settled <= count <= settled + account.nameless:
        raise NotSettledError(
            f"the ledger has {count} settled spins; {settled} are known, {account.nameless} may be: does somebody else "
            "play with these wallets?"
        )
    return all_stakes, all_wins


def _told(ask: Callable[[], Told], settled_by: float, stopped: Callable[[], bool]) -> Told:
    """Ask until the answer is final."""
    while True:
        try:
            return ask()
        except (NotSettledError, NoAnswerError):
            if time.monotonic() >= settled_by or stopped():
                raise
        time.sleep(POLL_S)


def _win(gateway: Gateway, spin_id: str) -> int | None:
    """
    Ask what a spin won; none where its stake was not taken, or given back.

    Raises:
        NotSettledError: it is open.
    """
    answer = gateway.get(f"/game-engine/spins/{spin_id}")
    if answer.status == HTTPStatus.NOT_FOUND and answer.body.get("type", "").endswith(":unknown-spin"):
        return None
    match answer.body:
        case {"state": "settled", "win": int(win)}:
            return win
        case {"state": "returned"}:
            return None
    raise NotSettledError(f"spin {spin_id} is {answer.body.get('state') or answer.problem}")


def _closed_spins(gateway: Gateway, before: Wallet) -> tuple[int, int, int]:
    """
    Read from the ledger how many spins are settled, what they staked, and what they won.

    Raises:
        NotSettledError: a stake is still held.
    """
    held: dict[str, int] = {}
    count = stakes = wins = 0
    for entry in entries_since(gateway, before):
        match entry:
            case {"kind": "charge", "key": str(key), "amount": int(amount)}:
                held[key] = abs(amount)
            case {"kind": "payout", "closes": str(key), "amount": int(amount)}:
                count, stakes, wins = count + 1, stakes + held.pop(key, 0), wins + amount
            case {"kind": "refund", "closes": str(key)}:
                held.pop(key, None)
    if held:
        raise NotSettledError(f"{len(held)} stakes of {before.player_id} are still held")
    return count, stakes, wins


def entries_since(gateway: Gateway, before: Wallet) -> Iterator[dict[str, Any]]:  # Any: JSON
    """
    Read what the ledger has of a player.

    Args:
        gateway: the release.
        before: the wallet before the first of these entries.

    Raises:
        NotSettledError: payment does not say.
        NoAnswerError: nobody answers.
    """
    seq = before.seq
    while page := _entries(gateway, before.player_id, seq):
        yield from page
        seq = page[-1]["seq"]


def _entries(gateway: Gateway, player_id: str, after_seq: int) -> list[dict[str, Any]]:  # Any: JSON
    answer = _read(gateway, f"/payment/ledger/{player_id}?after_seq={after_seq}&limit={PAGE}")
    entries: list[dict[str, Any]] = answer.body["entries"]  # Any: JSON
    return entries


def read_wallet(gateway: Gateway, player_id: str) -> Wallet:
    """
    Read a wallet.

    Args:
        gateway: the release.
        player_id: whose.

    Raises:
        NotSettledError: payment does not say.
        NoAnswerError: nobody answers.
    """
    body = _read(gateway, f"/payment/wallets/{player_id}").body
    return Wallet(player_id, int(body["balance"]), int(body["seq"]))


def _read(gateway: Gateway, path: str) -> Answer:
    answer = gateway.get(path)
    if answer.status != HTTPStatus.OK:
        raise NotSettledError(f"{path.partition('?')[0]} answers {answer.problem}")
    return answer
