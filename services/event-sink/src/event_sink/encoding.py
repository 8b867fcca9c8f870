"""
Bodies as SDKs send them, unpacked without trusting what they say about their size.
"""

import zlib
from typing import Final, Protocol

import brotli  # type: ignore[import-untyped]  # it ships no types

_GZIP: Final = b"\x1f\x8b"
_DEFLATE_IN_ZLIB: Final = 8
CHUNK: Final = 4 * 1024 * 1024


class EncodingError(ValueError):
    """The body is not what its Content-Encoding says, or the encoding is not known."""


class TooLargeError(ValueError):
    """The body is larger than allowed once it is unpacked."""


class _Unpacker(Protocol):
    def feed(self, data: bytes | bytearray, room: int) -> bytes: ...

    def done(self) -> bool: ...


class _Zlib:
    """gzip, zlib and raw deflate; which of them, the first byte tells."""

    def __init__(self, first: bytes) -> None:
        raw_deflate = bool(first) and first[0] & 0x0F != _DEFLATE_IN_ZLIB and first != _GZIP
        self._inner = zlib.decompressobj(-zlib.MAX_WBITS if raw_deflate else zlib.MAX_WBITS | 32)

    def feed(self, data: bytes | bytearray, room: int) -> bytes:
        try:
            return self._inner.decompress(data or self._inner.unconsumed_tail, room)
        except zlib.error as error:
            raise EncodingError(f"the body cannot be unpacked: {error}") from error

    def done(self) -> bool:
        return self._inner.eof


class _Brotli:
    """br, as the Python SDK sends it where Brotli is installed."""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def feed(self, data: bytes | bytearray, room: int) -> bytes:
        try:
            return bytes(self._inner.process(bytes(data), output_buffer_limit=room))
        except brotli.error as error:
            raise EncodingError(f"the body cannot be unpacked: {error}") from error

    def done(self) -> bool:
        return bool(self._inner.is_finished())


def unpack(body: bytes | bytearray, encoding: str, limit: int) -> bytes | bytearray:
    """
    Undo a Content-Encoding.

    Args:
        body: as it came.
        encoding: value of the Content-Encoding header; empty and ``identity`` leave the body as it is.
        limit: most bytes that may come out.

    Raises:
        EncodingError: unknown encoding, broken or unfinished data.
        TooLargeError: more than ``limit`` bytes would come out.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        if len(body) > limit:
            raise TooLargeError
        return body
    unpacker: _Unpacker
    if name in {"gzip", "x-gzip", "deflate"}:
        unpacker = _Zlib(bytes(body[:2]))
    elif name == "br":
        unpacker = _Brotli()
    else:
        raise EncodingError(f"the encoding {name[:20]!r} is not known; send gzip, deflate, br or none")
    return _drain(unpacker, body, limit)


def _drain(unpacker: _Unpacker, body: bytes | bytearray, limit: int) -> bytearray:
    """
    Feed the body once, then ask for the rest until nothing comes. A bytearray grows without a second copy of it.
    """
    unpacked = bytearray()
    data = body
    while True:
        piece = unpacker.feed(data, CHUNK)
        data = b""
        unpacked += piece
        if len(unpacked) > limit:
            raise TooLargeError
        if unpacker.done():
            return unpacked
        if not piece:
            raise EncodingError("the body ends before its packed data does")
