"""
The flight record: what is in the file at each moment, and what is left of it when the process is killed.
"""

import json
import re
import threading
from pathlib import Path
from time import time

import pytest
import sentry_sdk
from crashkit.catalogue import BoundCase
from crashkit.flight import FlightRecord, start_flight
from crashkit.flight.file import MOST_BYTES, RecordFile
from crashkit.flight.gauge import MemoryGauge, in_motion
from crashkit.loading import load_catalogue
from crashkit.run import Run
from crashkit.settings import ServiceSettings
from crashkit.telemetry import tagged

CATALOGUE = load_catalogue(Path(__file__).parent / "contract" / "catalog")
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
MIB = 1024 * 1024


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "termination-log"


@pytest.fixture
def record(file: Path) -> FlightRecord:
    return FlightRecord(RecordFile(file), "till", "crash-demo@0.1.0")


def a_case() -> BoundCase:
    return next(CATALOGUE.cases("till"))


def told(file: Path) -> dict:
    """Read the file as the kubelet takes it; it is always one whole object."""
    text = file.read_text()
    assert len(text.encode()) <= MOST_BYTES
    assert re.fullmatch(r"\{[^\n]*\}\n *", text)
    return json.loads(text)


def test_a_request_is_told_while_it_is_open(record, file):
    """
    From its opening until its close a request is in the file, with its trace, its route and when it began.
    """
    opened = record.open(TRACE, SPAN, "POST /spin")
    during = told(file)
    record.close(opened)
    record.tick()
    after = told(file)

    (entry,) = during["open"]
    assert {"trace": TRACE, "span": SPAN, "route": "POST /spin"}.items() <= entry.items()
    assert abs(during["updated_at"] - entry["since"]) < 1
    assert ([], 1, 1) == (after["open"], during["opened"], after["opened"])
    assert {"trace": TRACE, "route": "POST /spin"}.items() <= after["last"].items()
    assert after["last"]["until"] >= entry["since"]


def test_a_fault_names_its_scenario_and_stands_first(record, file):
    """
    A request that fires a fault is told with scenario, case and run, before requests that are newer.
    """
    run = Run(a_case(), "demo-1")
    fault = record.open(TRACE, SPAN, "POST /debug/crash")
    record.fault(fault, run)
    record.open("1" * 32, "2" * 16, "POST /spin")

    first, second = told(file)["open"]
    assert {"scenario": run.case.scenario_name, "case": run.case.case_name, "run": "demo-1"}.items() <= first.items()
    assert (TRACE, "1" * 32) == (first["trace"], second["trace"])


def test_a_fault_that_holds_something_stays(record, file):
    """
    What a fault took is on its trace also after its answer, and no longer than it is held.
    """
    run = Run(a_case(), "demo-1")
    fault = record.open(TRACE, SPAN, "POST /debug/memory-leak")
    record.fault(fault, run)
    run.hold(lambda: None)
    record.close(fault)
    held = told(file)["open"]
    run.end_hold()
    record.tick()

    assert [TRACE] == [entry["trace"] for entry in held]
    assert held[0]["held_since"] >= held[0]["since"]
    assert [] == told(file)["open"]


def test_the_newest_eight_are_told(record, file):
    """
    However many are open, the newest eight are in the file, the newest first.
    """
    for number in range(20):
        record.open(f"{number:032x}", SPAN, "POST /spin")

    assert [f"{number:032x}" for number in range(19, 11, -1)] == [entry["trace"] for entry in told(file)["open"]]


def test_breadcrumbs_are_scrubbed_and_cut(sentry, record, file):
    """
    The last five breadcrumbs of the newest fault are told, with nothing in them that nobody may read.
    """
    sentry.start()
    opened = record.open(TRACE, SPAN, "POST /debug/crash")
    with tagged(Run(a_case(), "demo-1")):
        for number in range(7):
            sentry_sdk.add_breadcrumb(category="till", message=f"step {number}")
        sentry_sdk.add_breadcrumb(category="till", message="card 4111 1111 1111 1111 of ada@example.com " + "x" * 200)

    crumbs = told(file)["breadcrumbs"]
    assert ["step 3", "step 4", "step 5", "step 6"] == [crumb["message"] for crumb in crumbs[:-1]]
    assert crumbs[-1]["message"].startswith("card [Filtered] of [Filtered] xxx")
    assert 120 == len(crumbs[-1]["message"])
    assert opened.run is not None


def test_what_is_too_long_loses_breadcrumbs_first_and_then_routes(record, file):
    """
    The traces stay whatever happens; the oldest breadcrumbs go first.
    """
    opened = [record.open(f"{n:032x}", SPAN, "POST /" + "r" * 100) for n in range(8)]
    for number in range(5):
        opened[-1].add_breadcrumb("till", f"{number} " + "\N{GREEK SMALL LETTER ALPHA}" * 118)
    record.write()
    without_some = told(file)
    for n in range(8, 16):
        record.open(f"{n:032x}", SPAN, "POST /" + "s" * 600)
    without_routes = told(file)

    assert 8 == len([entry for entry in without_some["open"] if "route" in entry])
    assert ["4"] == [crumb["message"][0] for crumb in without_some["breadcrumbs"]][-1:]
    assert 5 > len(without_some["breadcrumbs"])
    assert [f"{n:032x}" for n in range(15, 7, -1)] == [entry["trace"] for entry in without_routes["open"]]
    assert [] == [entry for entry in without_routes["open"] if "route" in entry]
    assert [] == without_routes["breadcrumbs"]


