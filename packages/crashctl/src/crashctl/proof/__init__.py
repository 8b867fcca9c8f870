"""
What a test proves about captured items, in one place for all services: well-formed, free of values, grouped rightly.
And how a test gets them: from the SDK of its own process, or from a service that runs as a process.

Of the commands only the drill uses it, for what it plants. It reads payloads as an SDK sent them or as the sink gives
them.
"""
