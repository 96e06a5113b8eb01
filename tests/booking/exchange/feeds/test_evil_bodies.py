"""No mutation of a body that replaces takes away a slot that the whole body names, and none is 500.

A small body of three schedules, as publishers of SMART Scheduling Links write it, is packed, cut,
doubled, shuffled and spoiled, always in the same way. Left out is what no reader can tell from a
body that is right and smaller: plain lines cut between two lines under a length that fits, and an
id that became another one.
"""

import gzip
import io
import random
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.exchange.feeds.keys import create_key
from booking.exchange.fhir_systems import CAPACITY
from booking.models import Appointment, Slot
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.booking.exchange.feeds.test_replace import shapes, text

SMART = "http://fhir-registry.smarthealthit.org/StructureDefinition/"
CUTS, SPOILED = 3, 25
"""Cuts of each packing, and bytes that are spoiled in each."""


@pytest.fixture
def resources(furness, lancaster):
    """Two places, three schedules, twelve slots."""
    lists = [(furness, "MR"), (furness, "DX"), (lancaster, "MR")]
    phone = [{"system": "phone", "value": "01229 555 0100"}, {"system": "url", "value": "urn:x"}]
    found = [location(furness, telecom=phone, district="Furness"), location(lancaster)]
    found += [schedule(site, modality) for site, modality in lists]
    for number in range(12):
        site, modality = lists[number % 3]
        found.append(
            slot(
                site,
                f"s{number:02}",
                hour=8 + number // 3,
                schedule={"reference": f"Schedule/{site.slug}-{modality}"},
                status="busy" if number == 7 else "free",
                extension=[
                    {"url": CAPACITY, "valueInteger": 1 + number % 2},
                    {"url": f"{SMART}booking-deep-link", "valueUrl": f"https://x.example/{number}"},
                    {"url": f"{SMART}booking-phone", "valueString": "01229 555 0100"},
                ],
            )
        )
    return found


@pytest.fixture
def send(client, trust, now, resources, jane, furness):
    """Send a body over the whole one, of which jane has a place; give the answer.

    There is one slot more, which the whole body does not name.
    """
    key = create_key(trust.code, now=now)

    def post(body, said=None):
        fields = {"CONTENT_LENGTH": str(len(body) if said is None else said)}
        return client.generic(
            "POST", "/fhir/R4/$import?mode=replace", b"", content_type="application/fhir+ndjson",
            HTTP_AUTHORIZATION=f"Bearer {key}", **fields, **{"wsgi.input": io.BytesIO(body)},
        )  # fmt: skip

    @contextmanager
    def send(body, said=None):
        around = transaction.atomic()
        around._from_testcase = True  # what is inside is to believe that it is in no transaction
        with around:
            yield post(body, said)
            transaction.set_rollback(True)

    old = slot(furness, "old", hour=17)
    assert post(b"\n".join(map(text, [*resources, old]))).status_code == 200
    free = Slot.objects.filter(external_id="s00").first()
    holds.hold(jane, free.pk, now=now)
    booking.book(jane, free.pk, now=now, actor="patient")
    return send


def open_slots():
    return set(Slot.objects.exclude(status="withdrawn").values_list("external_id", flat=True))


def open_times():
    """Schedule and hour: a slot whose id became another right one is the same slot."""
    slots = Slot.objects.exclude(status="withdrawn").exclude(external_id="old")
    return {
        (name, start.hour) for name, start in slots.values_list("schedule__external_id", "start")
    }


LISTS = ["furness-MR", "furness-DX", "lancaster-MR"]
NAMED_TIMES = {(name, hour) for name in LISTS for hour in range(8, 12)}


def check(response, about, *, whole=False):
    """Nobody lost a time, and what stayed for want of sureness was said."""
    assert response.status_code < 500, about
    assert open_times() >= NAMED_TIMES, (about, response.json())
    assert Appointment.objects.get().status == "booked", about
    is_gone = "old" not in open_slots()
    assert is_gone or not whole, (about, response.json())
    assert is_gone or response.status_code >= 400, (about, response.json())


