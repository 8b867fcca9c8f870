"""
Unpacking bodies.
"""

import gzip
import zlib

import brotli
import pytest
from event_sink.encoding import EncodingError, TooLargeError, unpack
from hypothesis import given
from hypothesis import strategies as st


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate ": raw_deflate,
    "br": brotli.compress,
    "": bytes,
    "identity": bytes,
}


@given(st.binary(max_size=5000), st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_out(data, encoding):
    """
    Every encoding that an SDK uses gives the same bytes back, the empty body too.
    """
    assert data == unpack(PACKERS[encoding](data), encoding, 5000)


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_a_bomb_is_stopped_at_the_limit(encoding):
    """
    40 MiB that pack to a few KiB are refused at a limit of 1 MiB; one byte less than the limit is not.
    """
    limit = 1024 * 1024

    with pytest.raises(TooLargeError):
        unpack(PACKERS[encoding](bytes(40 * limit)), encoding, limit)

    assert limit == len(unpack(PACKERS[encoding](bytes(limit)), encoding, limit))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_an_unfinished_body_is_refused(encoding):
    """
    A body that was cut, or that is no packed data at all, is refused rather than half read.
    """
    packed = PACKERS[encoding](b"x" * 1000 + bytes(range(256)))

    for broken in (packed[:-3], packed[:1], b"", b"\x1f\x8b" + b"?" * 50):
        with pytest.raises(EncodingError):
            unpack(broken, encoding, 10_000)


def test_an_unknown_encoding_is_refused_by_name():
    """
    The refusal says which encodings there are.
    """
    with pytest.raises(EncodingError, match=r"'zstd' is not known; send gzip, deflate, br or none"):
        unpack(b"", "zstd", 10)
