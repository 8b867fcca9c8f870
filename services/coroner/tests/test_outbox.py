from http.server import ThreadingHTTPServer

import pytest
from coroner.outbox import Outbox
from crashctl.proof.http import Handler, serving

EVENT_ID = "0" * 32


class Wrong(ThreadingHTTPServer):
    """On its first connection somebody else answers, who knows no sink; on all others the sink does."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Road)
        self.connections = []
        self.taken = []


class Road(Handler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.append(self.client_address)

    def do_POST(self):
        body = self.body()
        is_wrong = self.client_address == self.server.connections[0]
        if not is_wrong:
            self.server.taken.append(body)
        self.answer(404 if is_wrong else 200)


@pytest.fixture
def road():
    with serving(Wrong()) as server:
        yield server


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
