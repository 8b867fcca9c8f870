"""
What nobody catches in the page, of whatever kind it is and wherever it is thrown: one event each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from crashctl.proof.normaliser import marks
from crashctl.waiting import wait_for
from playwright.sync_api import Page

from .casino import Casino
from .visit import watched

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

WITHIN_S = 10
NUMBER = count()
# Whatever the page tells, it tells in order: no second event of the case comes after this one.
LAST = "setTimeout(() => { throw new Error('the last one') })"
VALUES = {
    "an error": "new TypeError('of the test')",
    "a text": "'of the test'",
    "a number": "7",
    "nothing": "undefined",
    "null": "null",
    "an object": "({ of: 'the test' })",
    "an object of itself": "(() => { const one = {}; one.self = one; return one })()",
    "a DOMException": "new DOMException('of the test', 'AbortError')",
    "an abort": "AbortSignal.abort().reason",
    "several": "new AggregateError([new TypeError('one'), new RangeError('two')], 'of the test')",
    "a cause of itself": "(() => { const one = new Error('of the test'); one.cause = one; return one })()",
    "a frozen error": "Object.freeze(new Error('of the test'))",
    "what has no text": "({ toString () { throw new Error('no text') } })",
    "what has no JSON": "({ toJSON () { throw new Error('no JSON') } })",
    "an error without a message": "Object.defineProperty(new Error(), 'message', { get () { throw new Error('no') } })",
    "a cause that cannot be read": (
        "Object.defineProperty(new Error('x'), 'cause', { get () { throw new Error('no') } })"
    ),
    "several that cannot be read": (
        "Object.defineProperty(new AggregateError([], 'x'), 'errors', { get () { throw new Error('no') } })"
    ),
    "a proxy that refuses all": "(() => { const one = Proxy.revocable({}, {}); one.revoke(); return one.proxy })()",
    "without a prototype": "Object.create(null)",
    "a symbol": "Symbol('of the test')",
    "an event": "new CustomEvent('of-the-test', { detail: 1 })",
    "an answer": "Response.error()",
    "long": "new Error('x'.repeat(2_000_000))",
    "deep": "(() => { let one = {}; for (let i = 0; i < 10000; i++) one = { one }; return one })()",
}
PLACES = {
    "timer": "setTimeout(() => { throw %s })",
    "rejection": "void Promise.reject(%s)",
}
ELSEWHERE = {
    "interval": "const every = setInterval(() => { clearInterval(every); throw %s })",
    "frame": "requestAnimationFrame(() => { throw %s })",
    "idle": "requestIdleCallback(() => { throw %s })",
    "microtask": "queueMicrotask(() => { throw %s })",
    "listener": (
        "addEventListener('of-a-test', () => { throw %s }, { once: true });dispatchEvent(new Event('of-a-test'))"
    ),
    "object listener": (
        "addEventListener('of-a-test', { handleEvent () { throw %s } }, { once: true });"
        "dispatchEvent(new Event('of-a-test'))"
    ),
    "property": "document.body.onclick = () => { document.body.onclick = null; throw %s }; document.body.click()",
    "message": "onmessage = () => { onmessage = null; throw %s }; postMessage('of the test', '*')",
    "observer": (
        "new MutationObserver((_, one) => { one.disconnect(); throw %s }).observe(document.body, { attributes: true });"
        "document.body.dataset.ofTheTest = '1'"
    ),
    "own element": (
        "customElements.define('of-a-test', class extends HTMLElement { connectedCallback () { throw %s } });"
        "document.body.append(document.createElement('of-a-test'))"
    ),
    "request": (
        "const asked = new XMLHttpRequest(); asked.onload = () => { throw %s };"
        "asked.open('GET', '/api/v1/catalog'); asked.send()"
    ),
    "then": "fetch('/api/v1/catalog').then(() => { throw %s })",
    "async": "(async () => { await null; throw %s })()",
    "finally": "Promise.resolve().finally(() => { throw %s })",
    "generator": "(async () => { for await (const _ of (async function* () { throw %s })()) { /* none */ } })()",
}
CASES = {
    **{f"{value} in a {place}": PLACES[place] % code for place in PLACES for value, code in VALUES.items()},
    **{f"an error in: {place}": code % VALUES["an error"] for place, code in ELSEWHERE.items()},
}


@dataclass
class Open:
    """A page that stays open, whose sink is asked for what is new."""

    casino: Casino
    page: Page
    seen: int = 0

    def run(self, code: str) -> None:
        """As a script of the page's own origin, which is what its policy allows."""
        address = f"/assets/of-the-test-{next(NUMBER)}.js"
        self.page.route(f"**{address}", lambda route: route.fulfill(body=code, content_type="text/javascript"))
        self.page.evaluate("async address => { await import(address) }", address)

    def told(self, number: int) -> list[dict[str, Any]]:
        """Wait for so many new events, and give their payloads, the oldest first."""
        found = wait_for(lambda: _at_least(self.casino.events(self.seen), number), WITHIN_S, f"{number} events")
        self.seen = found[-1]["seq"]
        sink = self.casino.url("event-sink")
        return [self.casino.http.get(f"{sink}/api/v1/events/{one['event_id']}").json()["payload"] for one in found]


def _at_least(found, number):
    return found if len(found) >= number else None


@pytest.fixture(scope="module")
def here(casino, browser) -> Iterator[Open]:
    with watched(browser, casino.url("gateway")) as visit:
        visit.page.goto(visit.url, wait_until="load")
        yield Open(casino, visit.page)


@pytest.mark.parametrize("case", CASES)
def test_it_is_captured_once_and_as_unhandled(case, here):
    """
    One event, `handled: false`, well formed; the page's next error is captured too.
    """
    here.run(CASES[case])
    (payload,) = here.told(1)
    here.run(LAST)
    (last,) = here.told(1)

    assert "the last one" == last["exception"]["values"][-1]["value"]
    assert [False] == [(one.get("mechanism") or {}).get("handled") for one in payload["exception"]["values"][-1:]]
    assert [] == marks(payload, 5)


def test_the_same_object_may_be_thrown_again(here):
    """
    Somebody who keeps one object and rejects with it each time is told of each time.
    """
    here.run("const kept = { code: 7 }; const again = () => void Promise.reject(kept); again(); setTimeout(again, 100)")

    assert 2 == len(here.told(2))


def test_what_is_too_large_is_cut_and_marked(here):
    """
    An error whose message is longer than all that Sentry takes arrives with its beginning, and says so.
    """
    here.run("setTimeout(() => { throw new TypeError('of the test' + 'x'.repeat(2_000_000)) })")

    (payload,) = here.told(1)
    outermost = payload["exception"]["values"][-1]
    assert ("TypeError", "true") == (outermost["type"], payload["tags"]["trimmed"])
    assert outermost["value"].startswith("of the test")
    assert payload["contexts"]["trimmed"]["original_bytes"] > 2_000_000
    assert [] == marks(payload, 5)
