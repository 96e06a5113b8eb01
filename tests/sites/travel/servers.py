"""Routers on loopback: real ones over our own network, and one that misbehaves on demand."""

import io
import json
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.management import call_command

from tools import engines


@contextmanager
def real(name):
    """Run a real engine over the exported network; skip, with the reason, where there is none."""
    if not engines.program(name).exists():
        pytest.skip(f"{name} is not here: tools/engines.py (make test) could not get it")
    with tempfile.TemporaryDirectory() as folder:
        roads = Path(folder) / "roads.osm.pbf"
        call_command("export_road_network", str(roads), stdout=io.StringIO())
        with engines.serve(name, roads) as url:
            yield url


class Playful(ThreadingHTTPServer):
    """A router that answers with what `say` holds: (status, body); None hangs until it ends.

    `asked` holds the path and the body of every call.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.say, self.asked, self.ended = (200, b""), [], threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.path, self.rfile.read(size)))
        if self.server.say is None:
            self.server.ended.wait(30)
            return
        status, body = self.server.say
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *args):
        pass


@contextmanager
def playful():
    server = Playful()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
