"""
Asks payment and analytics, through the gateway, what became of the money.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from crashctl.chaos.money import Purse, held_against
from crashctl.chaos.rounds import Round
from crashctl.load.gateway import Gateway, NoAnswerError
from crashctl.load.money import CannotPlayError, NotSettledError, Wallet, entries_since, open_wallet, read_wallet
from crashctl.waiting import TooLateError, wait_for

STEP_S = 1.0
RECORDED_WITHIN_S = 30.0


@dataclass(frozen=True)
class Recorded:
    """
    What analytics has of the spins.

    Args:
        spins: how many.
        staked: of these (minor units).
        won: of these (minor units).
    """

    spins: int
    staked: int
    won: int


class Bank:
    """
    The wallets of some players.

    Args:
        url: of the gateway.
        player_ids: whose.
        opening: credit of a new wallet (minor units).

    Raises:
        CannotPlayError: payment makes none.
    """

    def __init__(self, url: str, player_ids: Sequence[str], opening: int) -> None:
        self._gateway = Gateway(url)
        self._since = datetime.now(UTC)
        self.before = [open_wallet(self._gateway, player_id, opening) for player_id in player_ids]

    def purses(self, rounds: Iterable[Round], within_s: float, hurry: Callable[[], bool]) -> list[Purse]:
        """
        Hold every wallet against what its player saw, once no stake is held any more.

        Args:
            rounds: of all players.
            within_s: how long to wait for held stakes (seconds).
            hurry: whether nobody wants to wait any longer.
        """
        of_player: dict[str, list[Round]] = {wallet.player_id: [] for wallet in self.before}
        for one in rounds:
            of_player[one.player_id].append(one)
        found = {wallet.player_id: self._purse(wallet, of_player[wallet.player_id]) for wallet in self.before}

        def at_rest() -> bool:
            for wallet in self.before:
                if found[wallet.player_id].problems:
                    found[wallet.player_id] = self._purse(wallet, of_player[wallet.player_id])
            return hurry() or not any(purse.problems for purse in found.values())

        with suppress(TooLateError):  # what does not fit is said by each purse
            wait_for(at_rest, within_s, "every wallet to fit", STEP_S)
        return list(found.values())

    def recorded(self, due: Recorded, hurry: Callable[[], bool]) -> Recorded | None:
        """
        Ask analytics for what was played since the first look, until it is what is due or the time is over.

        Args:
            due: by the ledger.
            hurry: whether nobody wants to wait any longer.

        Returns:
            What it has; none when it does not say.
        """
        found: Recorded | None = None

        def all_there() -> bool:
            nonlocal found
            found = self._recorded()
            return found == due or hurry()

        with suppress(TooLateError):  # what it has is the answer
            wait_for(all_there, RECORDED_WITHIN_S, "analytics to have every spin", STEP_S)
        return found

    def close(self) -> None:
        """Close the connection."""
        self._gateway.close()

    def _purse(self, before: Wallet, rounds: Sequence[Round]) -> Purse:
        try:
            after = read_wallet(self._gateway, before.player_id)
            entries = [entry for entry in entries_since(self._gateway, before) if entry["seq"] <= after.seq]
        except (NotSettledError, NoAnswerError, CannotPlayError) as error:
            problem = f"{before.player_id}: the money cannot be checked: {error}"
            return Purse(before.player_id, before.balance, before.balance, problems=(problem,))
        return held_against(before, after, entries, rounds)

    def _recorded(self) -> Recorded | None:
        since = self._since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            answer = self._gateway.get(f"/analytics/turnover?since={since}")
        except NoAnswerError:
            return None
        if answer.status != HTTPStatus.OK:
            return None
        return Recorded(answer.body["spins"], answer.body["turnover"], answer.body["paid"])
