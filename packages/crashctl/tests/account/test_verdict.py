"""
Sums that close, sums that do not, and what cannot be said.
"""

import re

import pytest
from crashctl.account.show import as_document, show
from crashctl.account.verdict import judge

DUE = {"payment/crash/handler": 1, "payment/type-error": 2}
SERVICES = ("payment",)


def events(sheet, *, moving=False):
    """The sum of payment's events, and what is said of it."""
    verdict = judge(sheet, SERVICES, DUE, moving=moving)
    (account,) = verdict.accounts
    return account.sums["event"], list(verdict.problems.values())


CLOSE = {
    "all arrived": ({"captured/event": 3}, {"received": {"event": 3}}),
    "came again": ({"captured/event": 3}, {"received": {"event": 3}, "duplicates": {"event": 2}}),
    "discarded": ({"captured/event": 3, "discarded/event/before_send": 2}, {"received": {"event": 1}}),
    "in memory": ({"captured/event": 3, "memory/event": 2}, {"received": {"event": 1}}),
    "on disk": ({"captured/event": 3}, {"on_disk": 2, "received": {"event": 1}}),
    "stored, its answer lost": ({"captured/event": 3}, {"on_disk": 1, "received": {"event": 3}}),
    "given up, and arrived": ({"captured/event": 3, "discarded/event/network_error": 1}, {"received": {"event": 3}}),
    "told again by the next pod": (
        {"captured/event": 3, "may_repeat/event": 3},
        {"received": {"event": 1}, "duplicates": {"event": 2}},
    ),
    "died, and arrived": ({"captured/event": 3, "in_doubt/event": 1}, {"received": {"event": 3}}),
    "died, and did not": ({"captured/event": 3, "in_doubt/event": 2}, {"received": {"event": 1}}),
}


@pytest.mark.parametrize("why", CLOSE)
def test_what_is_somewhere_closes(book, sheet, why):
    """
    An item is received, discarded, waiting, or was in the memory of a process that died.
    """
    counts, came = CLOSE[why]

    one, problems = events(sheet(book(counts, **came)))

    assert ([], True) == (problems, one.closes)
    rest = one.received + one.discarded.total() + one.waiting + one.repeated + one.lost - one.arrived_all_the_same
    assert 3 == one.captured == rest


@pytest.mark.parametrize("why", CLOSE)
def test_whoever_reads_the_line_can_add_it_up(book, sheet, why):
    """
    The parts that the one line names are together what was captured; what came again is told beside them.
    """
    counts, came = CLOSE[why]

    line = judge(sheet(book(counts, **came)), SERVICES, DUE).line()

    (told,) = [part for part in re.sub(r" \([^)]*\)", "", line).split("; ") if "events captured" in part]
    captured, parts = told.split(" events captured: ")
    number = {words: int(n) for n, words in re.findall(r"(\d+) ([^,]+)", parts)}
    arrived = number.pop("arrived all the same", 0)
    assert 3 == int(captured) == sum(number.values()) - arrived
    assert ("came again" in line) == ("duplicates" in came)


NEVER = "1 were received and never captured"
OPEN = {
    "nowhere": (
        {"captured/event": 3},
        {"received": {"event": 1}},
        "3 captured, 1 received, 0 discarded, 0 waiting: 2 are nowhere",
    ),
    "more than died": (
        {"captured/event": 4, "in_doubt/event": 1},
        {"received": {"event": 1}},
        "1 lost with their process: 2 are nowhere",
    ),
    "more than came again": (
        {"captured/event": 4, "may_repeat/event": 4},
        {"received": {"event": 1}, "duplicates": {"event": 1}},
        "2 are nowhere",
    ),
    "never captured": ({"captured/event": 1}, {"received": {"event": 2}}, NEVER),
    "dropped, and arrived": (
        {"captured/event": 1, "discarded/event/before_send": 1},
        {"received": {"event": 1}},
        NEVER,
    ),
}


