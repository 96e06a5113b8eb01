"""A body to lines, pushed or pulled, in memory that does not grow with the body.

Guards against a body over the limit, one that broke off, a gzip bomb, and a line without an end.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

READ = 64 * 1024
MAX_LINE = 64 * 1024
"""Longest line in bytes; a Slot is about 400."""
MAX_DOCUMENT = 32 * 1024 * 1024
"""Longest array or Bundle in bytes: about 80,000 Slots. It is held whole while it is read."""
MAX_RATIO = 200
"""Real slots shrink about 30 times; a bomb shrinks about 1,000 times."""
RATIO_AFTER = 1024 * 1024
"""Small bodies may shrink as they like: they are small."""
MAX_MEMBERS = 10_000
"""Members of one gzip body. Who packs in blocks of 64 KB has 4,000 in the largest body; each
costs time, even an empty one of 20 bytes."""
GZIP = b"\x1f\x8b"
"""How every gzip file begins, and no JSON."""


class TooLong(Exception):
    """The body is over the limit, packed or unpacked. What was read before stays in."""


class NotGzip(Exception):
    """The body says that it is gzip, and is not, or not to its end."""


class CutShort(Exception):
    """The body ended before the length that was said of it."""


class Readable(Protocol):
    """What we need of a request's body."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


class OfLength:
    """A body that must be as long as its sender said: a server may hand on what broke off."""

    def __init__(self, body: Readable, length: int) -> None:
        """Expect `length` bytes."""
        self._body, self._left = body, length

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end. Raises CutShort if that comes too early."""
        part = self._body.read(size)
        self._left -= len(part)
        if not part and size and self._left > 0:
            raise CutShort
        return part


def lines(body: Readable, *, gzipped: bool, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (line number from 1, line without its end); None for a line that is too long.

    A line may be MAX_LINE bytes; MAX_DOCUMENT if it begins as JSON does: it may be an array or a
    Bundle. Empty lines are passed over. Gzip is known by how it begins, too, where `gzipped` does
    not say so. Raises TooLong once more than `limit` bytes were unpacked, and NotGzip.
    """
    number, line = 1, _Line()
    for chunk in _chunks(body, gzipped, limit):
        *ends, rest = chunk.split(b"\n")
        if ends:
            line.add(ends[0])
            if not line.is_blank():
                yield number, line.text()
            # What stands between two ends of one chunk is not too long: no chunk is.
            for at, end in enumerate(ends[1:], number + 1):
                if end.strip():
                    yield at, end
            number, line = number + len(ends), _Line()
        line.add(rest)
    if not line.is_blank():
        yield number, line.text()


def whole(body: Readable, *, gzipped: bool, limit: int) -> bytes:
    """Return a small body whole. Raises TooLong and NotGzip."""
    return b"".join(_chunks(body, gzipped, limit))


class _Line:
    """A line as it comes in, piece by piece. Once it is too long nothing of it is kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._is_too_long = False

    def add(self, part: bytes) -> None:
        self._size += len(part)
        self._parts.append(part)
        if self._size > MAX_LINE and (self._size > MAX_DOCUMENT or not self._may_be_json()):
            self._is_too_long, self._parts = True, []

    def is_blank(self) -> bool:
        return not self._is_too_long and not any(part.strip() for part in self._parts)

    def text(self) -> bytes | None:
        return None if self._is_too_long else b"".join(self._parts)

    def _may_be_json(self) -> bool:
        start = b"".join(self._parts[:2]) if not self._is_too_long else b""
        return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")


class _Again:
    """A body of which something was read already."""

    def __init__(self, start: bytes, body: Readable) -> None:
        self._start, self._body = start, body

    def read(self, size: int, /) -> bytes:
        start, self._start = self._start, b""
        return start or self._body.read(size)


def _chunks(body: Readable, gzipped: bool, limit: int) -> Iterator[bytes]:
    start = b""
    while len(start) < len(GZIP) and (part := body.read(READ)):
        start += part
    again = _Again(start, body)
    return _unpack(again, limit) if gzipped or start.startswith(GZIP) else _limited(again, limit)


def _limited(body: Readable, limit: int) -> Iterator[bytes]:
    seen = 0
    while chunk := body.read(READ):
        seen += len(chunk)
        if seen > limit:
            raise TooLong
        yield chunk


def _unpack(body: Readable, limit: int) -> Iterator[bytes]:
    """Yield what is packed in all members, one after another; zeros may fill up the end."""
    unzip, members = _member(), 1
    packed = unpacked = 0
    try:
        for chunk in _limited(body, limit):
            packed += len(chunk)
            left = chunk
            while left:
                if unzip.eof:
                    left = left.lstrip(b"\0")
                    unzip, members = (_member(), members + 1) if left else (unzip, members)
                    continue
                out = unzip.decompress(left, READ)
                left = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
                unpacked += len(out)
                most = min(limit, max(RATIO_AFTER, packed * MAX_RATIO))
                if unpacked > most or members > MAX_MEMBERS:
                    raise TooLong
                yield out
    except zlib.error:
        raise NotGzip from None
    if not unzip.eof:
        raise NotGzip


def _member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=31)
