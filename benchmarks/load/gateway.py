"""The fake Twilio of the texts' tests, on the real clock, behind the same proxy as everybody."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.request_validator import RequestValidator

from tests.resilience.fake_twilio import ACCOUNT, SENDER, SERVICE, TOKEN, Callbacks, FakeTwilio

REPLIES = 0.1
"""Of the texts, the share that is answered."""
WORDS = ["YES", "HELP", "thank you", "STOPPED?"]


class Gateway(FakeTwilio):
    """Takes texts, reports them, and answers some as patients do. `kept` are replies that we heard
    to be taken."""

    def __init__(self, origin: str, web: str) -> None:
        """Call back at `web` what the service says is at `origin`."""
        super().__init__(callbacks=Callbacks.IN_ORDER)
        self.origin, self.web, self.kept, self._answered = origin, web, set[str](), 0

    def __getattribute__(self, name: str) -> Any:
        """Return the real time as `now`."""
        return datetime.now(UTC) if name == "now" else super().__getattribute__(name)

    def call(self, url: str, form: dict[str, str], signature: str) -> int:
        """Post a webhook through the proxy; return the answer's status, 0 if none came."""
        there = urlsplit(url)
        headers = {"X-Twilio-Signature": signature, "X-Forwarded-Proto": "https",
                   "X-Forwarded-For": "198.51.100.254"}  # fmt: skip
        try:
            said = requests.post(self.web + there.path, data=form, headers=headers, timeout=30)
        except (requests.ConnectionError, requests.Timeout):
            return 0
        return said.status_code

    def reply_to_some(self, chance: random.Random) -> None:
        """Answer some of the texts that came since the last time."""
        with self.lock:
            fresh, self._answered = self.texts[self._answered :], len(self.texts)
        for text in fresh:
            if chance.random() >= REPLIES:
                continue
            sid = f"SM{len(self.kept) + 1:031x}f"
            form = {"AccountSid": ACCOUNT, "MessageSid": sid, "From": text.to, "To": SENDER,
                    "Body": chance.choice(WORDS), "MessagingServiceSid": SERVICE,
                    "NumMedia": "0"}  # fmt: skip
            url = f"{self.origin}/sms/twilio/inbound/"
            signature = RequestValidator(TOKEN).compute_signature(url, form)
            if self.call(url, form, signature) == 200:
                self.kept.add(sid)

    @contextmanager
    def busy(self) -> Iterator["Gateway"]:
        """Listen, report and reply until the block ends."""
        over, chance = threading.Event(), random.Random(7)

        def work() -> None:
            while not over.wait(0.5):
                self.report()
                self.reply_to_some(chance)

        with self.listening():
            thread = threading.Thread(target=work)
            thread.start()
            try:
                yield self
            finally:
                over.set()
                thread.join()
