"""A Twilio on this machine: takes texts, remembers them, lists them late, reports, and misbehaves.

Real HTTP. As Twilio, it knows no idempotency: what is posted twice is texted twice. Its clock
(`now`) is set by the harness, so that an hour of listing lag and callbacks takes no time at all.
"""

import base64
import json
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlsplit

import requests
from twilio.request_validator import RequestValidator

from booking.demo.loopback import LoopbackServer, QuietHandler

ACCOUNT, TOKEN, SERVICE = "AC" + "0" * 32, "token-of-the-harness", "MG" + "0" * 32
SENDER = "+447700900999"
PATIENCE = 30.0
"""Seconds of real time after which something that must happen has not."""


@dataclass(frozen=True)
class Fault:
    """One way to treat a call: whether the text is taken, and what the caller hears of it."""

    name: str
    takes: bool
    status: int = 201
    code: int = 0
    says: str = "json"  # or garbage, or nothing at all: reset, hang
    retry_after: str = ""


FINE = Fault("fine", takes=True)
TOO_MANY = Fault("429", takes=False, status=429, code=20429, retry_after="1")
WRONG_TOKEN = Fault("401", takes=False, status=401, code=20003)
OPTED_OUT = Fault("21610", takes=False, status=400, code=21610)
DOWN_BEFORE = Fault("503 before taking it", takes=False, status=503, code=20503)
DOWN_AFTER = Fault("503 after taking it", takes=True, status=503, code=20503)
RESET_BEFORE = Fault("reset before taking it", takes=False, says="reset")
RESET_AFTER = Fault("reset after taking it", takes=True, says="reset")
HANG_BEFORE = Fault("no answer in time, not taken", takes=False, says="hang")
HANG_AFTER = Fault("no answer in time, taken", takes=True, says="hang")
GARBAGE = Fault("201 with garbage", takes=True, says="garbage")

NOT_TAKEN = (TOO_MANY, WRONG_TOKEN, DOWN_BEFORE, RESET_BEFORE, HANG_BEFORE)
TAKEN = (DOWN_AFTER, RESET_AFTER, HANG_AFTER, GARBAGE)


class Callbacks(Enum):
    """How the statuses of a text are reported."""

    NONE = "none"
    IN_ORDER = "in order"
    DOUBLED = "doubled"
    SHUFFLED = "shuffled"
    EARLY = "before the answer to the call"
    FORGED = "forged"


@dataclass
class Text:
    """One text that went out."""

    sid: str
    to: str
    body: str
    at: datetime
    callback: str
    status: str = "queued"
    lag: timedelta = timedelta(0)


@dataclass
class FakeTwilio:
    """What the harness scripts and reads. `script` is used up first, one entry a call."""

    now: datetime = datetime(2026, 11, 25, 12, tzinfo=UTC)
    script: deque[Fault] = field(default_factory=deque)
    treat: Callable[[str, str, int], Fault] = lambda to, body, call: FINE
    lag: Callable[[str], timedelta] = lambda sid: timedelta(0)
    callbacks: Callbacks = Callbacks.NONE
    chance: random.Random = field(default_factory=lambda: random.Random(2026))
    texts: list[Text] = field(default_factory=list)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    looks: int = 0
    owed: list[tuple[Text, str]] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.idle = threading.Condition(self.lock)
        self.in_flight = 0
        self.held = ""
        self.holding, self.let_go = threading.Event(), threading.Event()
        self.keeps = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def listening(self) -> Iterator["FakeTwilio"]:
        """Take connections until the block ends; outside of it they are refused."""
        with Server(self) as server:
            self.port = server.server_port
            try:
                yield self
            finally:
                self.let_go.set()

    def sent(self) -> Counter[tuple[str, str]]:
        """Return how often each number was texted each body."""
        with self.lock:
            return Counter((text.to, text.body) for text in self.texts)

    def hold(self, moment: str) -> None:
        """Stop the next create call "before taking" or "after taking" its text."""
        self.held, self.keeps = moment, True
        self.holding.clear()
        self.let_go.clear()

    def wait_until_held(self) -> None:
        """Return once a call is stopped at the moment that `hold` named."""
        assert self.holding.wait(PATIENCE), f"no call came to {self.held!r}"

    def release(self, *, keeps: bool = True) -> None:
        """Let the stopped call go on; one stopped before taking may also be dropped."""
        self.keeps, self.held = keeps, ""
        self.let_go.set()

    def quiet(self) -> None:
        """Return once every call that any process has begun, dead or alive, has been dealt with.

        Connections are taken in the order in which they came, so those of processes that were
        killed before this call are counted by the time that ours is answered.
        """
        probe = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        probe.request("GET", "/quiet")
        probe.getresponse().read()
        probe.close()
        with self.idle:
            assert self.idle.wait_for(lambda: not self.in_flight, PATIENCE)

    # --- reports ------------------------------------------------------------------------------

    def report(self) -> list[int]:
        """Post what is owed; return the answers. What is not heard (0, 5xx) is owed still."""
        with self.lock:
            owed, self.owed = self.owed, []
        if self.callbacks is Callbacks.SHUFFLED:
            self.chance.shuffle(owed)
        if self.callbacks is Callbacks.DOUBLED:
            owed = [one for one in owed for _ in range(2)]
        answers = []
        for text, status in owed:
            answers.append(self.post(text, status, forged=self.callbacks is Callbacks.FORGED))
            if answers[-1] == 0 or answers[-1] >= 500:
                self.owed.append((text, status))
        return answers

    def post(self, text: Text, status: str, *, forged: bool = False) -> int:
        """Post one status callback as Twilio does; return the answer's status, 0 if none came."""
        form = {
            "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "From": SENDER, "To": text.to,
            "MessageSid": text.sid, "SmsSid": text.sid, "MessageStatus": status,
            "SmsStatus": status, "MessagingServiceSid": SERVICE,
        }  # fmt: skip
        url = urldefrag(text.callback).url
        token = "another token" if forged else TOKEN
        signature = RequestValidator(token).compute_signature(url, form)
        return self.call(url, form, signature)

    def call(self, url: str, form: dict[str, str], signature: str) -> int:
        """Post one signed webhook; return the answer's status, 0 if none came."""
        try:
            answer = requests.post(
                url, data=form, headers={"X-Twilio-Signature": signature}, timeout=PATIENCE
            )
        except requests.ConnectionError:
            return 0
        return answer.status_code

    # --- what the handler asks ----------------------------------------------------------------

    def next_fault(self, to: str, body: str) -> Fault:
        with self.lock:
            self.calls[to, body] += 1
            return self.script.popleft() if self.script else self.treat(
                to, body, self.calls[to, body]
            )  # fmt: skip

    def take(self, form: dict[str, str]) -> Text:
        with self.lock:
            sid = f"SM{len(self.texts) + 1:032x}"
            text = Text(sid, form["To"], form["Body"], self.now, form.get("StatusCallback", ""))
            text.lag = self.lag(sid)
            self.texts.append(text)
        reports = [(text, status) for status in ("queued", "sent", "delivered")]
        if self.callbacks is Callbacks.EARLY:
            for one, status in reports:
                self.post(one, status)
        elif self.callbacks is not Callbacks.NONE:
            with self.lock:
                self.owed += reports
        return text

    def stop_here(self, moment: str) -> bool:
        """Hold the call if it was asked for; return whether it goes on as usual."""
        if self.held != moment:
            return True
        self.holding.set()
        self.let_go.wait(PATIENCE)
        return self.keeps

    def listed(self, to: str) -> list[Text]:
        with self.lock:
            self.looks += 1
            there = [one for one in self.texts if one.at + one.lag <= self.now]
        return [one for one in reversed(there) if to in ("", one.to)]


