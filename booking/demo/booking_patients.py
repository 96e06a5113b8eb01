"""Invented patients who book through the partner API, all at once, and keep what they were told."""

import json
import random
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TextIO

from booking.demo.fhir_client import Answer, NoAnswer, call
from booking.exchange.fhir_systems import OUR_REFERRAL

TRIES = 6
"""How often a booking that nobody answered is sent again, under the same Idempotency-Key."""
CANCELLED_SHARE = 0.05
PATIENCE = 240.0
"""Seconds beyond the time that whoever has booked nothing yet goes on, as on a slow machine."""
FEW = 3
"""They choose among so few times that they race one another."""


class Waiting(NamedTuple):
    """A referral to be booked: the trust whose key books it, its code, its modality."""

    trust: str
    code: str
    modality: str


class Walk(NamedTuple):
    """For how many minutes to book, within how many days to come, and the seed of chance."""

    minutes: float
    days: int
    seed: int


def book_all(
    url: str,
    keys: dict[str, str],
    waiting: Sequence[Waiting],
    walk: Walk,
    out: str,
) -> None:
    """Book referrals at random until the time is over; write one JSON line an answer to `out`.

    Times are looked for within the next `walk.days`. Whoever has booked nothing by then goes on
    until they have, for PATIENCE seconds at most.
    """
    chance, end = random.Random(walk.seed), time.monotonic() + walk.minutes * 60
    has_booked = False
    with open(out, "w", encoding="utf-8") as log:
        while time.monotonic() < (end if has_booked else end + PATIENCE):
            who = chance.choice(waiting)
            try:
                has_booked |= _book(url, keys[who.trust], who, walk.days, chance, log)
            except NoAnswer:
                _note(log, "nobody answered")
                time.sleep(0.5)
            time.sleep(chance.uniform(0.0, 0.6))


def _book(url: str, key: str, who: Waiting, days: int, chance: random.Random, log: TextIO) -> bool:
    """Look for times of one day, take one of the first few; return whether it was booked."""
    begin = datetime.now(UTC) + timedelta(days=chance.uniform(0, days - 1))
    span = f"start=ge{_said(begin)}&start=le{_said(begin + timedelta(days=1))}"
    search = f"{url}/fhir/R4/Slot?status=free&service-type={who.modality}&{span}&_count={FEW}"
    found = call("GET", search, key)
    slots = [entry["resource"]["id"] for entry in found.get("entry", [])]
    if found.status != 200 or not slots:
        _note(log, f"search answered {found.status}" if found.status != 200 else "no time")
        return False
    body = {
        "resourceType": "Appointment",
        "status": "booked",
        "slot": [{"reference": f"Slot/{chance.choice(slots)}"}],
        "basedOn": [{"identifier": {"system": OUR_REFERRAL, "value": who.code}}],
        "participant": [{"status": "accepted", "actor": {"display": "patient"}}],
    }
    said = _send(f"{url}/fhir/R4/Appointment", key, body, log)
    if said.status != 201:
        _note(log, f"answered {said.status} {_code(said)}")
        return False
    _note(log, "booked", reference=said["id"], code=who.code)
    if chance.random() < CANCELLED_SHARE:
        reason = {"coding": [{"code": "pat"}]}
        gone = {
            "resourceType": "Appointment", "status": "cancelled", "cancelationReason": reason,
        }  # fmt: skip
        address = f"{url}/fhir/R4/Appointment/{said['id']}"
        done = call("PUT", address, key, gone, If_Match=said.headers["etag"])
        _note(log, "cancelled" if done.status == 200 else f"cancelling answered {done.status}")
    return True


def _send(address: str, key: str, body: dict[str, Any], log: TextIO) -> Answer:
    """Send a booking until somebody answers. Raises NoAnswer."""
    once = str(uuid.uuid4())
    for tried in range(TRIES):
        try:
            said = call("POST", address, key, body, Idempotency_Key=once)
            if "retry-after" not in said.headers and said.status < 500:
                return said
            _note(log, f"answered {said.status} and asked again")
        except NoAnswer:
            _note(log, "not answered and asked again")
        time.sleep(0.5 + tried)
    _note(log, "given up without an answer", code=body["basedOn"][0]["identifier"]["value"])
    raise NoAnswer


def _code(said: Answer) -> str:
    issues = said.get("issue") or [{}]
    return str(issues[0].get("code", ""))


def _said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _note(log: TextIO, what: str, **more: str) -> None:
    log.write(json.dumps({"what": what, **more}) + "\n")
    log.flush()