@pytest.mark.parametrize("why", OPEN)
def test_what_is_nowhere_is_said(book, sheet, why):
    """
    The sum that does not close is named, with its parts.
    """
    counts, came, said = OPEN[why]

    one, problems = events(sheet(book(counts, **came)))

    assert not one.closes
    (problem,) = problems
    assert problem.startswith("payment event: ")
    assert problem.endswith(said)


def test_two_wrongs_do_not_make_a_right(book, sheet):
    """
    What is missing of one process is not made up for by what another has too many.
    """
    look = sheet(
        book({"captured/event": 2}, received={"event": 1}),
        book({"captured/event": 1}, received={"event": 2}, name="cd" * 16),
    )

    one, _ = events(look)

    assert (1, 1) == (one.missing, one.too_many)


def test_while_figures_move_only_what_is_certain_counts(book, sheet):
    """
    What was captured a moment ago may be received and not told yet; what is nowhere is nowhere all the same.
    """
    early, late = (sheet(book({"captured/event": captured}, received={"event": 2})) for captured in (1, 3))

    assert [] == events(early, moving=True)[1]
    assert 1 == len(events(late, moving=True)[1])


def test_a_pod_that_fell_silent_is_unknown(book, sheet):
    """
    After its last words it may have captured and sent more; what is shown is not all.
    """
    look = sheet(book({"captured/event": 2}, received={"event": 3}, at=1000.0 - 41))

    one, problems = events(look)

    assert ([], False) == (problems, one.captured_is_known)
    (said,) = judge(look, SERVICES, DUE).unknown
    assert "payment (pod payment-1 fell silent" in said


def test_many_pods_that_fell_silent_are_told_in_one_sentence(book, sheet):
    """
    Two by name, the others by their number.
    """
    silent = [book({"captured/event": 1}, received={"event": 1}, at=1000.0 - 41, name=f"{n:032x}") for n in range(5)]

    (said,) = judge(sheet(*silent), ["payment"], DUE).unknown

    assert "payment (pods payment-1, payment-1 and 3 more fell silent without a last word)" == said


@pytest.mark.parametrize("come_from", ["a book that told nothing", "no book"])
def test_what_cannot_be_known_is_unknown_and_not_0(book, sheet, come_from, capsys):
    """
    In the table and as JSON.
    """
    if come_from == "no book":
        reported = {"error": {"network_error": 4}}
        came = {"received": {"event": 7}, "duplicates": {}, "discarded_by_sdk": reported}
        verdict = judge(sheet(without_book={"payment": came}), SERVICES, DUE)
    else:
        verdict = judge(sheet(book(None, received={"event": 7})), SERVICES, DUE)

    found = as_document(verdict)["services"]["payment"]
    show(verdict)

    assert verdict.closes
    item = found["items"]["event"]
    names = ("captured", "spooled", "waiting_on_disk", "waiting_in_memory", "lost_with_their_process", "missing")
    assert {"unknown"} == {item[name] for name in names}
    assert 7 == item["received"]
    assert ({"network_error": 4} if come_from == "no book" else "unknown") == item["discarded"]
    assert "unknown" == found["faults"]["fired"]
    printed = capsys.readouterr().out
    assert "faults fired unknown" in printed
    assert "CLOSES: 0 faults fired" in printed
    assert "unknown: payment (" in printed


def test_a_service_of_which_nothing_was_heard_is_named(sheet):
    """
    It has no row of zeros.
    """
    verdict = judge(sheet(), SERVICES, DUE)

    assert ("payment (told nothing, and nothing came)",) == verdict.unknown
    assert {} == as_document(verdict)["services"]["payment"]["items"]


FIRED = {"fired/payment/crash/handler": 3, "fired/payment/type-error": 1}


