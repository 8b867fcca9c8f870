"""
Taking envelopes apart.
"""

import io

import pytest
from crashkit.wire.envelope import MAX_ITEMS, MalformedEnvelopeError, of_store_request, parse
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.envelope import Envelope as SdkEnvelope
from sentry_sdk.envelope import Item as SdkItem
from sentry_sdk.envelope import PayloadRef

PAYLOADS = st.lists(st.tuples(st.sampled_from(["attachment", "event", "log"]), st.binary(max_size=60)), max_size=5)


@given(PAYLOADS)
def test_what_the_sdk_writes_is_read_byte_by_byte(items):
    """
    Any envelope that the Python SDK serialises comes apart into the same types and the same bytes.
    """
    envelope = SdkEnvelope(headers={"event_id": "a" * 32})
    for item_type, payload in items:
        envelope.add_item(SdkItem(payload=PayloadRef(bytes=payload), type=item_type))
    wire = io.BytesIO()
    envelope.serialize_into(wire)

    parsed = parse(wire.getvalue())

    assert items == [(item.type, parsed.payload(item)) for item in parsed.items]
    assert {"event_id": "a" * 32} == parsed.header


@pytest.mark.parametrize(
    ("raw", "types"),
    [
        (b"{}", []),
        (b"{}\n", []),
        (b'{}\n{"type":"event"}\n{"a":1}', ["event"]),
        (b'{}\n{"type":"event"}\n{"a":1}\n\n\n', ["event"]),
        (b'{}\r\n{"type":"event","length":2}\r\n{}\r\n', ["event"]),
        (b'{}\n{"type":"attachment","length":0}\n\n{"type":"event","length":2}\n{}', ["attachment", "event"]),
        (b'{}\n{"type":"attachment","length":0}', ["attachment"]),
        (b'{}\n{"type":"attachment","length":3}\n\n\n\n\n{"type":"event"}\n{}', ["attachment", "event"]),
    ],
)
def test_forms_that_sdks_use_are_understood(raw, types):
    """
    With and without length, with and without a last newline, empty payloads, payloads of newlines.
    """
    assert types == [item.type for item in parse(raw).items]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"no json\n", "invalid_json"),
        (b"[]\n", "not_an_object"),
        (b'{"a":NaN}\n', "invalid_json"),
        (b"\xff\xfe{}\n", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b"{}\n{}\n{}", "item_type"),
        (b'{}\n{"type":7}\n{}', "item_type"),
        (b'{}\n{"type":"a b"}\n{}', "item_type"),
        (b'{}\n{"type":"event","length":-1}\n{}', "item_length"),
        (b'{}\n{"type":"event","length":true}\n{}', "item_length"),
        (b'{}\n{"type":"event","length":"2"}\n{}', "item_length"),
        (b'{}\n{"type":"event","length":1}\n{}', "item_length"),
        (b'{}\n{"type":"event","length":99}\n{}', "truncated"),
        (b"{}\n" + b'{"type":"a"}\n\n' * (MAX_ITEMS + 1), "too_many_items"),
    ],
)
def test_what_is_no_envelope_is_refused_with_a_word(raw, reason):
    """
    Each way of being broken has its reason, and no other exception comes out.
    """
    with pytest.raises(MalformedEnvelopeError) as refusal:
        parse(raw)

    assert reason == refusal.value.reason


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_parser_down(raw):
    """
    Any bytes are an envelope or a refusal.
    """
    try:
        parsed = parse(raw)
    except MalformedEnvelopeError:
        return
    assert all(item.start <= item.end <= len(raw) for item in parsed.items)


def test_an_old_event_becomes_an_envelope():
    """
    The body of /store/ is kept to the byte as the one event of an envelope with its id.
    """
    body = b'{"event_id": "' + b"a" * 32 + b'",  "message": "hi"}'

    parsed = parse(of_store_request(body))

    (only,) = parsed.items
    assert ("event", body) == (only.type, parsed.payload(only))
    assert "a" * 32 == parsed.header["event_id"]
