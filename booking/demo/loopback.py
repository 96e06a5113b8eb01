"""Servers on loopback, each in a thread of its own: what invented trusts and the tests run."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class LoopbackServer(ThreadingHTTPServer):
    """Serves from the beginning of a `with` block to its end.

    A handler that waits on purpose waits for `released`, which the end of the block sets.
    """

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        super().__init__(("127.0.0.1", port), handler)
        self.released = threading.Event()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: Any) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


class QuietHandler(BaseHTTPRequestHandler):
    """Says nothing of the requests that it answers."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
