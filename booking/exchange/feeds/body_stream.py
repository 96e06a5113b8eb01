"""A request's body to lines, in memory that does not grow with the body.

Guards against a body over the limit, a gzip bomb, and a line without an end.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

READ = 64 * 1024
MAX_LINE = 64 * 1024
"""Longest line in bytes; a Slot is about 400."""
MAX_RATIO = 200
"""Real slots shrink about 30 times; a bomb shrinks about 1,000 times."""
RATIO_AFTER = 1024 * 1024
"""Small bodies may shrink as they like: they are small."""


class TooLong(Exception):
    """The body is over the limit, packed or unpacked. What was read before stays in."""


class NotGzip(Exception):
    """The body says that it is gzip, and is not, or it ends too early."""


class Readable(Protocol):
    """What we need of a request's body."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


def lines(body: Readable, *, gzipped: bool, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (line number from 1, line without its end); None for a line over MAX_LINE.

    Empty lines are passed over. Raises TooLong once more than `limit` bytes were unpacked, and
    NotGzip.
    """
    chunks = _unpack(body, limit) if gzipped else _limited(body, limit)
    number, rest, skipping = 1, b"", False
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            too_long = skipping or len(line) > MAX_LINE
            skipping = False
            if too_long:
                yield number, None
            elif line.strip():
                yield number, line
            number += 1
        if len(rest) > MAX_LINE:
            rest, skipping = b"", True
    if skipping or rest.strip():
        yield number, None if skipping else rest


def whole(body: Readable, *, gzipped: bool, limit: int) -> bytes:
    """Return a small body whole. Raises TooLong and NotGzip."""
    return b"".join(_unpack(body, limit) if gzipped else _limited(body, limit))


def _limited(body: Readable, limit: int) -> Iterator[bytes]:
    seen = 0
    while chunk := body.read(READ):
        seen += len(chunk)
        if seen > limit:
            raise TooLong
        yield chunk


def _unpack(body: Readable, limit: int) -> Iterator[bytes]:
    unzip = zlib.decompressobj(wbits=31)
    packed = unpacked = 0
    try:
        for chunk in _limited(body, limit):
            packed += len(chunk)
            left = chunk
            while left and not unzip.eof:
                out = unzip.decompress(left, READ)
                left = unzip.unconsumed_tail
                unpacked += len(out)
                if unpacked > limit or unpacked > max(RATIO_AFTER, packed * MAX_RATIO):
                    raise TooLong
                yield out
    except zlib.error:
        raise NotGzip from None
    if not unzip.eof:
        raise NotGzip
