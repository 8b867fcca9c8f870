"""
What has happened between two looks.
"""

from crashctl.account.verdict import judge

SERVICES = ("payment",)


def test_the_difference_of_two_looks(book, sheet):
    """
    A drill is held to what happened since it began.
    """
    before = sheet(book({"captured/event": 9, "memory/event": 1, "starts": 1}, received={"event": 2}))
    after = sheet(
        book({"captured/event": 12, "memory/event": 0, "starts": 2}, received={"event": 6}),
        book({"captured/event": 2}, received={"event": 2}, name="cd" * 16),
    )

    verdict = judge(after.since(before), SERVICES, {})

    (account,) = verdict.accounts
    one = account.sums["event"]
    assert ({}, 5, 6, -1) == (verdict.problems, one.captured, one.received, one.in_memory)


def test_of_a_pod_that_was_gone_before_nothing_is_unknown_since(book, sheet):
    """
    What it did is unknown for ever, but not of this drill; where something of it came since, it is of this one too.
    """
    gone = {"at": 1000.0 - 41, "name": "ef" * 16}
    lives, lived_on = (book({"captured/event": n}, received={"event": n}) for n in (1, 2))
    as_before = book({"captured/event": 2}, received={"event": 2}, **gone)
    something_came = book({"captured/event": 2}, received={"event": 3}, **gone)
    before = sheet(as_before, lives)

    assert () == judge(sheet(as_before, lived_on).since(before), SERVICES, {}).unknown
    assert 1 == len(judge(sheet(something_came, lived_on).since(before), SERVICES, {}).unknown)
