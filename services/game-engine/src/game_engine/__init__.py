"""
The slot machine: the game itself, and the faults that a Tornado service can have.
"""
