"""
The game's own routes, the probes and the metrics.
"""

from crashkit import metrics
from crashkit.problem import Problem

from game_engine.spin import play, read_stake
from game_engine.web import Handler


class SpinHandler(Handler):
    """``POST /spin``."""

    def post(self) -> None:
        try:
            stake = read_stake(self.request.body)
        except Problem as problem:
            self.refuse(problem)
            return
        self.answer(play(stake, self.engine.random).body())


class LiveHandler(Handler):
    """``GET /healthz/live``: the event loop turns."""

    def get(self) -> None:
        self.answer({"status": "live"})


class ReadyHandler(Handler):
    """``GET /healthz/ready``: new requests are welcome."""

    reports_5xx = False

    def get(self) -> None:
        if self.engine.lifecycle.accepts:
            self.answer({"status": "ready"})
        else:
            self.answer({"status": "draining" if self.engine.lifecycle.draining else "starting"}, 503)


class MetricsHandler(Handler):
    """``GET /metrics``."""

    def get(self) -> None:
        self.set_header("Content-Type", metrics.MEDIA_TYPE)
        self.finish(self.engine.metrics.text())


class NotFoundHandler(Handler):
    """Every path that is not in the table."""

    def prepare(self) -> None:
        super().prepare()
        self.refuse(Problem(404, "unknown-path", f"There is no {self.request.path} here"))
