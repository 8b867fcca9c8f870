"""
Taking the books of processes, and showing them.
"""

import time

from aiohttp import web
from pydantic import ValidationError

from event_sink import books
from event_sink.accounts import by_target
from event_sink.books import Figures
from event_sink.ingest import check_sender
from event_sink.reading import problem
from event_sink.sink import SINK
from event_sink.writer import StoreUnavailableError

MOST_BYTES = 128 * 1024


async def receive_book(request: web.Request) -> web.Response:
    """
    Take what a process tells of its own items. It shows the key of its DSN, as for an envelope.
    """
    sink = request.app[SINK]
    if refusal := check_sender(sink, request):
        return refusal
    if (request.content_length or 0) > MOST_BYTES:
        return problem(413, "Too large", f"a book has at most {MOST_BYTES} bytes")
    try:
        figures = Figures.model_validate_json(await request.content.read(MOST_BYTES))
    except ValidationError as error:
        detail = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()[:5])
        return problem(422, "Not a book", detail)
    service, now = sink.service_of(int(request.match_info["project_id"])), time.time()
    try:
        await sink.writer.run(lambda connection, changes: books.keep(connection, changes, figures, service, now))
    except StoreUnavailableError as error:
        return problem(503, "Not stored", str(error))
    return web.json_response({})


async def show_books(request: web.Request) -> web.Response:
    """
    Every book with what came from it, and what became of it at each target.
    """
    sink = request.app[SINK]
    # Books first: what a process says was answered is then among the counts.
    told = await sink.reader.run(books.read)
    counts = sink.ledger.snapshot()
    found = books.view(told, counts)
    targets = {target.name: by_target(counts, target.name) for target in sink.targets}
    return web.json_response({"now": time.time(), **found, "targets": targets})