def packings(resources):
    """Bytes of the whole body in many shapes."""
    found = {name: b"\n".join(lines) for name, lines in shapes(resources).items()}
    plain = [text(one) for one in resources]
    some, rest = b"\n".join(plain[:7]) + b"\n", b"\n".join(plain[7:])
    other = {"contained": [{"resourceType": "Slot", "id": "s99"}], "extension": [{"id": "s98"}]}
    own = [{**one, "contained": other["contained"]} for one in resources]
    return {
        **found,
        "plain": some + rest,
        "lines end in CRLF": b"\r\n".join(plain),
        "keys in order": b"\n".join(text(one, sort_keys=True) for one in own),
        "doubled": b"\n".join(line for line in plain for _ in "12"),
        "sent twice": b"\n".join(plain * 2),
        "backwards": b"\n".join(plain[::-1]),
        "shuffled": b"\n".join(random.Random(5).sample(plain, len(plain))),
        "escaped": b"\n".join(line.replace(b"Slot", rb"\u0053lot") for line in plain),
        "gzip": gzip.compress(some + rest, mtime=0),
        "members": gzip.compress(some, mtime=0) + gzip.compress(rest, mtime=0),
        "a member a line": b"".join(gzip.compress(line + b"\n", mtime=0) for line in plain),
        "gzip of a Bundle": gzip.compress(found["Bundle"], mtime=0),
    }


LINES = {
    "plain", "lines end in CRLF", "keys in order", "doubled", "sent twice", "backwards", "shuffled",
    "escaped", "two Bundles", "printed resources", "a mark and line ends",
}  # fmt: skip
"""Packings that could end after each line."""


def test_every_packing_is_whole_and_no_cut_of_it_is(send, resources):
    for packing, body in packings(resources).items():
        with send(body) as response:
            check(response, packing, whole=True)
        for place in random.Random(packing).sample(range(1, len(body) - 1), CUTS):
            with send(body[:place], said=len(body)) as response:
                check(response, (packing, place, "broke off"))
                assert response.status_code == 400
            if packing not in LINES:
                with send(body[:place]) as response:
                    check(response, (packing, place))


def test_lines_that_are_cut_within_one_are_not_whole(send, resources):
    for packing in sorted(LINES - {"two Bundles", "printed resources"}):
        body = packings(resources)[packing]
        ends = [place for place in range(len(body)) if body[place : place + 1] == b"\n"]
        for place, before in zip(ends[-3:], (1, 9, 90), strict=True):
            with send(body[: place - before - 1]) as response:
                check(response, (packing, place, before))
                assert response.status_code == 422


EVIL: list[Any] = [
    None, "", "é", "x" * 65, "a/b", "\x01", "\0", "\ud83d", -1, 2**64, [], {}, [[]],
    {"reference": None}, {"reference": "Schedule/"}, {"reference": "Schedule/nowhere"},
    {"reference": "https://x.example/Schedule/furness-MR"}, [{"reference": "Location/nowhere"}],
    {"lastUpdated": "0001-01-01T00:00:00Z"}, {"lastUpdated": "9999-12-31T23:59:59-14:00"},
    [{"url": CAPACITY, "valueInteger": 10**9}], [{"url": CAPACITY}], "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00", "2026-12-02T24:00:00Z", "2026-12-02T23:59:60Z",
    "Slot", "slot", "Schedule", "Location", "Bundle", "OperationOutcome", "x" * 70_000,
]  # fmt: skip
FIELDS = {
    0: ["resourceType", "id", "identifier"],
    2: ["resourceType", "id", "actor", "serviceType"],
    8: ["resourceType", "id", "meta", "schedule", "status", "start", "end", "extension"],
}


def test_no_value_of_a_field_takes_a_slot_away(send, resources):
    cases = [(8, field, value) for field in FIELDS[8] for value in EVIL]
    # A few for each field of the others: they stand or fall by the same rules.
    few = {field: EVIL[len(field) :: 3] for field in [*FIELDS[0], *FIELDS[2]]}
    cases += [(line, field, one) for line in (0, 2) for field in FIELDS[line] for one in few[field]]
    for line, field, value in cases:
        lines = [text(one) for one in resources]
        lines[line] = text({**resources[line], field: value})
        with send(b"\n".join(lines)) as response:
            check(response, (line, field, value))


def test_no_spoiled_byte_takes_a_slot_away(send, resources):
    for packing in ["plain", "array", "printed Bundle", "two Bundles", "gzip"]:
        body, chance = packings(resources)[packing], random.Random(packing)
        for _ in range(SPOILED):
            place = chance.randrange(len(body))
            if b'"id": "' in body[max(0, place - 20) : place + 1]:
                continue
            bad = chance.choice([*b'{}[]",\\\n\0\xff', None])
            added = b"" if bad is None else bytes([bad])
            spoiled = body[:place] + added + body[place + chance.choice([0, 1]) :]
            with send(spoiled) as response:
                check(response, (packing, place, added))
