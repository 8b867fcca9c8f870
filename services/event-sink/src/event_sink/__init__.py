"""
The service that every SDK's DSN points to: it stores an envelope before it answers, accounts for it and forwards it.

Here belongs what receives, keeps, counts, shows and forwards Sentry envelopes. What captures errors does not: the sink
knows no scenario and no SDK, only the wire format.
"""
