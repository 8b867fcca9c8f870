"""
``crashctl account``: holds what each process says of its own items against what the event sink has, and says whether
the sums close. Reading is apart from the sums, and these are pure.
"""