@pytest.mark.parametrize("version", [1, 2])
def test_memory_is_that_of_the_container(version, tmp_path, file):
    """
    Use, limit, peak, slope and kills are read from the kernel's files of either version, again at each tick.
    """
    names = {
        1: ("memory/memory.usage_in_bytes", "memory/memory.limit_in_bytes", "memory/memory.max_usage_in_bytes",
            "memory/memory.oom_control"),
        2: ("memory.current", "memory.max", "memory.peak", "memory.events"),
    }[version]  # fmt: skip
    (tmp_path / "memory").mkdir()

    def lay_out(used_mib: int, kills: int) -> None:
        texts = (used_mib * MIB, 256 * MIB, used_mib * MIB, f"oom 7\noom_kill {kills}")
        for name, text in zip(names, texts, strict=True):
            (tmp_path / name).write_text(f"{text}\n")

    seconds = iter((0.0, 2.0))
    lay_out(100, 0)
    record = FlightRecord(RecordFile(file), "till", "1", MemoryGauge(tmp_path, lambda: next(seconds)))
    record.tick()
    lay_out(130, 1)
    record.tick()

    memory = told(file)["memory"]
    wanted = {"used_mib": 130.0, "limit_mib": 256.0, "peak_mib": 130.0, "slope_mib_s": 15.0, "oom_kills": 1}
    assert abs(time() - memory.pop("oom_killed_at")) < 60
    assert wanted == memory


def test_without_a_cgroup_it_is_that_of_the_process(tmp_path, file):
    """
    Outside of a container the resident memory is told, and no limit.
    """
    record = FlightRecord(RecordFile(file), "till", "1", MemoryGauge(tmp_path))
    record.tick()

    memory = told(file)["memory"]
    assert 5 < memory["used_mib"] < 2000
    assert (None, None, None) == (memory["limit_mib"], memory["peak_mib"], memory["oom_kills"])


@pytest.mark.parametrize(("asked", "how"), [(True, "sigterm"), (False, "exit")])
def test_an_orderly_end_is_told(asked, how, record, file):
    """
    A process that ends by itself says so, and whether it was asked to.
    """
    with record.running(lambda: asked):
        during = told(file) if record.write() is None else {}

    assert during["ended"] is None
    assert how == told(file)["ended"]["how"]


def test_an_end_by_an_error_is_told(record, file):
    """
    An error that leaves the program is told as such.
    """
    with pytest.raises(KeyError), record.running(lambda: False):
        raise KeyError("joker")

    assert "exception" == told(file)["ended"]["how"]


def test_many_threads_leave_one_whole_record(record, file):
    """
    Requests that open and close at once never leave half a record.
    """
    seen = []

    def work(number: int) -> None:
        for turn in range(200):
            opened = record.open(f"{number:016x}{turn:016x}", SPAN, "POST /" + "x" * (turn % 50))
            record.close(opened)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with record._lock:
            seen.append(told(file)["opened"])
    record.tick()

    assert sorted(seen) == seen
    assert (1200, []) == (told(file)["opened"], told(file)["open"])


@pytest.mark.parametrize("place", [None, "away/termination-log", "."])
def test_no_record_is_no_reason_not_to_serve(place, tmp_path, monkeypatch, caplog):
    """
    Without a file, or with one that cannot be written, requests are served as ever; it is said once.
    """
    monkeypatch.setenv("PORT", "8099")
    monkeypatch.setenv("CATALOG_DIR", str(tmp_path))
    if place:
        monkeypatch.setenv("TERMINATION_LOG", str(tmp_path / place))
    record = start_flight(ServiceSettings(), "till")

    with record.running(lambda: False):
        record.close(record.open(TRACE, SPAN, "POST /spin"))
        record.close(record.open(TRACE, SPAN, "POST /spin"))
        record.tick()

    assert (1 if place else 0) == caplog.text.count("no flight record")


@pytest.mark.parametrize(
    ("used", "before", "limit", "moves"),
    [
        (74.9, 74.9, 100.0, False),
        (75.0, 75.0, 100.0, True),
        (20.0, 19.0, 100.0, True),
        (20.0, 19.1, 100.0, False),
        (20.0, 40.0, 100.0, False),
        (20.0, None, 100.0, False),
        (2000.0, 1000.0, None, False),
        (None, None, 100.0, False),
    ],
)
def test_memory_is_read_often_where_it_may_be_full_soon(used, before, limit, moves):
    """
    Near the limit, or growing by a MiB from one reading to the next; without a limit never.
    """
    assert moves is in_motion({"used_mib": used, "limit_mib": limit}, {"used_mib": before})


def test_a_fault_is_told_often_from_its_beginning_to_its_end(record):
    """
    The ticking thread waits no longer once a fault begins, and is calm again when nothing of it is left.
    """
    opened = record.open(TRACE, SPAN, "POST /debug/crash")
    record.tick()
    before = record.at_risk

    record.fault(opened, Run(a_case(), "demo-1"))
    during = record.at_risk
    record.close(opened)
    record.tick()

    assert (False, True, False) == (before, during, record.at_risk)
