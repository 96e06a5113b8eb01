"""What a browser or a trust sends us, read whole before anything of ours takes a thread for it.

Whoever sends slowly, or nothing, costs a socket and no more: not a thread, and not for ever.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from received.numbers import whole_number

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Headers = Iterable[tuple[bytes, bytes]]
T = TypeVar("T")

IN_MEMORY = 64 * 1024
"""Bytes of one body that are kept in memory; the rest is a file."""
SLOWEST = 8 * 1024
"""Bytes a second, on the whole, below which a body is not waited for."""


class NotRead(Exception):
    """The body was not taken; `status` says why in HTTP's numbers."""

    status = 400


class TooSlow(NotRead):
    """Nothing came for too long, or too little."""

    status = 408


class TooLong(NotRead):
    """More was sent than this address takes."""

    status = 413


class NoRoom(NotRead):
    """Bodies that are being read fill what there is for them: later."""

    status = 503


class Gone(Exception):
    """The sender broke off: nobody waits for an answer."""


@dataclass
class Limits:
    """How much is read, how long is waited, and what all bodies together may fill.

    `large_at` is how the addresses begin that take `large`; all others take `small`.
    """

    seconds: float
    small: int
    large: int
    large_at: tuple[str, ...] = ()
    folder: Path | None = None
    held: int = field(default=0, init=False)

    @property
    def room(self) -> int:
        """How many bytes all bodies of this process may be together."""
        return 2 * self.large

    def at(self, path: str) -> int:
        """Return how many bytes an address takes."""
        return self.large if path.startswith(self.large_at) else self.small


def new_file(in_memory: int, folder: Path | None) -> IO[bytes]:
    """Return an empty file that is in memory until it is large, and then has no name."""
    return tempfile.SpooledTemporaryFile(in_memory, dir=str(folder) if folder else None)


class Body:
    """One request's body, in memory or in a file that has no name; close it to give it back."""

    def __init__(self, limits: Limits) -> None:
        self.file = new_file(IN_MEMORY, limits.folder)
        self._limits, self.size = limits, 0

    def add(self, piece: bytes, most: int) -> None:
        """Keep what came. Raises TooLong and NoRoom."""
        if self.size + len(piece) > most:
            raise TooLong
        if self._limits.held + len(piece) > self._limits.room:
            raise NoRoom
        self.size += len(piece)
        self._limits.held += len(piece)
        try:
            self.file.write(piece)
        except OSError:  # the disk is full
            raise NoRoom from None

    def close(self) -> None:
        """Forget it."""
        self._limits.held -= self.size
        self.size = 0
        self.file.close()


async def read(receive: Receive, headers: Headers, path: str, limits: Limits) -> Body:
    """Return a request's whole body. Raises NotRead and Gone."""
    body = Body(limits)
    try:
        if _has_body(headers, most := limits.at(path)):
            await _fill(body, receive, most, limits.seconds)
    except BaseException:
        body.close()
        raise
    body.file.seek(0)
    return body


async def _fill(body: Body, receive: Receive, most: int, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    begun, more = clock(), True
    while more:
        ends = begun + seconds + body.size / SLOWEST
        message = await within(receive, min(seconds, ends - clock()))
        if message["type"] != "http.request":
            raise Gone
        body.add(message.get("body") or b"", most)
        more = message.get("more_body", False)


async def within(act: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Return what comes of an act. Raises TooSlow. (The server's own tasks cannot be cancelled.)"""

    async def do() -> T:
        return await act()

    done = asyncio.ensure_future(do())
    await asyncio.wait([done], timeout=max(0.0, seconds))
    if not done.done():
        done.cancel()
        raise TooSlow
    return done.result()


def _has_body(headers: Headers, most: int) -> bool:
    """Whether one comes. Raises TooLong where its length is said and over the limit."""
    length, chunked = b"", False
    for name, value in headers:
        length = value if name == b"content-length" else length
        chunked = chunked or name == b"transfer-encoding"
    size = whole_number(length.decode("latin-1")) if length else 0
    if size is None or size > most:
        raise TooLong
    return chunked or size > 0
