"""The part of an invented trust's system that takes our bookings: by cursor, by push, or both.

A trust that confirms in its own system answers each pending one, and sometimes refuses.
"""

import base64
import hashlib
import hmac
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from booking.demo.fhir_client import NoAnswer, call
from booking.demo.loopback import LoopbackServer, QuietHandler

REFUSED_SHARE = 0.15
"""Of the bookings that it is asked to confirm, those that the trust refuses."""
PAGE = 50


class Known(NamedTuple):
    """What a trust knows of one appointment."""

    version: int
    status: str


@dataclass
class Bookings:
    """What one trust has heard of its appointments. `backwards` counts older news after newer."""

    known: dict[str, Known] = field(default_factory=dict)
    since: str = ""
    backwards: int = 0
    told: Counter[str] = field(default_factory=Counter)

    def take(self, made: dict[str, Any]) -> None:
        """Note one Appointment as it came."""
        now = Known(int(made["meta"]["versionId"]), made["status"])
        before = self.known.get(made["id"])
        if before and before.version > now.version:
            self.backwards += 1
            return
        self.known[made["id"]] = now

    def read(self, url: str, key: str, chance: random.Random, faults: float = 0.0) -> None:
        """Read every change since the last time; of the share `faults` of pages forget where.

        A page that was forgotten is read again, as by a system that stopped before it had
        written down how far it was. Raises NoAnswer.
        """
        while True:
            since = f"&_lastUpdated=gt{quote(self.since, safe='')}" if self.since else ""
            page = call(
                "GET", f"{url}/fhir/R4/Appointment?_sort=_lastUpdated&_count={PAGE}{since}", key
            )
            if page.status != 200:
                raise NoAnswer(f"status {page.status}")
            found = [entry["resource"] for entry in page.get("entry", [])]
            for made in found:
                self.take(made)
            self.told["pages"] += 1
            if found and chance.random() < faults:
                self.told["pages forgotten"] += 1
                return
            if found:
                self.since = found[-1]["meta"]["lastUpdated"]
            if not any(link["relation"] == "next" for link in page["link"]):
                return

    def answer(self, url: str, key: str, chance: random.Random, faults: float = 0.0) -> None:
        """Confirm or refuse what is pending; the share `faults` with a version that is not.

        A booking's own name decides whether it is refused, so that asking again answers the
        same. What could not be said is said at the next call.
        """
        pending = [name for name, known in self.known.items() if known.status == "pending"]
        for name in pending:
            version = self.known[name].version
            if chance.random() < faults:
                version += 1
            refused = random.Random(name).random() < REFUSED_SHARE
            body: dict[str, Any] = {"resourceType": "Appointment", "status": "booked"}
            if refused:
                body |= {"status": "cancelled", "cancelationReason": {"coding": [{"code": "prov"}]}}
            address = f"{url}/fhir/R4/Appointment/{name}"
            said = call("PUT", address, key, body, If_Match=f'W/"{version}"')
            if said.status == 200:
                self.take(said)
                self.told["bookings refused" if refused else "bookings confirmed"] += 1
            elif said.status == 403:  # its own patient, at another trust's site
                self.known[name] = Known(version, "theirs to answer")
            else:
                self.told[f"answered {said.status}"] += 1


class Receiver(LoopbackServer):
    """Takes pushes of appointments into `bookings`; the share `faults` of them goes wrong."""

    def __init__(self, bookings: Bookings, chance: random.Random, faults: float) -> None:
        """Listen on a free port of loopback; `secret` is set once the service has given it."""
        super().__init__(_Handler)
        self.bookings, self.chance, self.faults, self.secret = bookings, chance, faults, ""

    @property
    def url(self) -> str:
        """Where it takes them."""
        return f"{super().url}/bookings"


class _Handler(QuietHandler):
    server: Receiver

    def do_POST(self) -> None:  # noqa: N802 - the library's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = self.server.bookings.told
        named = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}."
        key = base64.b64decode(self.server.secret.removeprefix("whsec_"))
        signed = base64.b64encode(hmac.digest(key, named.encode() + body, hashlib.sha256)).decode()
        status = 204
        if not hmac.compare_digest(f"v1,{signed}", self.headers["webhook-signature"]):
            told["pushes wrongly signed"] += 1
            status = 401
        elif self.server.chance.random() < self.server.faults:
            told["pushes failed"] += 1
            status = 503
            if self.server.chance.random() < 0.5:  # it took the push, and then fell over
                self.server.bookings.take(json.loads(body))
        else:
            told["pushes taken"] += 1
            self.server.bookings.take(json.loads(body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
