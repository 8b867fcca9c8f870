"""
A release in one small server: wallets, a ledger and spins, which can lose an answer or cheat.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from http.server import ThreadingHTTPServer

import pytest
from crashctl.proof.http import Handler, serving
from crashctl.waiting import wait_for


class Release(ThreadingHTTPServer):
    """Answers what a load asks; every third spin wins twice its stake."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Road)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.lock = threading.Lock()
        self.ledger = defaultdict(list)
        self.spins = []
        self.ways = {}
        self.cheat = 0
        self.pause_s = 0
        self.paused = 0
        self.never = threading.Event()

    def open(self, player, opening):
        if not self.ledger[player]:
            self.add(player, "opening", "opening", None, opening)
        return 200 if self.ledger[player][0]["amount"] == opening else 409

    def add(self, player, kind, key, closes, change):
        entries = self.ledger[player]
        balance = (entries[-1]["balance"] if entries else 0) + change
        entries.append(
            {
                "seq": len(entries) + 1,
                "kind": kind,
                "key": key,
                "closes": closes,
                "amount": abs(change),
                "balance": balance,
            }
        )

    def spin(self, player, stake):
        number = len(self.spins)
        spin_id, win = f"{number:016x}", 0 if number % 3 else 2 * stake
        self.spins.append((player, stake))
        way = self.ways.get(number)
        if way == "refused":
            return 402, {"type": "urn:crash-demo:problem:insufficient-funds", "detail": "no"}
        self.add(player, "charge", spin_id, None, -stake - self.cheat)
        if way in {"returned", "returned-unsaid"}:
            self.add(player, "refund", None, spin_id, stake)
        else:
            self.add(player, "payout", f"{spin_id}:win", spin_id, win)
        if way in {"open", "returned"}:
            return 503, {"spin_id": spin_id}
        if way in {"unsaid", "returned-unsaid"}:
            return None, {}
        return 200, {"spin_id": spin_id, "win": win, "recorded": True}

    def state(self, spin_id):
        number = int(spin_id, 16)
        _player, stake = self.spins[number]
        if self.ways.get(number) == "returned":
            return {"state": "returned"}
        return {"state": "settled", "stake": stake, "win": 0 if number % 3 else 2 * stake}


class Road(Handler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def respond(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        *_, kind, last = self.path.partition("?")[0].split("/")
        if last == "spin":
            self.server.paused += bool(self.server.pause_s)
            self.server.never.wait(self.server.pause_s)
        with self.server.lock:
            status, found = self._found(kind, last, body)
        if status is None:
            self.close_connection = True
            return
        self.answer(status, json.dumps(found).encode())

    def _found(self, kind, last, body):
        server = self.server
        if last == "spin":
            return server.spin(body["player_id"], body["stake"])
        if kind == "spins":
            return 200, server.state(last)
        if self.command == "PUT":
            return server.open(last, body["opening"]), {}
        entries = server.ledger[last]
        if kind == "ledger":
            after = int(self.path.partition("after_seq=")[2].partition("&")[0])
            return 200, {"entries": [entry for entry in entries if entry["seq"] > after][:500]}
        return 200, {"balance": entries[-1]["balance"], "seq": entries[-1]["seq"]}

    do_GET = do_POST = do_PUT = respond


@pytest.fixture
def release():
    with serving(Release()) as server:
        yield server


@pytest.fixture
def load(release):
    """Run the command to its end, or start it."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-m", "crashctl", "load", "--url", release.url, *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
        )
        started.append(process)
        return process

    def run(*arguments):
        process = start("--json", *arguments)
        out, err = process.communicate(timeout=60)
        return process.returncode, json.loads(out) if out else None, err

    run.start = start
    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def ended():
    """Wait until it plays, tell it to end, and give what it said."""

    def end(process, release, spins):
        wait_for(lambda: len(release.spins) >= spins, 20, f"{spins} spins")
        process.send_signal(signal.SIGTERM)
        out, _err = process.communicate(timeout=30)
        return process.returncode, out

    return end
