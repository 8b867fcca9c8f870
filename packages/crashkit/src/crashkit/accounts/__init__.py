"""
The book of a process: what it fired, captured, sent, discarded and still holds, counted once each (docs/accounts.md).

What belongs here counts, keeps the counts over the death of the process, shows them on ``/metrics`` and tells them to
the event sink, which holds them against what it has received. Nothing here decides what is sent.
"""
