"""
The database as this service sees it: a few statements, two ways to fail, and what of a statement may be told.

Only :mod:`analytics.database.driver` knows who answers (``lint-imports`` holds that). What is stored, and what it
means, belongs to :mod:`analytics.spins` and to the scenarios.
"""
