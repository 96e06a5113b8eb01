"""Runs Django (WSGI) in a fixed number of threads, behind a server that speaks ASGI.

A thread is taken once the request is here whole, and is free again once its answer is made: it
neither waits for a sender nor for a reader. The threads stay, and with them their connections to
the database (Django's own ASGI makes a thread, and a connection, for each request).
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from config import bodies

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
NOT_READ = "finder.not_read"
"""In the environ of a request whose body was not taken: the status to answer."""
PIECE = 64 * 1024


class Bridge:
    """An ASGI application around a WSGI one."""

    def __init__(self, wsgi: Wsgi, *, threads: int, limits: bodies.Limits) -> None:
        self._wsgi, self._limits = wsgi, limits
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: dict[str, Any], receive: bodies.Receive, send: Send) -> None:
        """Answer one request."""
        environ = environ_of(scope)
        try:
            body = await bodies.read(receive, scope["headers"], scope["path"], self._limits)
        except bodies.Gone:
            return
        except bodies.NotRead as refusal:
            environ[NOT_READ] = refusal.status
            body = bodies.Body(self._limits)
        try:
            environ["wsgi.input"] = body.file
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(
                self._pool, Answer, self._wsgi, environ, self._limits.folder
            )
        finally:
            body.close()
        with answer.body, suppress(bodies.TooSlow):  # nobody reads it
            await _send(answer, send, self._limits.seconds, closes=NOT_READ in environ)


class Answer:
    """What the application answered, made whole: it is read from a thread of ours only once."""

    def __init__(self, wsgi: Wsgi, environ: Environ, folder: Path | None = None) -> None:
        self.status, self.headers = 500, list[tuple[bytes, bytes]]()
        self.body = bodies.new_file(1024 * 1024, folder)
        parts = wsgi(environ, self._start)
        try:
            for part in parts:
                self.body.write(part)
        finally:
            getattr(parts, "close", lambda: None)()
        self.body.seek(0)

    def _start(self, status: str, headers: list[tuple[str, str]], _fault: Any = None) -> Any:
        self.status = int(status[:3])
        self.headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        return self.body.write


async def _send(answer: Answer, send: Send, seconds: float, *, closes: bool) -> None:
    """Send an answer; of a request that was not read the rest of the connection is not, either.

    Raises TooSlow where a piece of it is not taken within so many seconds.
    """
    headers = answer.headers + ([(b"connection", b"close")] if closes else [])
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for piece, more in _pieces(answer.body):
        part = {"type": "http.response.body", "body": piece, "more_body": more}
        await bodies.within(partial(send, part), seconds)


def _pieces(file: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    piece = file.read(PIECE)
    while following := file.read(PIECE):
        yield piece, True
        piece = following
    yield piece, False


def environ_of(scope: dict[str, Any]) -> Environ:
    """Return a request as WSGI has it.

    A header with an underscore in its name is left out: it would be read as another's.
    """
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" not in name:
            _add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def _add_header(environ: Environ, name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    between = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
