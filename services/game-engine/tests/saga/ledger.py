"""
A payment service in a hundred lines: the ledger of its contract, in memory, behind real HTTP that can fail.
"""

import asyncio
import json
from collections import defaultdict, deque
from contextlib import suppress

from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

OPENING = 10_000


class RefusedError(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class Ledger:
    """Append-only; at most one entry closes a charge."""

    def __init__(self):
        self.entries = []
        self.holds_s = {}

    @property
    def balance(self):
        return OPENING + sum(entry["amount"] for entry in self.entries)

    def of(self, kind):
        return [entry for entry in self.entries if entry["kind"] == kind]

    def charge(self, player_id, amount, key, hold_s):
        if player_id != "player-7":
            raise RefusedError(404, "unknown-player")
        if self._closing(key, "void"):
            raise RefusedError(409, "charge-void")
        if self._by_key(key):
            return
        if amount > self.balance:
            raise RefusedError(402, "insufficient-funds")
        self.holds_s[key] = hold_s
        self.entries.append({"kind": "charge", "key": key, "amount": -amount, "closes": None})

    def payout(self, amount, key, charge_key, **_player):
        if self._by_key(key):
            return
        if not self._by_key(charge_key):
            raise RefusedError(404, "unknown-charge")
        if self._closing(charge_key):
            raise RefusedError(409, "charge-closed")
        self.entries.append({"kind": "payout", "key": key, "amount": amount, "closes": charge_key})

    def refund(self, charge_key, **_player):
        if self._closing(charge_key, "payout"):
            raise RefusedError(409, "charge-closed")
        if not self._closing(charge_key):
            charge = self._by_key(charge_key)
            kind, amount = ("refund", -charge["amount"]) if charge else ("void", 0)
            self.entries.append({"kind": kind, "key": None, "amount": amount, "closes": charge_key})

    def end_holds(self):
        for entry in self.of("charge"):
            with suppress(RefusedError):
                self.refund(entry["key"])

    def state(self, key):
        charge, closing = self._by_key(key), self._closing(key)
        if not charge and not closing:
            raise RefusedError(404, "unknown-charge")
        status = {"payout": "closed", "refund": "refunded", "void": "void"}[closing["kind"]] if closing else "held"
        more = {"payout": {"key": closing["key"], "amount": closing["amount"]}} if status == "closed" else {}
        return {"key": key, "player_id": "player-7", "amount": -charge["amount"] if charge else 0,
                "status": status, **more}  # fmt: skip

    def _by_key(self, key):
        return next((entry for entry in self.entries if entry["key"] == key), None)

    def _closing(self, key, kind=None):
        return next((e for e in self.entries if e["closes"] == key and kind in {None, e["kind"]}), None)


class Peer:
    """
    A service behind real HTTP. ``fail`` says how the next calls of a path fail:
    ``lost`` before anything is done, ``answer-lost`` after it, ``silent`` after it without an end of the connection,
    ``late`` done only once nobody waits any more, ``error`` 500, ``nonsense`` 200 that says nothing, ``proxy`` 404 of
    something in between.
    """

    def __init__(self, act):
        self.act = act
        self.calls = []
        self.failures = defaultdict(deque)
        self.later = []
        self.before = {}
        self.refuse = {}
        self.released = asyncio.Event()
        listener, port = bind_unused_port()
        self.server = HTTPServer(Application([("(/.*)", _Handler, {"peer": self})]))
        self.server.add_socket(listener)
        self.url = f"http://127.0.0.1:{port}"

    def always_refuse(self, path, status, code):
        def refuse(_path, _body):
            raise RefusedError(status, code)

        self.refuse[path] = refuse

    def fail(self, path, *modes):
        self.failures[path].extend(modes)

    def paths(self):
        return [path for _method, path, _headers, _body in self.calls]

    async def close(self):
        self.released.set()
        self.server.stop()
        await self.server.close_all_connections()


class _Handler(RequestHandler):
    def initialize(self, peer):
        self.peer = peer

    async def get(self, path):
        await self.post(path)

    async def post(self, path):
        body = json.loads(self.request.body) if self.request.body else {}
        self.peer.calls.append((self.request.method, path, dict(self.request.headers), body))
        self.peer.before.get(path, bool)()
        waiting = self.peer.failures[path]
        mode = waiting.popleft() if waiting else None
        if mode == "lost":
            self.request.connection.stream.close()
        elif mode == "late":
            self.peer.later.append(lambda: self.peer.act(path, body))
            await self.peer.released.wait()
        elif mode in {"error", "nonsense", "proxy"}:
            self.set_status({"error": 500, "nonsense": 200, "proxy": 404}[mode])
            self.finish("<html>")
        else:
            self._act(path, body)
            if mode == "answer-lost":
                self.request.connection.stream.close()
            elif mode == "silent":
                await self.peer.released.wait()
            else:
                self.finish(self.answer)

    def _act(self, path, body):
        try:
            self.answer = self.peer.refuse.get(path, self.peer.act)(path, body)
        except RefusedError as refused:
            self.set_status(refused.status)
            self.answer = {"type": f"urn:crash-demo:problem:{refused.code}", "status": refused.status, "detail": "no"}


def payment(ledger):
    moves = {"/charges": ledger.charge, "/payouts": ledger.payout, "/refunds": ledger.refund}

    def act(path, body):
        if path in moves:
            moves[path](**body)
            return {"balance": ledger.balance}
        return ledger.state(path.removeprefix("/charges/"))

    return Peer(act)


def analytics(stored):
    def act(_path, body):
        stored.setdefault(body["spin_id"], body)
        return body

    return Peer(act)
