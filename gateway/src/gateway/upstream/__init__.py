"""
An HTTP/1.1 client for one purpose: hand a request to a service, byte for byte, exactly once, and stream its answer.

A general client does more than that (redirects, cookies, decoding, silent retries of a GET on a stale connection,
which would fire a fault twice); docs/decisions tells what that costs. No retry, no rewriting, no Sentry belongs here.
"""
