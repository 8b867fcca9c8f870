"""
How a service talks to Sentry: what is sampled, what every event carries, and that ours cannot lose one.
"""

import logging
import socket
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.transport import Transport
from sentry_sdk.utils import BadDsn, current_stacktrace, event_from_exception

from crashkit.accounts.book import Book
from crashkit.accounts.transport import BookedTransport, book_here, booking, count_captured
from crashkit.flight import note_breadcrumb, note_fault
from crashkit.run import Run, RunEnded
from crashkit.runtime_context import RuntimeContext
from crashkit.scrubbing import keep_secret, scrub_or_reduce
from crashkit.settings import ServiceSettings, SettingsError
from crashkit.spool.opening import open_spool
from crashkit.spool.store import Store
from crashkit.spool.transport import SpoolTransport, spooling

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint, SamplingContext

LOG = logging.getLogger(__name__)
FLUSH_S = 2.0
# A backlog that gets smaller is sent on for so long at the end; grace period and drain leave room for it.
LONGEST_FLUSH_S = 5.0
# What earlier processes left is sent before this one is ready, unless it takes longer.
RECOVER_S = 5.0
# The SDK does not cut strings by itself, and Sentry refuses an event above 1 MiB.
MAX_VALUE_LENGTH = 1024
NO_TRACE = f"{0:032x}-{0:016x}"
# What these loggers report with an error has passed every handler: nobody has handled it.
LAST_RESORTS = frozenset({"asyncio", "concurrent.futures"})

Sampler = Callable[["SamplingContext"], float]


def start_sentry(
    settings: ServiceSettings,
    service: str,
    runtime: RuntimeContext,
    integrations: Sequence[Integration],
    sampler: Sampler,
    *,
    last_resorts: Collection[str] = (),
    transport: type[Transport] | None = None,
) -> Store | None:
    """
    Start the SDK of this process, and send what earlier processes could not.

    AsyncioIntegration stays off: it reports every failing task, so that one failing TaskGroup becomes several events.
    What it would add rightly, a task that nobody awaits, is reported by :mod:`crashkit.offpath` (docs/decisions).

    Args:
        settings: DSN, release, environment, names of the pod.
        service: value of the tag ``service``; its package has the same name, with underscores.
        runtime: reads the context ``runtime``.
        integrations: of the web framework; nothing is enabled because it happens to be installed.
        sampler: the share of a trace to keep, 0 to 1.
        last_resorts: loggers of the web framework through which it reports what nobody handled.
        transport: in place of the one with the spool, where envelopes shall go elsewhere.

    Returns:
        The spool, for ``/metrics``; none where there is no DSN or no folder for it.

    Raises:
        SettingsError: the DSN is none.
    """
    dsn = settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else None
    book = Book(settings.state_dir) if dsn and transport is None else None
    spool = open_spool(settings, book) if book else None
    count_captured()
    try:
        sentry_sdk.init(
            dsn=dsn,
            release=settings.sentry_release,
            environment=settings.sentry_environment,
            server_name=settings.pod_name,
            integrations=list(integrations),
            auto_enabling_integrations=False,
            traces_sampler=sampler,
            profile_session_sample_rate=1.0,
            profile_lifecycle="manual",
            max_value_length=MAX_VALUE_LENGTH,
            # What callers send holds names and amounts, which no event shows.
            max_request_body_size="never",
            # In an image our code is among the installed packages, which the SDK takes for other people's.
            in_app_include=[service.replace("-", "_")],
            in_app_exclude=["crashkit"],
            before_breadcrumb=note_breadcrumb,
            before_send=_completes(runtime, LAST_RESORTS.union(last_resorts)),
            before_send_transaction=_scrubs,
            transport=spooling(spool, book) if spool else booking(book) if book else transport,
        )
    except BadDsn as error:
        raise SettingsError(f"SENTRY_DSN: {error}; it has the form http://<key>@<host>/<project>") from None
    ignore_logger(__name__)
    keep_secret(settings.secrets())
    sentry_sdk.get_global_scope().set_tag("service", service)
    if (spooled := _spooled()) is not None:
        spooled.sender.recover(RECOVER_S)
    elif dsn and transport is None:
        LOG.warning("no spool: STATE_DIR names no folder; an event that is not sent yet is lost with its process")
    if isinstance(booked := sentry_sdk.get_client().transport, BookedTransport):
        booked.tell(service=service, instance=settings.pod_name or socket.gethostname())
    return spool


