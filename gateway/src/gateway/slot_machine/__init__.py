"""
The page of the slot machine, seen from the gateway: its files, and what only a page in a browser asks for.

What callers without a browser use too (catalogue, faults, services) does not belong here.
"""
