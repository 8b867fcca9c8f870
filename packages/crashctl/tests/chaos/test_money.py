import pytest
from crashctl.chaos.money import held_against
from crashctl.chaos.rounds import Round
from crashctl.load.money import Wallet

PLAYER, OPENING = "player-7", 1000


class Book:
    """A ledger as payment lists it, of one player."""

    def __init__(self):
        self.entries = []
        self.balance = OPENING

    def add(self, kind, amount, key, closes=None):
        self.balance += {"charge": -amount, "void": 0}.get(kind, amount)
        entry = {"seq": len(self.entries) + 2, "kind": kind, "key": key, "amount": amount, "balance": self.balance}
        self.entries.append(entry | ({"closes": closes} if closes else {}))

    def stake(self, spin, amount):
        self.add("charge", amount, f"spin:{spin}:stake")

    def settle(self, spin, win):
        self.add("payout", win, f"spin:{spin}:win", f"spin:{spin}:stake")

    def give_back(self, spin, amount):
        self.add("refund", amount, f"refund/spin:{spin}:stake", f"spin:{spin}:stake")

    def void(self, spin):
        self.add("void", 0, f"spin:{spin}:stake", f"spin:{spin}:stake")

    def against(self, *rounds, balance=None):
        after = Wallet(PLAYER, self.balance if balance is None else balance, len(self.entries) + 1)
        return held_against(Wallet(PLAYER, OPENING, 1), after, self.entries, rounds)


@pytest.fixture
def book():
    return Book()


def ok(spin, stake, win):
    return Round(PLAYER, stake, 200, spin, win)


def broken(spin, stake, problem):
    return Round(PLAYER, stake, 503, spin, None, problem)


UNANSWERED = Round(PLAYER, 10)
REFUSED = Round(PLAYER, 10, 402, None, None, "insufficient-funds")


def test_a_ledger_that_fits_closes(book):
    """
    Accepted spins with their wins, what was given back, what was refused, and what nobody heard of, add up.
    """
    book.stake("a", 10)
    book.settle("a", 50)
    book.stake("b", 20)
    book.give_back("b", 20)
    book.void("c")
    book.stake("d", 10)
    book.settle("d", 0)

    found = book.against(
        ok("a", 10, 50), broken("b", 20, "spin-open"), broken("c", 30, "payment-away"), UNANSWERED, UNANSWERED, REFUSED
    )

    assert () == found.problems
    assert (2, 20, 50, 1030) == (found.settled, found.staked, found.won, found.after)
    assert {"settled": 1, "given back": 1, "never taken": 2} == found.in_doubt


@pytest.mark.parametrize(
    ("problem", "state", "fits"),
    [
        ("spin-open", "settled", True),
        ("spin-open", "returned", True),
        ("spin-open", "never", False),
        ("spin-returned", "returned", True),
        ("spin-returned", "settled", False),
        ("payment-away", "returned", True),
        ("payment-away", "never", True),
        ("payment-away", "settled", False),
        ("", "settled", True),
        ("", "returned", True),
    ],
)
def test_a_spin_in_doubt_is_in_a_state_that_its_answer_leaves_open(book, problem, state, fits):
    """
    What the player was told decides what may have become of the stake, and nothing else may.
    """
    if state != "never":
        book.stake("a", 10)
    if state == "settled":
        book.settle("a", 0)
    elif state == "returned":
        book.give_back("a", 10)

    found = book.against(broken("a", 10, problem))

    assert fits == (() == found.problems)


def test_an_accepted_spin_that_was_given_back_is_money_lost(book):
    """
    A player who was told that the spin counts must find it in the ledger.
    """
    book.stake("a", 10)
    book.give_back("a", 10)

    (only,) = book.against(ok("a", 10, 50)).problems

    assert "player-7: spin a was answered 200 and is given back, expected settled" == only


def test_another_win_than_the_player_saw_is_named(book):
    """
    Stake and win of the answer are those of the ledger.
    """
    book.stake("a", 10)
    book.settle("a", 40)

    (only,) = book.against(ok("a", 10, 50)).problems

    assert "player-7: spin a won 50 by its answer, the ledger paid 40" == only


def test_a_stake_that_is_still_held_is_neither_here_nor_there(book):
    """
    A stake that nobody closes does not fit.
    """
    book.stake("a", 10)

    problems = book.against(UNANSWERED).problems

    assert "player-7: the stake of spin a is still held" in problems


def test_a_spin_that_nobody_played_is_named(book):
    """
    What the ledger has beyond the answers must be a spin whose answer was lost, with its very stake.
    """
    book.stake("a", 10)
    book.settle("a", 0)
    book.stake("b", 10)
    book.settle("b", 0)

    (only,) = book.against(UNANSWERED, Round(PLAYER, 11)).problems

    assert "spin b with a stake of 10 is settled, and nobody played it" in only


def test_a_win_that_is_paid_twice_is_named(book):
    """
    Two payouts that close one stake are found, though each balance follows from the one before.
    """
    book.stake("a", 10)
    book.settle("a", 50)
    book.add("payout", 50, "again", "spin:a:stake")

    problems = book.against(ok("a", 10, 50)).problems

    assert "player-7: closes spin:a:stake is in the ledger 2 times" in problems
    assert any("50 minor units invented" in problem for problem in problems)


def test_a_wallet_that_is_not_its_ledger_is_named(book):
    """
    A wallet that lacks a unit is found, and so is an entry that is missing from the ledger.
    """
    book.stake("a", 10)
    book.settle("a", 50)

    short = book.against(ok("a", 10, 50), balance=1039).problems
    del book.entries[0]
    torn = book.against(ok("a", 10, 50)).problems

    assert any("1 minor units lost" in problem for problem in short)
    assert any("entry 3 of the ledger follows entry 1" in problem for problem in torn)
