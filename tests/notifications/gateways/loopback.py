"""A provider on this machine that answers, or does not, as its script says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from twilio.http.response import Response

from notifications.gateways.twilio import HttpClient

HANG = "hang"
RESET = "reset"


class LoopbackHttpClient(HttpClient):
    """The gateway's own HTTP client, but for the host it calls, which must be this machine."""

    def __init__(self, host: str, port: int, timeout: float = 5.0) -> None:
        if not ip_address(host).is_loopback:
            raise ValueError("only a loopback address may stand in for Twilio")
        super().__init__(timeout=timeout)
        self.server = f"{host}:{port}"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        parts = urlsplit(url)._replace(scheme="http", netloc=self.server)
        return super().request(method, urlunsplit(parts), *args, **kwargs)


class Server(ThreadingHTTPServer):
    """Answers each POST with (status, body, headers), or hangs, or breaks off."""

    daemon_threads = True

    def __init__(self, answer: Any) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.posts: list[dict[str, list[str]]] = []
        self.released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.posts.append(parse_qs(self.rfile.read(length).decode()))
        if self.server.answer == HANG:
            self.server.released.wait(10)
            return
        if self.server.answer == RESET:
            self.close_connection = True
            return
        status, body, headers = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(answer: Any) -> Iterator[Server]:
    """Run a server with this answer until the block ends."""
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
