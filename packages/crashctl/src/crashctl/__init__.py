"""
The tool of developers and operators: it makes and removes the cluster, drills a release, and generates what
is written from the catalogue.

No service image holds it. What a running service needs belongs in crashkit.
"""
