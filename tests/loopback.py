"""A server on this machine that answers, or does not, as its script says."""

import json
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from booking.demo.loopback import LoopbackServer, QuietHandler

HANG, RESET, DRIP = "hang", "reset", "drip"
"""Say nothing until the end; break off; send a letter now and then, and never finish."""


class Call(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self):
        return parse_qs(urlsplit(self.path).query)

    @property
    def form(self):
        return parse_qs(self.body.decode())


class ScriptedServer(LoopbackServer):
    """Answers each call with the next of `answers`, and the last one for ever after.

    An answer is a status; or a status, a body (bytes, text, or what becomes JSON) and, if need be,
    headers; or HANG, RESET or DRIP. `calls` keeps every request.
    """

    def __init__(self, *answers):
        super().__init__(_Handler)
        self.answers = list(answers) or [204]
        self.calls = []


class _Handler(QuietHandler):
    def do_GET(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.server.calls.append(Call(self.path, dict(self.headers), self.rfile.read(size)))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == HANG:
            self.server.released.wait(30)
        elif answer == RESET:
            self.close_connection = True
        elif answer == DRIP:
            self._drip()
        else:
            self._answer(*(answer if isinstance(answer, tuple) else (answer,)))

    do_POST = do_GET

    def _answer(self, status, body=b"", headers=()):
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self):
        try:
            while not self.server.released.wait(0.05):
                self.wfile.write(b"H")
                self.wfile.flush()
        except OSError:
            return
