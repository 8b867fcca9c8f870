"""
What is written from the catalogue: the schema for editors, the page of the API, the runbook, the
README's table.

A page is a head, written by hand in ``heads/``, and a body, one part a scenario. Nothing here reads a cluster.
"""
