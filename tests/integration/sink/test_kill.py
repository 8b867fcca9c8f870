"""
A sink that is killed, a disk that is full.
"""

import json
import shutil
import signal
import threading
import uuid

import httpx
import pytest
from crashctl.proof.sink import SinkProcess
from crashctl.waiting import wait_for

KEY = "0123456789abcdef" * 2
MIB = 1024 * 1024


@pytest.mark.parametrize("attempt", range(3))
def test_what_was_answered_survives_sigkill(make_sink, target, event, attempt):
    """
    Eight senders at full speed, then SIGKILL: every event that got its 200 is there after the restart, the sums hold,
    and the target gets every one of them.
    """
    target.answers.extend([503] * 2)
    sink = make_sink(SINK_BUGSINK_URL=target.url).start()
    answered: list[str] = []
    url = f"{sink.url}/api/2/envelope/?sentry_key={KEY}"
    go_on = threading.Event()
    go_on.set()

    def send() -> None:
        with httpx.Client(timeout=20) as http:
            while go_on.is_set():
                event_id = uuid.uuid4().hex
                try:
                    answer = http.post(url, content=event(event_id))
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    answered.append(event_id)

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    wait_for(lambda: len(answered) > 100 + attempt * 37, 30, "a hundred answers")
    sink.end(signal.SIGKILL)
    go_on.clear()
    for sender in senders:
        sender.join(20)
    sink.start()

    stored: set[str] = set()
    since = 0
    while page := sink.get("/api/v1/events", since_seq=since, limit=1000)["items"]:
        stored |= {item["event_id"] for item in page}
        since = page[-1]["seq"]
    assert set() == set(answered) - stored
    wait_for(lambda: sink.accounts()["targets"]["bugsink"]["pending"] == 0, 60, "everything to be forwarded")
    accounts = sink.accounts()
    assert {"event": len(stored)} == accounts["received"] == accounts["targets"]["bugsink"]["delivered"]
    taken = {json.loads(body.split(b"\n")[0])["event_id"] for _, _, body in target.requests}
    assert stored == taken


def test_sigterm_ends_without_a_loss(sink, event):
    """
    After SIGTERM readiness says no, late requests are still taken, the exit code is 0, and the file is whole.
    """
    sink.post(event())
    sink.process.send_signal(signal.SIGTERM)

    statuses = set()
    late = 0
    while sink.process.poll() is None:
        try:
            statuses.add(sink.http.get(f"{sink.url}/healthz/ready").status_code)
            late += sink.post(event()).status_code == 200
        except httpx.TransportError:
            break

    assert sink.process.wait(20) == 0
    assert 503 in statuses
    assert ["draining", "stopped"] == [line["message"] for line in sink.lines()][-2:]
    assert [] == list(sink.folder.glob("*-wal"))
    sink.start()
    assert {"event": 1 + late} == sink.accounts()["received"]


def test_a_second_sink_waits_for_the_store(sink, event):
    """
    A pod's successor, on the same volume, takes nothing before the first has ended, and then knows all that it took.
    """
    sink.post(event())
    second = SinkProcess(sink.folder, runs=1)
    starting = threading.Thread(target=second.start)
    starting.start()
    try:
        wait_for(lambda: _says(second, "another sink has the store"), 20, "the second sink to wait")
        assert 200 == sink.post(event()).status_code

        sink.end(signal.SIGTERM)

        starting.join(30)
        assert {"event": 2} == second.accounts()["received"]
    finally:
        starting.join(30)
        second.close()


def _says(sink, words):
    log = sink.folder / f"sink-{sink.runs}.log"
    return log.exists() and any(words in line["message"] for line in sink.lines())


def test_a_full_disk_is_a_503_and_nothing_stored_is_lost(make_sink, event):
    """
    Where the file cannot grow, an envelope that does not fit is refused and counted; what was stored can be read, and
    with room again the sink goes on.
    """
    if not shutil.which("prlimit"):
        pytest.skip("prlimit (util-linux) limits the size of files")
    sink = make_sink().start(before=["prlimit", f"--fsize={MIB // 2}"])
    small = [uuid.uuid4().hex for _ in range(3)]
    assert [200] * 3 == [sink.post(event(event_id)).status_code for event_id in small]
    noise = [uuid.uuid4().hex for _ in range(20_000)]

    answer = sink.post(event(noise=noise))

    assert (503, "store_unavailable") == (answer.status_code, answer.json()["reason"])
    assert {"event": 3} == sink.accounts()["received"]
    assert all(sink.get(f"/api/v1/events/{event_id}") for event_id in small)
    assert {"store_unavailable": 1} == sink.accounts()["rejected"]
    sink.end(signal.SIGTERM)
    sink.start()
    assert 200 == sink.post(event(noise=noise)).status_code
    assert {"event": 4} == sink.accounts()["received"]


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"SINK_DB_PATH": "/nowhere/at/all/sink.sqlite3"}, "its folder must exist and be writable"),
        ({"SINK_INGEST_KEY": ""}, "SINK_INGEST_KEY: Field required"),
        ({"SINK_CATALOG_DIR": "/nowhere"}, "/nowhere/services.yaml has no list"),
        ({"SINK_UPSTREAM_DSN": "not a dsn"}, "SINK_UPSTREAM_DSN: Value error, the DSN has no http"),
    ],
)
def test_a_wrong_environment_is_one_clear_line(make_sink, env, message):
    """
    The sink does not start, exits with 2, and its last line names the variable or the path.
    """
    sink = make_sink(**env)

    with pytest.raises(AssertionError):
        sink.start()

    assert 2 == sink.process.wait(10)
    assert message in sink.lines()[-1]["message"]