@pytest.mark.parametrize(
    ("more", "arrived", "said"),
    [
        ({}, 5, None),
        ({"stopped/payment/type-error": 1}, 3, None),
        ({"cut_off/payment/type-error": 1}, 4, None),
        ({"open/payment/crash/handler": 1}, 4, None),
        ({"captured/event": 5, "discarded/event/queue_overflow": 2}, 3, None),
        ({"captured/event": 5, "in_doubt/event": 1}, 4, None),
        ({}, 4, "payment: 5 events are due for 4 faults, 4 arrived: 1 were never captured"),
        ({}, 7, "payment: 5 events are due for 4 faults, 7 arrived: 2 too many"),
        ({"stopped/payment/crash/handler": 1}, 3, "1 were never captured"),
    ],
)
def test_faults_owe_events(book, sheet, more, arrived, said):
    """
    As many as the catalogue says, less what was discarded, and what firings that did not run to their end still owe.
    """
    counts = {"captured/event": arrived, **FIRED, **more}
    look = sheet(book(counts, received={"event": arrived}, fault_events={"crash/handler": arrived}))

    problems = [words for what, words in judge(look, SERVICES, DUE).problems.items() if what == "payment faults"]

    assert (said is None) == (problems == [])
    assert said is None or problems[0].endswith(said)


def test_without_the_catalogue_nothing_is_known_to_be_due(book, sheet):
    """
    A case that the catalogue does not have makes it unknown, too.
    """
    look = sheet(book({**FIRED, "captured/event": 1}, received={"event": 1}, fault_events={"crash/handler": 1}))

    for due in ({}, {"payment/crash/handler": 1}):
        verdict = judge(look, SERVICES, due)
        assert (True, 4, None) == (verdict.closes, verdict.fired["payment"].fired, verdict.fired["payment"].due)


def test_what_the_gateway_hands_over_is_counted_by_who_fires_it(book, sheet):
    """
    The gateway's book has it too, and owes nothing for it.
    """
    look = sheet(book({"fired/payment/type-error": 9, "captured/event": 0}, service="gateway"))

    assert 0 == judge(look, ("gateway",), DUE).fired["gateway"].fired


def test_deaths_that_faults_caused_are_no_events_of_them(book, sheet):
    """
    The coroner's events have the tags of the fault that killed, and the coroner fires none.
    """
    counts = {"captured/event": 2}
    look = sheet(book(counts, service="coroner", received={"event": 2}, fault_events={"memory-leak/kill": 2}))

    verdict = judge(look, ("coroner",), DUE)

    assert {} == verdict.problems
    assert (0, 0) == (verdict.fired["coroner"].fired, verdict.fired["coroner"].due)


def test_items_that_a_target_lost_are_said(book, sheet):
    """
    What was offered to a target is delivered, pending, refused, dropped, or nothing for it.
    """
    counts = {"offered": 5, "delivered": 1, "pending": 1, "refused": 1, "filtered": 0, "dropped": 1}
    look = sheet(targets={"bugsink": {"payment": {"event": counts}}})

    (problem,) = judge(look, SERVICES, DUE).problems.values()

    assert "bugsink: 5 event of payment were offered, 4 are accounted for" == problem


def test_the_table_has_all_of_it(book, sheet, capsys):
    """
    A stranger sees what was fired, captured, spooled, received, discarded, forwarded, and the verdict.
    """
    counts = {
        **FIRED, "captured/event": 6, "spool/written": 5, "discarded/event/before_send": 1, "in_doubt/event": 1,
        "memory/event": 1,
    }  # fmt: skip
    targets = {"bugsink": {"payment": {"event": {"offered": 3, "delivered": 1, "refused": 1, "pending": 1}}}}
    look = sheet(
        book(counts, on_disk=1, received={"event": 2}, duplicates={"event": 4}, fault_events={"crash/handler": 2}),
        targets=targets,
    )

    show(judge(look, SERVICES, DUE))

    printed = capsys.readouterr().out
    for said in (
        "payment: 4 faults fired, 5 events due for them, 2 arrived with their tags",
        "1 on disk, 1 in memory", "1 before_send", "1 lost with their process", "1 forwarded", "1 refused", "1 pending",
        "CLOSES: 4 faults fired, 5 events due for them; 6 events captured: 2 received, 1 discarded (1 before_send)",
    ):  # fmt: skip
        assert said in printed, said
