"""
Requests per second through each proxy on one core, beside nginx in the same run: ``python -m tests.bench.gateway``.

The proxy has a core of its own; the load (wrk), the service behind (nginx with a constant answer) and the Sentry that
takes the envelopes share another. The proxies take turns, round by round, and the median counts. On a busy machine
trust the processor time for a request more than the rate.
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from tests.bench.contestants import PATH, ROOT, UPSTREAM_PORT, Contestant, behind, contestants

CONNECTIONS = 16
FIXES = {
    "nginx": "apt-get install nginx-light",
    "wrk": "apt-get install wrk",
    "taskset": "apt-get install util-linux",
}
CANNOT_RUN = 2
NEEDED_CORES = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the rounds and print the table; 2 when something is missing, with the fix."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gateway", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each proxy (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of a turn (default: 3)")
    parser.add_argument("--only", default="", help="names of proxies that contain this (nginx always runs)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    told = parser.parse_args(arguments)
    if missing := [f"{tool} is missing: {fix}" for tool, fix in FIXES.items() if shutil.which(tool) is None]:
        sys.stderr.write("\n".join(missing) + "\n")
        return CANNOT_RUN
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < NEEDED_CORES:
        sys.stderr.write("The benchmark needs two cores: one for the proxy, one for load and upstream\n")
        return CANNOT_RUN
    results = _measure(told.rounds, told.seconds, told.only, cores)
    sys.stdout.write(json.dumps(results, indent=2) + "\n" if told.json else _table(results))
    return 0


def _measure(rounds: int, seconds: int, only: str, cores: list[int]) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        stack.enter_context(_running(behind(folder), {}, UPSTREAM_PORT, cores[1]))
        chosen = [one for one in contestants(folder) if one.name == "nginx" or only in one.name]
        pids = {
            one.name: stack.enter_context(_running(one.command, dict(one.environment), one.port, cores[0]))
            for one in chosen
        }
        rates: dict[str, list[float]] = {one.name: [] for one in chosen}
        costs: dict[str, list[float]] = {one.name: [] for one in chosen}
        for turn in range(rounds + 1):
            for one in chosen:
                rate, cost = _turn(one, pids[one.name], 1 if turn == 0 else seconds, cores[1])
                if turn > 0:  # the first is for warming up
                    rates[one.name].append(rate)
                    costs[one.name].append(cost)
        resident = {one.name: _resident_mib(pids[one.name]) for one in chosen}
    base = statistics.median(rates["nginx"])
    return [
        {
            "proxy": one.name,
            "requests_per_s": round(statistics.median(rates[one.name])),
            "of_nginx": round(statistics.median(rates[one.name]) / base, 3),
            "cpu_us_per_request": round(statistics.median(costs[one.name]), 1),
            "resident_mib": resident[one.name],
        }
        for one in chosen
    ]


def _turn(one: Contestant, pid: int, seconds: int, core: int) -> tuple[float, float]:
    before = _cpu_s(pid)
    url = f"http://127.0.0.1:{one.port}{PATH}"
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in report:
        raise SystemExit(f"{one.name} answered with errors:\n{report}")
    requests = int(re.search(r"(\d+) requests in", report)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1]), (_cpu_s(pid) - before) / requests * 1e6


@contextmanager
def _running(command: tuple[str, ...], environment: dict[str, str], port: int, core: int) -> Iterator[int]:
    told = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(["taskset", "-c", str(core), *command], env=told, stderr=said)
        try:
            _wait_for_port(port, process, said)
            yield process.pid
        finally:
            process.terminate()
            process.wait(20)


def _wait_for_port(port: int, process: subprocess.Popen[bytes], said: TextIO) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said.seek(0)
            raise SystemExit(f"{process.args} ended before it listened on port {port}:\n{said.read()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listened on port {port} within 20 s")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def _cpu_s(pid: int) -> float:
    ticks = 0
    for member in _family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _resident_mib(pid: int) -> int:
    kib = 0
    for member in _family(pid):
        lines = Path(f"/proc/{member}/status").read_text().splitlines()
        kib += next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return round(kib / 1024)


def _table(results: list[dict[str, object]]) -> str:
    lines = [f"{'proxy':<24}{'requests/s':>11}{'of nginx':>10}{'CPU us/request':>16}{'resident MiB':>14}"]
    lines += [
        f"{row['proxy']:<24}{row['requests_per_s']:>11}{row['of_nginx']:>10}{row['cpu_us_per_request']:>16}"
        f"{row['resident_mib']:>14}"
        for row in results
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
