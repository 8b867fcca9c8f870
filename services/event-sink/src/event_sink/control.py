"""
Health, metrics and the calls that change something.
"""

import hmac

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError

from event_sink.metrics import REGISTRY
from event_sink.misbehaviour import Order
from event_sink.reading import problem
from event_sink.sink import SINK, Sink

INDEX = """\
event-sink of crash-demo: keeps what the SDKs send, accounts for it, forwards it.

POST   /api/{project_id}/envelope/      what a DSN points to
GET    /api/v1/traces/{trace_id}        everything of one trace, with payloads
GET    /api/v1/events?trace=&service=&run=&scenario=&case=&type=&level=&event_id=&since_seq=&limit=
GET    /api/v1/events/{event_id}        one item with its payload
GET    /api/v1/envelopes/{envelope_id}  the bytes as they came
GET    /api/v1/accounts                 received, duplicates, rejected, discarded by SDKs, and each target
GET    /api/v1/books                    what each process told of its own, beside what came from it
GET    /api/v1/misbehaviour             what is in force (PUT, DELETE with a token)
GET    /healthz/live /healthz/ready /metrics
"""


async def index(_: web.Request) -> web.Response:
    """
    What can be asked here, for people.
    """
    return web.Response(text=INDEX)


async def live(request: web.Request) -> web.Response:
    """
    The process answers, and its writing thread is there.
    """
    if not request.app[SINK].writer.alive:
        return web.json_response({"status": "the writing thread has ended"}, status=503)
    return web.json_response({"status": "alive"})


async def ready(request: web.Request) -> web.Response:
    """
    Ready unless draining. A store that takes no writes is said here, and still answers questions.
    """
    sink = request.app[SINK]
    if sink.draining:
        return web.json_response({"status": "draining"}, status=503)
    return web.json_response({"status": "ready", "store": "writable" if sink.writer.available else "refuses writes"})


async def metrics(request: web.Request) -> web.Response:
    """
    The accounts for Prometheus.
    """
    text = generate_latest(request.app[REGISTRY])
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def show_misbehaviour(request: web.Request) -> web.Response:
    """
    The order in force.
    """
    return web.json_response(request.app[SINK].misbehaviour.state())


async def begin_misbehaviour(request: web.Request) -> web.Response:
    """
    Put an order in force, in place of the one before.
    """
    sink = request.app[SINK]
    if refusal := _refusal(sink, request):
        return refusal
    try:
        order = Order.model_validate_json(await request.read())
    except ValidationError as error:
        detail = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
        return problem(400, "Not an order", detail)
    sink.misbehaviour.begin(order)
    return web.json_response(sink.misbehaviour.state())


async def end_misbehaviour(request: web.Request) -> web.Response:
    """
    Behave again.
    """
    sink = request.app[SINK]
    if refusal := _refusal(sink, request):
        return refusal
    sink.misbehaviour.stop()
    return web.json_response(sink.misbehaviour.state())


def _refusal(sink: Sink, request: web.Request) -> web.Response | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = sink.settings.token.get_secret_value()
    if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode("utf-8", "replace"), expected.encode()):
        return None
    answer = problem(401, "Token missing or wrong", "send Authorization: Bearer <SINK_TOKEN>")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
