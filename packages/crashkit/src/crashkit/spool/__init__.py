"""
The spool: an event is a file before the SDK's call returns, and stays one until Sentry has answered 2xx.

What belongs here is the life of that file: its format (docs/spool.md), the bounds of its folder, sending it now, later
or after the next start. What is no event (transactions, sessions, logs) goes the SDK's own way.
"""
