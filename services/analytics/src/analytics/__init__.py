"""
What was staked and won, stored and summed up, and the faults that a FastAPI service with a database can have.
"""
