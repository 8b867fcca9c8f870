"""
Fired is delivered or discarded for a reason, on real processes; what is lost on purpose is shown, and what is stolen is
missed.
"""

import json
import signal

import pytest
from crashctl.proof.release import INGEST_KEY, PROJECTS
from crashctl.waiting import wait_for

from tests.integration.accounts.conftest import ENGINE

pytestmark = pytest.mark.timeout(300)

CRASH = f"{ENGINE}/debug/crash"
ASYNC = f"{ENGINE}/debug/async-error?case=task-group"


def of(document, service, kind="event"):
    return document["services"][service]["items"][kind]


def balance(item):
    """What is captured, and what is accounted for."""
    lost = sum(item["discarded"].values()) + item["lost_with_their_process"]
    return item["captured"], item["received"] + lost + item["waiting_on_disk"] + item["waiting_in_memory"]


def test_everything_that_was_fired_is_somewhere(open_house, bugsink):
    """
    Faults at two services, a kill and a restart, and a Bugsink that refuses some: every sum closes, to the last item.
    """
    bugsink.refuses = b"ExceptionGroup"
    house = open_house(event_sink={"SINK_BUGSINK_URL": bugsink.url})
    assert [500] * 7 == house.fire(CRASH, 7)
    assert [500] * 2 == house.fire("gateway/debug/crash", 2)
    answers = house.fire(ASYNC, 3)
    house.end(ENGINE, signal.SIGKILL)
    house.start(ENGINE)
    assert [500] == house.fire(CRASH)

    code, found = house.document()

    assert (0, True, []) == (code, found["closes"], found["not_closed"]), (found["verdict"], answers)
    faults = found["services"][ENGINE]["faults"]
    assert {"fired": 11, "events_due": 11, "events_arrived": 11, "events_excused": 0} == faults
    assert 2 == found["services"]["gateway"]["faults"]["events_arrived"]
    engine = of(found, ENGINE)
    assert (11, 11, 11, {}) == tuple(engine[name] for name in ("captured", "spooled", "received", "discarded"))
    target = engine["targets"]["bugsink"]
    assert (11, 8, 3, 0) == tuple(target[name] for name in ("offered", "delivered", "refused", "pending"))
    for service in (ENGINE, "gateway"):
        for kind in found["services"][service]["items"]:
            captured, accounted = balance(of(found, service, kind))
            assert captured == accounted, (service, kind)


def test_a_loss_is_shown_with_its_reason(open_house):
    """
    A spool of one file and a sink that answers 503: what the SDK gives up is discarded, counted, and explains what the
    faults are short of.
    """
    house = open_house(game_engine={"SPOOL_MAX_FILES": "1"})
    house.misbehave(mode="503", for_s=120)
    house.fire(CRASH, 20)
    wait_for(lambda: "crash_discarded_total" in house.http.get(house.url(ENGINE) + "/metrics").text, 60, "a loss")
    wait_for(lambda: waits_in_memory(house) == 0, 60, "the SDK's queue to be empty")
    house.behave()

    code, found = house.document()

    assert (0, []) == (code, found["not_closed"]), found["verdict"]
    engine = of(found, ENGINE)
    gone = engine["discarded"]
    assert {"network_error"} == set(gone)
    assert 20 == engine["captured"] == engine["received"] + gone["network_error"]
    assert 1 <= engine["spooled"] < 20
    assert f"{gone['network_error']} network_error" in found["verdict"]
    assert 20 - gone["network_error"] == found["services"][ENGINE]["faults"]["events_arrived"]


def waits_in_memory(house):
    """How many events wait in the engine's memory, as its metrics say."""
    lines = house.http.get(house.url(ENGINE) + "/metrics").text.splitlines()
    (line,) = [line for line in lines if line.startswith('crash_waiting{item_type="event"}')]
    return float(line.rpartition(" ")[2])


def test_what_is_stolen_is_missed(open_house, thief):
    """
    Somebody on the road answers 2xx and keeps every third event: the sum does not close, and says whose and how many.
    """
    thief.sink = "http://127.0.0.1:9"
    dsn = f"http://{INGEST_KEY}@127.0.0.1:{thief.server_port}/{PROJECTS[ENGINE]}"
    house = open_house(game_engine={"SENTRY_DSN": dsn})
    thief.sink = house.url("event-sink")
    house.fire(CRASH, 10)
    wait_for(lambda: thief.seen >= 10, 60, "ten events to pass")

    ended = house.account()
    code, found = house.document()

    assert (1, 1, 3) == (ended.returncode, code, thief.stolen), ended.stdout
    assert "DOES NOT CLOSE" in ended.stdout.splitlines()[-1]
    assert f"{ENGINE} event: 10 captured, 7 received, 0 discarded, 0 waiting: 3 are nowhere" in found["not_closed"]
    assert 3 == of(found, ENGINE)["missing"]
    assert "unknown" != of(found, ENGINE)["captured"]


def test_what_was_in_memory_dies_with_its_process_and_is_counted(open_house):
    """
    Transactions have no spool: those that a killed process had not sent are lost with it, and no other.
    """
    house = open_house(game_engine={"TRACES_SAMPLE_RATE": "1"})
    house.misbehave(mode="slow", ms=3000, for_s=120)
    house.fire(CRASH, 12)
    house.end(ENGINE, signal.SIGKILL)
    house.behave()
    house.start(ENGINE)

    code, found = house.document()

    assert (0, []) == (code, found["not_closed"]), found["verdict"]
    transactions = of(found, ENGINE, "transaction")
    assert transactions["lost_with_their_process"] > 0
    captured, accounted = balance(transactions)
    assert captured == accounted - transactions["arrived_all_the_same"]
    events = of(found, ENGINE)
    assert (12, 12, 0) == (events["captured"], events["received"], events["lost_with_their_process"])


def test_a_rollout_takes_its_book_along(open_house, tmp_path):
    """
    A pod that ends in order tells its last figures; the next one has a book of its own, and the sums are of both.
    """
    house = open_house()
    house.fire(CRASH, 4)
    assert 0 == house.end(ENGINE)
    (tmp_path / f"{ENGINE}-state").rename(tmp_path / "gone")
    house.start(ENGINE)
    house.fire(CRASH, 3)

    code, found = house.document()

    assert (0, 7, 7) == (code, of(found, ENGINE)["captured"], of(found, ENGINE)["received"]), found["verdict"]
    assert [] == found["services"][ENGINE]["unknown"]


def test_a_drill_ends_with_the_sums(open_house):
    """
    The line has what was fired and captured in this drill, not before.
    """
    house = open_house()
    house.fire(CRASH, 5)

    ended = house.drill(f"{ENGINE}/crash")

    report = json.loads(ended.stdout)
    assert (0, True) == (ended.returncode, report["green"]), ended.stderr
    assert report["account"].startswith(
        "CLOSES: 1 faults fired, 1 events due for them; 1 events captured: 1 received, 0 discarded, 0 waiting; "
    )


def test_no_sink_is_one_line(open_house):
    """
    What keeps it from being given ends with 2 and says the fix.
    """
    house = open_house()

    ended = house.account("--sink", "http://127.0.0.1:9")

    assert (2, "") == (ended.returncode, ended.stdout)
    (line,) = ended.stderr.splitlines()
    assert line.startswith("account cannot be given: no event sink at http://127.0.0.1:9")
