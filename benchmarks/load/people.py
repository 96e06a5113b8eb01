"""Locust's file: patients, clerks and trusts, over HTTP as their browsers and systems send it.

LOAD_SCENE names a JSON file of whom to be; each answer and each thing that somebody was told is a
JSON line of LOAD_NOTES. It talks to loopback alone, as the proxy that stands before the service.
"""

import json
import os
import random
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import django
from locust import HttpUser, between, events, task

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_otp.oath import totp  # noqa: E402

from benchmarks.load.visits import (  # noqa: E402
    HIDDEN,
    Interrupted,
    Notes,
    Visiting,
    as_https,
    headers,
    is_broken,
)
from booking.demo import sender  # noqa: E402
from booking.demo.trust_system import TrustSystem, utc_now  # noqa: E402
from times.london import LONDON  # noqa: E402

SCENE = json.loads(Path(os.environ["LOAD_SCENE"]).read_text(encoding="utf-8"))
NOTES = Notes(Path(os.environ["LOAD_NOTES"]))
SECRET = re.compile(r"\b(?:[A-Z2-7]{4} ){3,}[A-Z2-7]{1,4}\b")
chance = random.Random(2026)
waiting = list(SCENE["waiting"])
chance.shuffle(waiting)
SYSTEMS = {
    trust: TrustSystem(trust, timezone.now().astimezone(LONDON).date(), random.Random(trust),
                       SCENE["days"])
    for trust in SCENE["keys"]
}  # fmt: skip
connection.close()
as_https()


@events.request.add_listener
def answered(name: str, response_time: float, response: Any, **_: Any) -> None:
    """Note each answer: 0 is none."""
    status = getattr(response, "status_code", 0) or 0
    NOTES.write("answer", name=name, ms=round(response_time, 1), status=status)


class Browser(HttpUser):
    """Somebody behind the proxy, with a browser that keeps cookies as on https."""

    abstract = True
    wait_time = between(0.1, 0.6)

    def begin(self) -> None:
        """Open a browser that nobody used before, at an address of its own."""
        self.client.cookies.clear()
        self.client.headers.update(headers(SCENE["origin"], chance))

    def see(self, method: str, path: str, name: str = "", **form: str) -> str:
        """Open a page, or send a form; return the page that came. Raises Interrupted."""
        with self.client.request(
            method, path, data=form or None, name=f"{method} {name or path}", timeout=30,
            catch_response=True,
        ) as said:  # fmt: skip
            said.success()  # what may be is judged at the end
            self.landed = said.url or ""
            if is_broken(said.status_code):
                raise Interrupted(f"{said.status_code}")
            return str(said.text)


class Patient(Browser, Visiting):
    """Comes, books, and comes again later."""

    weight = 8

    @task
    def visit_again(self) -> None:
        """Do one visit."""
        if waiting:
            self.who = waiting.pop(0)
            if not self.visit(chance, NOTES):
                time.sleep(1)
            waiting.append(self.who)


class Clerk(Browser):
    """Signs in with a second factor, finds callers, opens them, the lists and the day."""

    fixed_count = 1

    def on_start(self) -> None:
        """Sign in as the scene's clerk; the authenticator is set up the first time."""
        self.begin()
        page = self.see("GET", "/staff/sign-in/")
        form = {"username": SCENE["clerk"], "password": SCENE["password"]}
        page = self.see("POST", "/staff/sign-in/", **dict(HIDDEN.findall(page)), **form)
        found = SECRET.search(page)
        NOTES.write("told", what="clerk signs in" if found else "clerk not let in", code="")
        if found:
            import base64

            secret = found[0].replace(" ", "")
            key = base64.b32decode(secret + "=" * (-len(secret) % 8))
            self.see("POST", "/staff/sign-in/set-up/", **dict(HIDDEN.findall(page)),
                     code=f"{totp(key):06}")  # fmt: skip

    @task
    def day(self) -> None:
        """Find one caller and see what waits."""
        try:
            page = self.see("GET", "/staff/desk/")
            form = {**dict(HIDDEN.findall(page)), "who": chance.choice(SCENE["waiting"])}
            self.see("POST", "/staff/desk/", "/staff/desk/ and the patient", **form)
            self.see("GET", "/staff/lists/")
            self.see("GET", "/staff/day/")
            self.see("GET", "/performance/")
        except Interrupted:
            time.sleep(1)


class Trust(Browser):
    """Sends what changed of its times, and reads its bookings by the cursor."""

    fixed_count = len(SCENE["keys"])
    wait_time = between(2, 4)
    since = ""

    def on_start(self) -> None:
        """Be one of the trusts."""
        self.begin()
        self.trust = list(SCENE["keys"])[Trust.begun % len(SCENE["keys"])]
        Trust.begun += 1
        self.client.headers["Authorization"] = f"Bearer {SCENE['keys'][self.trust]}"

    begun = 0

    @task
    def push(self) -> None:
        """Send 1% of the times, changed; what was not taken is sent again, as the sender would."""
        system = SYSTEMS[self.trust]
        body = sender.pack(system.lines(system.churn(0.01, utc_now())))
        how = {"Content-Type": "application/fhir+ndjson", "Content-Encoding": "gzip"}
        for _ in range(5):
            said = self.client.post("/fhir/R4/$import", data=body, headers=how, timeout=60)
            if said.status_code == 200:
                break
            time.sleep(1)

    @task
    def read(self) -> None:
        """Read the next page of its bookings."""
        since = f"&_lastUpdated=gt{quote(self.since, safe='')}" if self.since else ""
        said = self.client.get(
            f"/fhir/R4/Appointment?_sort=_lastUpdated&_count=50{since}",
            name="GET /fhir/R4/Appointment by cursor",
        )
        entries = said.json().get("entry", []) if said.status_code == 200 else []
        if entries:
            self.since = entries[-1]["resource"]["meta"]["lastUpdated"]
