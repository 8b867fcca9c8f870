"""
The game's own routes, the probes and the metrics.
"""

from collections.abc import Awaitable, Callable

from crashkit import metrics
from crashkit.problem import Problem

from game_engine.failures import SpinFailedError
from game_engine.saga import Saga
from game_engine.spin import play, read_spin_id, read_stake
from game_engine.web import Handler

NO_PAYMENT = "payment is not part of this release, and no spin is played without it; set PAYMENT_URL where it is to be"


class MoneyHandler(Handler):
    """What concerns money: needs payment, and shows no variables to Sentry."""

    reports_variables = False

    def saga(self) -> Saga:
        """
        Give the saga.

        Raises:
            Problem: there is no payment.
        """
        if self.engine.money is None:
            self._reported = True  # a release without payment is no failure
            raise Problem(503, "not-in-release", NO_PAYMENT)
        return self.engine.money.saga

    async def answer_with(self, work: Callable[[], Awaitable[dict[str, object]]]) -> None:
        """Answer with what comes of the work, or with the problem it met."""
        try:
            self.answer(await work())
        except Problem as problem:
            self.refuse(problem)
        except SpinFailedError as failed:
            self.fail(failed, failed.problem, failed.context(), spin_id=failed.spin_id)


class SpinHandler(MoneyHandler):
    """``POST /spin``."""

    async def post(self) -> None:
        await self.answer_with(self._play)

    async def _play(self) -> dict[str, object]:
        stake = read_stake(self.request.body)
        saga = self.saga()
        spin = play(stake, self.engine.random)
        return {**spin.body(), **await saga.play(spin)}


class SpinStateHandler(MoneyHandler):
    """``GET /spins/{spin_id}``: what became of it."""

    async def get(self, spin_id: str) -> None:
        await self.answer_with(lambda: self.saga().look_up(read_spin_id(spin_id)))


class LiveHandler(Handler):
    """``GET /healthz/live``: the event loop turns."""

    traced = False

    def get(self) -> None:
        self.answer({"status": "live"})


class ReadyHandler(Handler):
    """``GET /healthz/ready``: new requests are welcome."""

    traced = False
    reports_5xx = False

    def get(self) -> None:
        if self.engine.lifecycle.accepts:
            self.answer({"status": "ready", "started_at": self.engine.lifecycle.started_at})
        else:
            self.answer({"status": "draining" if self.engine.lifecycle.draining else "starting"}, 503)


class MetricsHandler(Handler):
    """``GET /metrics``."""

    traced = False

    def get(self) -> None:
        self.set_header("Content-Type", metrics.MEDIA_TYPE)
        self.finish(self.engine.metrics.text())


class NotFoundHandler(Handler):
    """Every path that is not in the table."""

    def prepare(self) -> None:
        super().prepare()
        self.refuse(Problem(404, "unknown-path", f"There is no {self.request.path} here"))
