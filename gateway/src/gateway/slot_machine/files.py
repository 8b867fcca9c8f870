"""
The files of the page: read once at the start, packed once, answered from memory.
"""

import gzip
import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from crashkit.problem import Problem

from gateway.asgi import Headers
from gateway.call import Call
from gateway.conditional import has_already
from gateway.negotiation import accepts

INDEX = "index.html"
ASSETS = "assets"
SETTINGS = '<script type="application/json" id="settings">{}</script>'
MOST_BYTES = 32 * 1024 * 1024
WORTH_PACKING = 0.9
"""The share of its size below which a packed file is sent."""
OTHERWISE = b"application/octet-stream"
MEDIA_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".mjs": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".map": b"application/json",
    ".webmanifest": b"application/manifest+json",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".webp": b"image/webp",
    ".ico": b"image/x-icon",
    ".woff2": b"font/woff2",
    ".txt": b"text/plain; charset=utf-8",
}
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE: Headers = [(b"x-content-type-options", b"nosniff")]
SAFE_PAGE: Headers = [
    *SAFE,
    (b"content-security-policy", POLICY),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]


class PageError(Exception):
    """The folder of the page cannot be served; the message names it and the fix."""


@dataclass(frozen=True, slots=True)
class Stored:
    """
    A file in memory.

    Args:
        media_type: by its name.
        body: as it is.
        packed: gzipped, where that is worth it.
        tag: of its content.
    """

    media_type: bytes
    body: bytes
    packed: bytes | None
    tag: str

    async def answer(self, call: Call, headers: Headers) -> None:
        """Answer with the file in the way that the caller can read, or say that he has it already."""
        packed = self.packed is not None and accepts(call.header(b"accept-encoding"), b"gzip")
        etag = f'"{self.tag}{"-gzip" if packed else ""}"'.encode()
        headers = [(b"etag", etag), (b"cache-control", b"no-cache"), *headers]
        if self.packed is not None:
            headers.append((b"vary", b"accept-encoding"))
        if has_already(call, etag):
            await call.answer(HTTPStatus.NOT_MODIFIED, b"", self.media_type, headers)
        elif packed and self.packed is not None:
            await call.answer(HTTPStatus.OK, self.packed, self.media_type, [(b"content-encoding", b"gzip"), *headers])
        else:
            await call.answer(HTTPStatus.OK, self.body, self.media_type, headers)


class PageFiles:
    """
    The page.

    Args:
        folder: what the page's build has made: ``index.html`` and ``assets/``.
        settings: JSON that takes the place of the empty settings in ``index.html``.

    Raises:
        PageError: there is no such page.
    """

    def __init__(self, folder: Path, settings: str) -> None:
        self._index = _stored(Path(INDEX), _index(folder, settings))
        self._assets = {
            f"/{quote(path.relative_to(folder).as_posix())}".encode(): _stored(path, body)
            for path, body in _read(folder)
        }

    async def index(self, call: Call) -> None:
        """Answer with the page."""
        await self._index.answer(call, [*SAFE_PAGE, (b"vary", b"accept")])

    async def asset(self, call: Call) -> None:
        """
        Answer with a file of the page. Nothing is looked up on the disk: a path that climbs is a name like any other.

        Raises:
            Problem: 404.
        """
        stored = self._assets.get(call.path)
        if stored is None:
            raise Problem(404, "unknown-asset", "The page has no such file; it names all that it has in /")
        await stored.answer(call, list(SAFE))


def _index(folder: Path, settings: str) -> bytes:
    try:
        text = (folder / INDEX).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PageError(
            f"PAGE_DIR: {folder / INDEX} cannot be read ({error}); build the page, or leave PAGE_DIR out"
        ) from None
    found = text.count(SETTINGS)
    if found != 1:
        raise PageError(f"PAGE_DIR: {folder / INDEX} must hold {SETTINGS} once; found {found}")
    return text.replace(SETTINGS, SETTINGS.replace("{}", settings)).encode()


def _read(folder: Path) -> list[tuple[Path, bytes]]:
    root = (folder / ASSETS).resolve()
    read = []
    left = MOST_BYTES
    for path in sorted((folder / ASSETS).rglob("*")):
        if not path.is_file():
            continue
        if not path.resolve().is_relative_to(root):
            raise PageError(f"PAGE_DIR: {path} leads out of {folder / ASSETS}; put the file itself there")
        try:
            body = path.read_bytes()
        except OSError as error:
            raise PageError(f"PAGE_DIR: {path} cannot be read ({error.strerror})") from None
        left -= len(body)
        if left < 0:
            raise PageError(f"PAGE_DIR: {folder} has more than {MOST_BYTES} bytes; all of it is kept in memory")
        read.append((path, body))
    return read


def _stored(path: Path, body: bytes) -> Stored:
    packed = gzip.compress(body, mtime=0)
    worth_it = len(packed) < len(body) * WORTH_PACKING
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Stored(MEDIA_TYPES.get(path.suffix.lower(), OTHERWISE), body, packed if worth_it else None, tag)
