"""
Logs for machines: one line of JSON a record, a traceback included.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sentry_sdk.integrations.logging import ignore_logger

from crashkit.scrubbing import scrub_or_hide

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

LOG = logging.getLogger(__name__)


def start_logging(service: str, trace_id: Callable[[], str | None]) -> None:
    """
    Write every record of this process to standard error, and what Python itself would print there: warnings, and
    errors that ended a thread or were raised to nobody.

    Args:
        service: member ``service`` of each line.
        trace_id: gives the trace that the logging code runs on.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service, trace_id))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # The SDK's sender warns at each attempt of each envelope while Sentry is away; the sink counts what was lost.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    ignore_logger(__name__)  # these errors have their events already
    threading.excepthook = _thread_ended
    sys.unraisablehook = _raised_to_nobody


def _thread_ended(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None and not isinstance(found.exc_value, SystemExit):
        LOG.error("the thread %s ended by an error", found.thread and found.thread.name, exc_info=found.exc_value)


def _raised_to_nobody(found: "UnraisableHookArgs") -> None:
    LOG.error("%s: %r", found.err_msg or "an error was raised to nobody", found.object, exc_info=found.exc_value)


class JsonLines(logging.Formatter):
    """
    Formats a record as one line, without what nobody may read: whoever keeps logs keeps them for long.

    Args:
        service: member ``service`` of each line.
        trace_id: gives the trace that the logging code runs on.
    """

    def __init__(self, service: str, trace_id: Callable[[], str | None]) -> None:
        super().__init__()
        self._service = service
        self._trace_id = trace_id

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": scrub_or_hide(record.getMessage()),
        }
        if trace_id := self._trace_id():
            line["trace_id"] = trace_id
        if record.exc_info:
            line["exception"] = scrub_or_hide(self.formatException(record.exc_info))
        return json.dumps(line)
