import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from coroner.outbox import Outbox

EVENT_ID = "0" * 32


class Wrong(ThreadingHTTPServer):
    """On its first connection somebody else answers, who knows no sink; on all others the sink does."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Road)
        self.connections = []
        self.taken = []


class Road(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.append(self.client_address)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_wrong = self.client_address == self.server.connections[0]
        if not is_wrong:
            self.server.taken.append(body)
        self.send_response(404 if is_wrong else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        return


@pytest.fixture
def road():
    server = Wrong()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_answer_that_is_not_the_sinks_is_not_asked_for_twice(road, tmp_path):
    """
    After an answer that means nothing the next attempt goes over a new connection, and the event arrives.
    """
    outcomes, delivered = [], []
    outbox = Outbox(f"http://key@127.0.0.1:{road.server_port}/6", tmp_path, outcomes.append, delivered.append)
    outbox.put(EVENT_ID, b"an envelope")

    assert not outbox.send_all()
    assert outbox.send_all()

    assert [b"an envelope"] == road.taken
    assert (["away", "delivered"], [EVENT_ID], []) == (outcomes, delivered, list(tmp_path.glob("*")))
