"""
Whether what arrived on a trace is one tree, from the page down to the statements of the database. Pure.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]  # Any: whatever an SDK sends

PAGE = "slot-machine"
# Who may have called whom; the page is the root of what is fired in it.
CALLERS: Mapping[str, frozenset[str]] = {
    "gateway": frozenset({PAGE}),
    "game-engine": frozenset({"gateway"}),
    "payment": frozenset({"gateway", "game-engine"}),
    "analytics": frozenset({"gateway", "game-engine"}),
}


@dataclass(frozen=True)
class Wanted:
    """
    What a trace must have.

    Args:
        trace_id: of all of it, 32 hex digits.
        services: that must each have a transaction, besides the root.
        root: the service at which the trace begins.
        spans: operations of which a span must be there; ``db`` stands for ``db.query`` too.
        killed: services whose process ended before it could send its transaction.
    """

    trace_id: str
    services: Collection[str]
    root: str = PAGE
    spans: Collection[str] = ()
    killed: Collection[str] = ()


@dataclass(frozen=True)
class _Transaction:
    """One transaction: where it is, below which span, and with which spans of its own."""

    service: str
    span_id: str
    parent: str | None
    ops: frozenset[str]
    # Span to its parent, below this transaction.
    spans: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        return frozenset({self.span_id, *self.spans})


def broken_links(items: Sequence[Json], wanted: Wanted) -> list[str]:
    """
    Find what keeps a trace from being one tree.

    Args:
        items: everything on the trace, with payloads, as the sink's ``/api/v1/traces/{id}`` gives it.
        wanted: what must be there.

    Returns:
        One sentence each; empty when every part hangs where it belongs.
    """
    transactions = [_read(item) for item in items if item["type"] == "transaction"]
    return [
        *_foreign(items, wanted),
        *_root(transactions, wanted),
        *_absent(transactions, wanted),
        *_wrong_parents(transactions, wanted),
        *_loose_spans(transactions),
        *_repeated(transactions),
        *_lacking_ops(transactions, wanted),
        *_loose_events(items, transactions, wanted),
    ]


def _read(item: Json) -> _Transaction:
    own = _trace(item)
    spans = item["payload"].get("spans") or ()
    return _Transaction(
        service=item.get("service") or "(none)",
        span_id=own.get("span_id", ""),
        parent=own.get("parent_span_id") or None,
        ops=frozenset(part["op"] for part in (own, *spans) if part.get("op")),
        spans={span["span_id"]: span.get("parent_span_id") for span in spans},
    )


def _foreign(items: Sequence[Json], wanted: Wanted) -> Iterator[str]:
    for item in items:
        if item["type"] not in {"transaction", "event"}:
            continue
        ids = {_trace(item).get("trace_id")}
        ids |= {span.get("trace_id", wanted.trace_id) for span in item["payload"].get("spans") or ()}
        for other in sorted(str(found or "(none)") for found in ids - {wanted.trace_id}):
            yield f"{_name(item)} is on trace {other}, expected {wanted.trace_id}"


def _root(transactions: Sequence[_Transaction], wanted: Wanted) -> Iterator[str]:
    roots = [one for one in transactions if one.service == wanted.root]
    if not roots:
        yield f"no transaction of {wanted.root}: the trace has no root"
    if len(roots) > 1:
        yield f"{len(roots)} transactions of {wanted.root}, expected one root"
    for one in roots:
        if one.parent:
            yield f"the root, {wanted.root}, has a parent: {one.parent}"


def _absent(transactions: Sequence[_Transaction], wanted: Wanted) -> Iterator[str]:
    there = {one.service for one in transactions}
    for service in sorted(set(wanted.services) - there - {wanted.root} - set(wanted.killed)):
        yield f"no transaction of {service}"


def _wrong_parents(transactions: Sequence[_Transaction], wanted: Wanted) -> Iterator[str]:
    for one in transactions:
        if one.service == wanted.root:
            continue
        callers = CALLERS.get(one.service)
        if callers is None:
            yield f"a transaction of {one.service}, which nobody calls"
            continue
        if not any(one.parent in caller.known for caller in transactions if caller.service in callers):
            # What hung below a process that was killed hangs in the air, and no one can mend that.
            if callers & set(wanted.killed) and one.parent:
                continue
            expected = " or ".join(sorted(callers))
            yield f"{one.service} {one.span_id} hangs below {one.parent or 'nothing'}, which is no span of {expected}"


def _loose_spans(transactions: Sequence[_Transaction]) -> Iterator[str]:
    for one in transactions:
        for span_id, parent in one.spans.items():
            if parent not in one.known - {span_id}:
                above = parent or "nothing"
                yield f"span {span_id} of {one.service} hangs below {above}, which is not in its transaction"


def _repeated(transactions: Sequence[_Transaction]) -> Iterator[str]:
    seen: set[str] = set()
    for one in transactions:
        for span_id in sorted(one.known & seen):
            yield f"span {span_id} of {one.service} is there twice"
        seen |= one.known


def _lacking_ops(transactions: Sequence[_Transaction], wanted: Wanted) -> Iterator[str]:
    ops = {op for one in transactions for op in one.ops}
    for op in wanted.spans:
        if not any(found == op or found.startswith(f"{op}.") for found in ops):
            yield f"no span {op}; there are {', '.join(sorted(ops)) or 'none'}"


def _loose_events(items: Sequence[Json], transactions: Sequence[_Transaction], wanted: Wanted) -> Iterator[str]:
    """
    An event stands on a span of its service; what outlives its request stands below a span of whoever called. Which
    that was cannot be known where the process was killed.
    """
    known: dict[str, set[str]] = {}
    for one in transactions:
        known.setdefault(one.service, set()).update(one.known)
    for item in items:
        service = item.get("service") or "(none)"
        if item["type"] != "event" or service in wanted.killed or service not in known:
            continue
        span_id, parent = _trace(item).get("span_id"), _trace(item).get("parent_span_id")
        above = known[service].union(*(known.get(caller, ()) for caller in CALLERS.get(service, ())))
        if span_id not in known[service] and parent not in above:
            yield f"{_name(item)} stands on span {span_id or '(none)'}, which is none of {service}"


def _trace(item: Json) -> Json:
    found: Json = (item["payload"].get("contexts") or {}).get("trace") or {}
    return found


def _name(item: Json) -> str:
    return f"{item['type']} {item.get('event_id') or '(no id)'} of {item.get('service') or '(none)'}"
