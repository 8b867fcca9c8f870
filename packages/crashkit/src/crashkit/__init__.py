"""
What every Python service shares: the catalogue and its budgets, the guard of the fault surface, and how a
process talks to Sentry and to Kubernetes' probes.

It knows no web framework, no database and no cluster: what needs one of those belongs to the service.
"""
