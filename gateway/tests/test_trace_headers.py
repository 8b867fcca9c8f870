import re

from hypothesis import example, given
from hypothesis import strategies as st

from gateway import trace_headers

TRACE = "1" * 31 + "a"
SPAN = "2" * 15 + "b"
ANYTHING = st.one_of(
    st.none(),
    st.binary(max_size=120),
    st.from_regex(rb"[0-9a-fA-F]{30,34}-[0-9a-f]{15,17}(-[0-9]?)?", fullmatch=True),
    st.from_regex(rb"(ff|00|cc)-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", fullmatch=True),
    st.from_regex(rb"(sentry-[a-z_]+=[^,]*,?|[a-z]*=[^,]*,?)+", fullmatch=True),
)


@given(ANYTHING, ANYTHING, ANYTHING)
@example(b"0" * 32 + b"-" + b"1" * 16, b"sentry-trace_id=" + b"\xff" * 9000, None)
@example(None, None, b"00-" + b"0" * 32 + b"-" + b"1" * 16 + b"-01")
def test_whatever_comes_there_is_a_trace(sentry_trace, baggage, traceparent):
    """
    Any bytes in the three headers give a trace of the right shape, and headers that can go out.
    """
    trace = trace_headers.read(sentry_trace, baggage, traceparent)
    headers = []
    trace_headers.write(trace, trace.span_id, headers)

    assert re.fullmatch("[0-9a-f]{32}", trace.trace_id)
    assert re.fullmatch("[0-9a-f]{16}", trace.span_id)
    assert "0" * 32 != trace.trace_id
    assert headers[0] == (b"sentry-trace", f"{trace.trace_id}-{trace.span_id}-0".encode())


@given(st.lists(st.from_regex(r"[a-z]{1,8}=[A-Za-z0-9%;=]{0,9}", fullmatch=True).filter(lambda m: "sentry-" not in m)))
def test_foreign_baggage_is_kept(members):
    """
    Members that are not Sentry's are passed on as they are and in their order, when the trace is continued and when
    it is not.
    """
    baggage = ",".join(["sentry-trace_id=x", *members]).encode()

    continued = trace_headers.read(f"{TRACE}-{SPAN}-1".encode(), baggage, None)
    started = trace_headers.read(b"nonsense", baggage, None)

    assert baggage == continued.baggage
    assert ",".join(members).encode() == started.baggage


def test_trace_is_continued():
    """
    The caller's trace, span and decision are taken over.
    """
    read = [trace_headers.read(f"{TRACE}-{SPAN}{end}".encode(), None, None) for end in ("-1", "-0", "")]

    assert [(TRACE, SPAN)] * 3 == [(trace.trace_id, trace.parent_span_id) for trace in read]
    assert [True, False, None] == [trace.parent_sampled for trace in read]


def test_traceparent_is_continued_where_sentry_says_nothing():
    """
    A W3C trace is continued and told on in both forms; Sentry's own header wins over it.
    """
    parent = f"00-{TRACE}-{SPAN}-01".encode()
    other = "3" * 32

    alone = trace_headers.read(None, b"vendor=1", parent)
    beside = trace_headers.read(f"{other}-{SPAN}-1".encode(), None, parent)
    headers = []
    trace_headers.write(alone, alone.span_id, headers)

    assert (TRACE, None, other) == (alone.trace_id, alone.parent_sampled, beside.trace_id)
    assert [f"00-{TRACE}-{alone.span_id}-00".encode()] == [value for name, value in headers if name == b"traceparent"]


def test_trace_that_begins_here_is_signed():
    """
    The baggage of a new trace says how it was decided, so that the next services can do the same.
    """
    trace = trace_headers.read(None, b"vendor=1", None)

    trace_headers.Origin({"environment": "démo, 1"}).sign(trace, 0.2, 0.5)

    assert (
        f"vendor=1,sentry-trace_id={trace.trace_id},sentry-sampled=false,sentry-sample_rate=0.2,"
        "sentry-sample_rand=0.500000,sentry-environment=d%C3%A9mo%2C%201"
    ) == trace.baggage.decode()


@given(ANYTHING)
def test_any_baggage_can_be_read(baggage):
    """
    Sentry's members are found in any bytes, and read as the SDK reads them where they are well formed.
    """
    found = trace_headers.sampling(baggage or b"")
    written = trace_headers.sampling(b"a=1, sentry-release=crash-demo%401.0,sentry-sample_rand=0.25,b")

    assert all(isinstance(value, str) for value in found.values())
    assert {"release": "crash-demo@1.0", "sample_rand": "0.25"} == written
