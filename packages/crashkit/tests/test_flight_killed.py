"""
What is left of the flight record when the process is killed.
"""

import signal
import subprocess
import sys
from pathlib import Path

from crashctl.waiting import wait_for
from crashkit.flight.reading import read_flight
from crashkit.loading import load_catalogue

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CATALOGUE = Path(__file__).parent / "contract" / "catalog"

PROGRAM = """
import sys, time
from pathlib import Path
from crashkit.catalogue import Catalogue
from crashkit.flight import FlightRecord
from crashkit.flight.file import RecordFile
from crashkit.flight.gauge import MemoryGauge
from crashkit.loading import load_catalogue
from crashkit.run import Run
from crashkit.telemetry import tagged

# Of this process alone: what others on the machine take shall not count.
gauge = MemoryGauge(Path("/no/cgroup"))
record = FlightRecord(RecordFile(Path(sys.argv[1])), "till", "crash-demo@0.1.0", gauge)
record.tick()
with record.running(lambda: False):
    record.close(record.open("1" * 32, "2" * 16, "GET /before"))
    record.open("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "POST /debug/memory-leak")
    with tagged(Run(next(load_catalogue(Path(sys.argv[2])).cases("till")), "demo-1")):
        print("open", flush=True)
        held = []
        while True:
            held.append(bytearray(1 << 20))
            time.sleep(0.005)
"""


def test_a_process_that_is_killed_leaves_its_open_request(tmp_path):
    """
    After SIGKILL, in the middle of work, the file names the request that was open, its trace and its fault, and the
    memory of the last moments.
    """
    file = tmp_path / "termination-log"
    case = next(load_catalogue(CATALOGUE).cases("till"))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(file), str(CATALOGUE)], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert "open\n" == process.stdout.readline()

    def used_mib() -> float:
        flight = read_flight(file.read_text())
        return (flight and flight.memory("used_mib")) or 0

    first_mib = used_mib()
    wait_for(lambda: used_mib() > first_mib + 20, 30, "memory that grows in the record")

    process.send_signal(signal.SIGKILL)
    process.wait(30)

    flight = read_flight(file.read_text())
    (opened,) = flight.open
    assert -signal.SIGKILL == process.returncode
    assert (TRACE, SPAN, "POST /debug/memory-leak") == (opened.trace, opened.span, opened.route)
    assert (case.scenario_name, case.case_name, "demo-1") == (opened.scenario, opened.case, opened.run)
    assert flight.ended is None
    assert flight.memory("slope_mib_s") > 0
    process.stdout.close()