class Server(LoopbackServer):
    """Counts the connections that it has taken and not yet dealt with."""

    request_queue_size = 256

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake = fake
        super().__init__(Handler, fake.port)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.fake.idle:
            self.fake.in_flight += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.fake.idle:
                self.fake.in_flight -= 1
                self.fake.idle.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers are killed while we answer them."""


class Handler(QuietHandler):
    """POST and GET Messages.json, GET Messages/<sid>.json."""

    server: Server
    MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"

    def do_POST(self) -> None:
        fake = self.server.fake
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        if not self._is_ours() or self.path != f"{self.MESSAGES}.json":
            return
        fault = fake.next_fault(form["To"], form["Body"])
        if not fake.stop_here("before taking"):
            return
        text = fake.take(form) if fault.takes else None
        fake.stop_here("after taking")
        if fault.says == "hang":
            self.connection.recv(1)  # until the caller has had enough, or is dead
        elif fault.says == "garbage":
            self._answer(fault.status, "<html>Created</html>")
        elif fault.says == "json":
            self._answer(fault.status, json.dumps(_shown(text) if text and fault.status == 201
                         else _error(fault)), fault.retry_after)  # fmt: skip

    def do_GET(self) -> None:
        fake, asked = self.server.fake, urlsplit(self.path)
        if asked.path == "/quiet":
            self._answer(200, "{}")
        elif not self._is_ours():
            return
        elif asked.path == f"{self.MESSAGES}.json":
            to = parse_qs(asked.query).get("To", [""])[0]
            self._answer(200, json.dumps(_page([_shown(one) for one in fake.listed(to)])))
        else:
            sid = asked.path.removeprefix(f"{self.MESSAGES}/").removesuffix(".json")
            found = [one for one in fake.listed("") if one.sid == sid]
            missing = _error(Fault("404", takes=False, status=404, code=20404))
            self._answer(200 if found else 404, json.dumps(_shown(found[0]) if found else missing))

    def _is_ours(self) -> bool:
        ours = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {ours}":
            return True
        self._answer(401, json.dumps(_error(WRONG_TOKEN)))
        return False

    def _answer(self, status: int, body: str, retry_after: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body.encode())


def _error(fault: Fault) -> dict[str, Any]:
    # Twilio's own words hold the number; ours must not get into a log either.
    words = "The number +447700900123 is at fault"
    return {"code": fault.code, "message": words, "more_info": "", "status": fault.status}


def _shown(text: Text) -> dict[str, Any]:
    at = format_datetime(text.at)
    uri = f"{Handler.MESSAGES}/{text.sid}"
    return {
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": text.body,
        "date_created": at, "date_sent": None, "date_updated": at, "direction": "outbound-api",
        "error_code": None, "error_message": None, "from": None, "num_media": "0",
        "num_segments": "1", "price": None, "price_unit": None,
        "messaging_service_sid": SERVICE, "sid": text.sid, "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"}, "tags": None, "to": text.to,
        "uri": f"{uri}.json",
    }  # fmt: skip


def _page(texts: list[dict[str, Any]]) -> dict[str, Any]:
    uri = f"{Handler.MESSAGES}.json?Page=0"
    return {
        "messages": texts, "page": 0, "page_size": 200, "start": 0, "end": max(0, len(texts) - 1),
        "uri": uri, "first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None,
    }  # fmt: skip
