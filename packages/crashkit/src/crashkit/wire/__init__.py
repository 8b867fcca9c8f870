"""
What senders and takers of envelopes have in common: the envelope itself, the limits that an answer asks for, and how an
event is made smaller.

The event sink uses this too, which has no SDK: nothing here imports one.
"""
