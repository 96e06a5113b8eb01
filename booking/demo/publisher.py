"""A $bulk-publish server of an invented trust, with the faults that real ones have."""

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from booking.demo.loopback import LoopbackServer, QuietHandler

DRIP = 0.05
"""Seconds between two bytes of a server that drips."""


BEGUN = datetime(2026, 11, 24, 10, tzinfo=UTC)
"""What a manifest says that it is of, unless it is told."""


@dataclass
class Page:
    """What one address answers. `fault`: error, break_off, drip, or empty for none; `tag` is an
    ETag that stays whatever the body."""

    body: bytes
    fault: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    tag: str = ""

    @property
    def etag(self) -> str:
        """Its own tag, else a strong one of the body."""
        return self.tag or f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


class Publisher(LoopbackServer):
    """Serves `pages` by path; `asked` keeps (path, status) of every request."""

    def __init__(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        super().__init__(_Handler, port)
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, int]] = []

    def publish(
        self,
        files: dict[str, list[bytes]],
        *,
        packed: bool = False,
        at: datetime = BEGUN,
        **headers: str,
    ) -> None:
        """Serve a manifest of these files: the lines of each resource type, as of `at`."""
        output = [{"type": kind, "url": f"{self.url}/{kind}.ndjson"} for kind in files]
        manifest = {
            "transactionTime": at.isoformat(),
            "request": f"{self.url}/$bulk-publish",
            "output": output,
            "error": [],
        }
        self.pages["/$bulk-publish"] = Page(json.dumps(manifest).encode(), headers=headers)
        for kind, lines in files.items():
            body = b"\n".join(lines)
            self.pages[f"/{kind}.ndjson"] = (
                Page(gzip.compress(body), headers={"Content-Encoding": "gzip"})
                if packed
                else Page(body)
            )

    def statuses(self) -> list[int]:
        """Return the statuses answered since the last call."""
        found = [status for _, status in self.asked]
        self.asked.clear()
        return found


class _Handler(QuietHandler):
    server: Publisher

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        page = self.server.pages.get(self.path)
        status = 404 if page is None else 500 if page.fault == "error" else page.status
        if page and status == 200 and self.headers.get("If-None-Match") == page.etag:
            status = 304
        self.server.asked.append((self.path, status))
        self.send_response(status)
        body = page.body if page and status == 200 else b""
        if page and status in (200, 304):
            self.send_header("ETag", page.etag)
        if page:
            for name, value in page.headers.items():
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._write(body, page.fault if page else "")

    def _write(self, body: bytes, fault: str) -> None:
        if fault == "break_off":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault == "drip":
            for at in range(len(body)):
                if self.server.released.wait(DRIP):
                    break
                try:
                    self.wfile.write(body[at : at + 1])
                except OSError:
                    break
            self.close_connection = True
        else:
            self.wfile.write(body)