def sampler(
    rate: float, is_fault: Callable[["SamplingContext"], bool], is_control: Callable[["SamplingContext"], bool]
) -> Sampler:
    """
    Make the sampler of a service: faults always, probes never, the rest as the caller decided or by the rate.

    Args:
        rate: share of the traces that begin here, 0 to 1.
        is_fault: whether a request fires a fault.
        is_control: whether a request is a probe, a scrape or a control call.
    """

    def decide(context: "SamplingContext") -> float:
        if is_control(context):
            return 0.0
        if is_fault(context):
            return 1.0
        parent = context.get("parent_sampled")
        return rate if parent is None else float(parent)

    return decide


@contextmanager
def tagged(run: Run) -> Iterator[None]:
    """Put the run's tags on all that is captured inside and that it starts, note it in the flight record, count it."""
    note_fault(run)
    scope = sentry_sdk.get_isolation_scope()
    scope.set_tag("scenario", run.case.scenario_name)
    if run.case.case_name:
        scope.set_tag("case", run.case.case_name)
    scope.set_tag("run", run.tag)
    with _counted(run):
        yield


def capture_unhandled(error: BaseException, mechanism: str, *, with_stack: bool = False) -> None:
    """
    Report an error that nobody caught, where no integration of the SDK does.

    Args:
        error: what was raised.
        mechanism: where it was raised, as Sentry's ``mechanism.type``.
        with_stack: whether the stack of this call stands for that of the error, which was never raised.
    """
    options = sentry_sdk.get_client().options
    event, hint = event_from_exception(error, client_options=options, mechanism={"type": mechanism, "handled": False})
    if with_stack:
        event["exception"]["values"][-1]["stacktrace"] = current_stacktrace(max_value_length=MAX_VALUE_LENGTH)
    sentry_sdk.capture_event(event, hint=hint)


def stop_sentry(spare_s: float = 0.0) -> None:
    """
    Send what is queued: for two seconds, and on to five while it gets less. What is left stays in the spool.

    Args:
        spare_s: so much longer for events that cannot be sent yet, as a deleted pod takes its spool along (seconds).
    """
    client = sentry_sdk.get_client()
    ends = time.monotonic() + LONGEST_FLUSH_S + spare_s
    client.flush(timeout=FLUSH_S)
    if (spooled := _spooled()) is not None:
        spooled.sender.flush(spare_s)
        spooled.sender.flush_on(ends - time.monotonic())
    client.close(timeout=0)


def trace_id() -> str | None:
    """
    Give the 32 hex digits of the trace that this code runs on; none without the SDK.
    """
    traceparent = sentry_sdk.get_traceparent()
    return traceparent.partition("-")[0] if traceparent else None


@contextmanager
def _counted(run: Run) -> Iterator[None]:
    book = book_here()
    if book is None:
        yield
        return
    stopped = False
    book.fired(run.case.id)
    try:
        yield
    except RunEnded:
        stopped = True
        raise
    finally:
        book.fired_to_the_end(run.case.id, stopped=stopped)


def _spooled() -> SpoolTransport | None:
    transport = sentry_sdk.get_client().transport
    return transport if isinstance(transport, SpoolTransport) else None


def trace_and_span() -> tuple[str, str]:
    """
    Give trace (32 hex digits) and span (16) that this code runs on; zeros without the SDK.
    """
    span = sentry_sdk.get_current_span()
    if span is not None:
        return span.trace_id, span.span_id
    trace, _, rest = (sentry_sdk.get_traceparent() or NO_TRACE).partition("-")
    return trace, rest.partition("-")[0]


def _completes(runtime: RuntimeContext, last_resorts: Collection[str]) -> Callable[["Event", "Hint"], "Event"]:
    """
    Make ``before_send``. A mistake in it must not cost the event: the event goes out with a note.
    """

    def before_send(event: "Event", hint: "Hint") -> "Event":
        try:
            contexts: dict[str, Any] = event.setdefault("contexts", {})  # Any: as the SDK types it
            contexts["runtime"] = {**contexts.get("runtime", {}), **runtime.read()}
            if runtime.kubernetes:
                contexts["k8s"] = dict(runtime.kubernetes)
            if event.get("logger") in last_resorts:
                _mark_unhandled(event)
        except Exception as error:  # noqa: BLE001 - an event without its context beats no event
            event.setdefault("extra", {})["before_send_failed"] = repr(error)
            LOG.warning("an event goes out without its runtime context: %r", error)
        return _scrubs(event, hint)

    return before_send


def _scrubs(event: "Event", _hint: "Hint") -> "Event":
    """Send nothing that nobody may read; last, so that it sees all that is sent."""
    clean: Event = scrub_or_reduce(event)
    return clean


def _mark_unhandled(event: "Event") -> None:
    for exception in event.get("exception", {}).get("values", [])[-1:]:
        exception.setdefault("mechanism", {"type": "logging"})["handled"] = False
