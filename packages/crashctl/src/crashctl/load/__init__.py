"""
``crashctl load``: seeded spins at a rate, and the proof that no money is lost. It runs beside a release for days, so it
imports the standard library and the command line, and nothing else.
"""
