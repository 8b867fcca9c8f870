"""
A Python service as it is without flight record, spool and book: ``python -m tests.bench.without <module>``.

Its environment names neither ``TERMINATION_LOG`` nor ``STATE_DIR``. What is left is the book, which a service with a
DSN keeps in memory then: here it has none, and the SDK's own transport.
"""

import functools
import runpy
import sys

from crashkit import telemetry
from sentry_sdk.transport import HttpTransport

telemetry.start_sentry = functools.partial(telemetry.start_sentry, transport=HttpTransport)
telemetry.count_captured = lambda: None
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
