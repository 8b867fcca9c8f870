"""
What a test proves about captured items, in one place for all services: well-formed, free of values, grouped rightly.

No command uses it. It reads payloads as an SDK sent them or as the sink gives them.
"""
