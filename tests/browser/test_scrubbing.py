"""
What nobody may read, planted where the page can come by it: its address, what it throws, what it asks.
"""

import json
import sqlite3
import zlib

import pytest
from crashctl.proof import canaries
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

WITHIN_S = 30
BODY = json.dumps(canaries.body())
SENTENCE = f"{BODY} by {canaries.ADDRESSES['address in the query']}, {canaries.headers()['Cookie']}"
PLANTED = """sentence => {
  document.cookie = sentence
  const wrong = new TypeError(sentence, { cause: new RangeError(sentence) })
  setTimeout(() => { throw wrong })
  setTimeout(() => Promise.reject({ told: sentence, cvv: '7391' }))
  console.error(sentence)
  fetch('/api/v1/nowhere?' + new URLSearchParams({ token: sentence }), { method: 'POST', body: sentence })
  setTimeout(() => { throw new TypeError('after the request') }, 1000)
}"""


def test_the_page_sends_nothing_that_nobody_may_read(casino, visit):
    """
    Messages, causes, rejections, breadcrumbs of requests and of the console, and the page's own address: no byte of
    what was planted there is stored.
    """
    page = visit(casino.url("gateway")).page
    page.goto(f"{casino.url('gateway')}/?{canaries.query()}", wait_until="load")

    page.evaluate(PLANTED, SENTENCE)

    wait_for(lambda: len(casino.events()) == 3, WITHIN_S, "three events of the page")
    with sqlite3.connect(f"file:{casino.folder / 'sink.sqlite3'}?mode=ro", uri=True) as store:
        stored = [zlib.decompress(body) for (body,) in store.execute("SELECT body FROM envelopes")]
    assert [] == [(found, raw[:2000]) for raw in stored if (found := canaries.found(raw))]
    assert 3 <= sum(raw.count(b"[Filtered]") > 0 for raw in stored)
