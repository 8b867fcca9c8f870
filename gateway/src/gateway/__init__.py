"""
The one door of the release: proxies the services, guards the fault surface, serves the catalogue.
"""
