"""Whatever is sent to whatever address: never our fault, and a refusal changes nothing.

The addresses and what they read come out of Django's table (addresses.py). Each call is right
but for one value, so that it gets past the door's own checks, and is rolled back.
"""

import copy
import json
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as conf
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import resolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.api.unknown import UnknownView
from booking.appointments import booking, holds
from booking.exams.questions import file
from booking.exchange.feeds.keys import create_key
from booking.exchange.fhir_systems import NEED, NHS_NUMBER, OUR_EXAM, OUR_REFERRAL, URGENCY
from booking.models import Answer, Appointment, Note, Offer, Patient, Referral, Slot, WorklistRow
from booking.offers.making import Terms, make
from booking.pages.subject import subject_now, subject_of_row, subject_token
from booking.patient.answering import Seen, address_of, token_of
from booking.patient.codes_at_hand import key_of
from booking.referrals.replacing import version_of
from booking.worklists import rows, subjects
from notifications.models import Inbound, Message
from tests.booking.addresses import Address, all_addresses
from tests.booking.api.conftest import NUMBERS, message
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.notifications.signing import signature

KEPT = (Answer, Appointment, Offer, Slot, Referral, Patient, Message, Note, WorklistRow, Inbound)
"""What no refusal changes. That somebody called, or tried, may be written down."""
NASTY = [
    "", "\0", "a\0b", "²", "٣", "１２", "-1", "0", "1e9", "1.5", "9" * 19, "9" * 30, "9" * 5000,
    "nan", "inf", "0001-01-01", "9999-12-31", "ge0001-01-01T00:00:00+14:00",
    "le9999-12-31T23:59:59-14:00", "gt9999-12-31", "2026-13-45", "2026-02-29", "24:61",
    "31/12/9999", "\u200b7KQ4\u00a09CRB",
    "\ufeff", "\u202e", "ß" * 8, "ﷺ" * 200, "é" * 300, "x" * 5000, "\ud800", "😀", "\r\n", "%00",
    "%", "../../etc/passwd", "' OR 1=1 --", "{{7*7}}", "[]", "null", "http://[", "//x", "=1+1",
    "\x85",
]  # fmt: skip
VALUES = st.sampled_from(NASTY) | st.text(max_size=12)
HALF_OPEN = settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
ACCOUNT = {"AccountSid": conf.TWILIO_ACCOUNT_SID}
FORM = "application/x-www-form-urlencoded"
RIGHT = {
    "postcode": "LA14 4LF", "modality": "MR", "code": "7KQ49CRB", "born[day]": "12",
    "born[month]": "3", "born[year]": "1961", "status": "free", "near": "54.05|-2.8|40|km",
    "reason": "phoned", "do": "note", "note": "called", "mobile": "07700900461", "number": "2",
    "urgency": "urgent", "outcome": "booked", "username": "lead", "password": "secret",
    "given_name": "Ann", "family_name": "Hill", "born": "12/3/1961", "exam": "MR-1", "trust": "RTX",
    "clock_start": "2026-11-20", "who": "Fell 12 3 1961", "from": "2026-11-25", "act": "read",
    "MessageSid": "SM1", "From": "+447700900461", "Body": "YES", "MessageStatus": "delivered",
    "grant_type": "client_credentials", "start": ["ge2026-11-24", "le2026-11-30"], "seen": "0",
    "notice": "2", "where": "any", "wish": "0",
    "cancel_reason": "not_well", "attended": "attended", "body": "YES", "state": "ready",
}  # fmt: skip
"""What is sent beside the one value that is wrong."""


@pytest.fixture
def world(jane, tom, make_slot, make_staff, now, time_machine, settings):
    """Jane is booked, Tom holds a time; a lead, an administrator and a trust's system look on."""
    time_machine.move_to(now, tick=False)
    settings.API_CALLS_A_MINUTE = 10**6
    settings.OPEN_CALLS_A_MINUTE = settings.OPEN_PAGES_A_MINUTE = 0
    settings.SIGN_INS_A_MINUTE = 10**6
    return World(jane, tom, [make_slot(day=day) for day in (8, 9, 10, 11)], make_staff, now)


class World:
    """What stands in the database, and who calls."""

    def __init__(self, jane, tom, slots, make_staff, now):
        held = slots[1]
        holds.hold(jane, slots[0].pk, now=now)
        self.made = booking.book(jane, slots[0].pk, now=now, actor="patient")
        holds.hold(jane, held.pk, now=now)
        terms = Terms(Offer.Why.SOONER, now + timedelta(hours=4))
        offer = make(jane, slots[3].pk, terms, now=now, actor="clock")
        with transaction.atomic():
            kind = rows.Kind.NEEDS_PERSON
            about = subjects.of_appointment(self.made)
            rows.open_row(kind, about, "Phone.", now=now, actor="clock")
        row = WorklistRow.objects.get(appointment=self.made, kind=kind)
        message = Message.objects.first()
        key = create_key("RTX", now=now, label="first")
        self.values = {
            "patient_id": jane.patient_id, "referral_id": jane.pk, "row_id": row.pk,
            "slot_id": held.pk, "message_id": message.pk, "text_id": message.pk, "slug": "furness",
            "kind": "needs_person", "trust": "RTX", "prefix": key.partition(".")[0][:12],
            "id": held.pk, "name": "Location", "code": jane.code, "object_id": 1,
            "clinic_id": 1, "person_id": 1, "question": "notice",
            "address": address_of(jane, file.current().by_id["pacemaker"]),
        }  # fmt: skip
        self.jane = jane
        about = subject_token(subject_now(jane))
        self.fields = {**RIGHT, "about": about, "slot": str(held.pk), "referral": str(jane.pk),
                       "whose": key_of(jane.code),
                       "answer": "no", "offer": str(offer.pk)}  # fmt: skip
        self.row = subject_token(subject_of_row(row))
        self.headers = {"Authorization": f"Bearer {key}", "If-Match": 'W/"1"', **NUMBERS}
        patient, self.staff = Client(raise_request_exception=False), {}
        patient.session  # noqa: B018 - makes one
        session = patient.session
        session["referral"], session["slot"] = jane.pk, held.pk
        session["codes"] = [jane.code]
        session["origins"] = {"own": ["LA14 4LF", 54.136, -3.208, False, ""]}
        session.save()
        self.patient = patient
        for role in ("lead", "network_admin"):
            self.staff[role] = Client(raise_request_exception=False)
            self.staff[role].force_login(make_staff(role, ["RTX"]).user)
        self.before = self.look()

    def look(self):
        return [list(model.objects.order_by("pk").values_list()) for model in KEPT]

    def path_values(self, address):
        values = {part: self.values.get(part, 1) for part in address.parts}
        if "Appointment" in address.route:
            values["id"] = self.made.reference
        return values

    def fields_of(self, address):
        about = {"about": self.row} if "row_id" in address.parts else {}
        return {**self.fields, "asked": self.asked(), **about}

    def asked(self):
        """What a question's page carries now: an earlier call may have answered it."""
        known = self.jane.answers.get(question="pacemaker", is_current=True)
        return token_of(Seen(self.jane.pk, "pacemaker", file.current().version, known.pk))

    def ask(self, address, *what, **more):
        """Call as whoever may be there: the patient, or staff of the role that may."""
        if not address.route.startswith("staff/"):
            return self.call(self.patient, *what, **more)
        status = self.call(self.staff["lead"], *what, **more)
        if status != 403:
            return status
        return self.call(self.staff["network_admin"], *what, **more)

    def call(self, caller, method, path, query="", body=b"", content_type=FORM, **headers):
        """Call, look, and roll back; a refusal must not have changed anything."""
        cookies, writes = copy.copy(caller.cookies), []

        def watch(execute, sql, *rest):
            writes.append(sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE", "WITH"))
            return execute(sql, *rest)

        # Not a block: there are rules about those (booking/changes/transactions.py).
        before = transaction.savepoint()
        with connection.execute_wrapper(watch):
            answer = caller.generic(
                method, path, body, content_type, QUERY_STRING=query,
                headers={**self.headers, **headers},
            )  # fmt: skip
        if answer.status_code >= 400 and any(writes):
            assert self.look() == self.before, (method, path, query, body)
        transaction.savepoint_rollback(before)
        caller.cookies = cookies
        why = answer.exc_info[1] if answer.status_code >= 500 and answer.exc_info else ""
        assert answer.status_code < 500, (method, path, query[:300], body[:300], repr(why))
        return answer.status_code


def encode(fields):
    return urlencode(fields, doseq=True, errors="surrogatepass")


GETS_IN = {
    ("confirm/", "POST"), ("where/", "POST"), ("staff/refer/", "POST"), ("places", "GET"),
    ("born/", "POST"),
    ("staff/patient/<int:patient_id>/note/", "POST"), ("staff/lists/row/<int:row_id>/", "POST"),
    ("fhir/R4/Slot", "GET"), ("sms/twilio/inbound/", "POST"), ("appointment/cancel/", "POST"),
    ("questions/<slug:address>/", "POST"), ("questions/check/", "POST"),
    ("offer/", "POST"), ("sooner/<slug:question>/", "POST"), ("sooner/stop/", "POST"),
    ("staff/referrals/<int:referral_id>/sooner/", "POST"), ("staff/sooner/", "GET"),
    ("staff/patient/<int:patient_id>/offer/", "POST"),
}  # fmt: skip
"""Some of each kind, to see that right calls do get past the doors: else nothing would be shown."""


def test_no_address_parameter_or_form_field_is_our_fault(world):
    for address in all_addresses():
        try_address(world, address)
        for method in ("GET", "POST"):
            if (address.route, method) in GETS_IN:
                assert ask(world, address, method) < 400, (method, address)


def try_address(world: World, address: Address) -> None:
    @settings(HALF_OPEN, max_examples=2)
    @given(st.sampled_from([*address.parts, *names_of(address, "GET"), "unheard-of"]), VALUES)
    def call(spoilt, value):
        for method in ("GET", "POST"):
            ask(world, address, method, spoilt, value)

    call()


def names_of(address, method):
    """Return what an address may be sent: a FHIR one says it itself, and refuses the rest."""
    kind = getattr(address.view, "view_class", None)
    takes = getattr(kind, "takes", None)
    if takes is None:
        return address.names
    return sorted(takes[method.lower()].names) if method.lower() in takes else ()


def ask(world, address, method, spoilt="", value=""):
    """Call an address with all that its view reads, right but for the `spoilt` one."""
    values, fields = world.path_values(address), world.fields_of(address)
    (values if spoilt in address.parts else fields)[spoilt] = value
    sent = {
        name: fields[name]
        for name in (*names_of(address, method), spoilt)
        if name and name in fields
    }
    path = address.path(values)
    if method == "GET":
        return world.ask(address, method, path, encode(sent))
    form = encode({**sent, "about": fields["about"], "asked": fields["asked"], **ACCOUNT})
    headers = {"X-Twilio-Signature": sign(path, form)}
    return world.ask(address, method, path, body=form.encode(), **headers)


def sign(path, form):
    """Sign a form as Twilio signs it: nobody else looks at that."""
    return signature(path, QueryDict(form))


def bodies(world, furness):
    """What systems send, right as it stands, each with where to."""
    new = slot(furness, name="new")
    places = [location(furness), schedule(furness), new]
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in places
    ]
    reference = world.made.reference
    free = world.values["slot_id"] + 1
    return {
        ("POST", "/fhir/R4/$import"): new,
        ("PUT", "/fhir/R4/Slot/new"): new,
        ("POST", "/fhir/R4/"): {"resourceType": "Bundle", "type": "transaction", "entry": entries},
        ("POST", "/fhir/R4"): {"resourceType": "Bundle", "type": "batch", "entry": entries},
        ("POST", "/fhir/R4/Appointment"): {
            "resourceType": "Appointment", "status": "booked",
            "slot": [{"reference": f"Slot/{free}"}],
            "basedOn": [{"identifier": {"system": OUR_REFERRAL, "value": "3XRD7JQF"}}],
        },
        ("PUT", f"/fhir/R4/Appointment/{reference}"): {
            "resourceType": "Appointment", "id": reference, "status": "cancelled",
            "start": "2026-12-02T14:00:00Z", "cancelationReason": {"coding": [{"code": "prov"}]},
        },
        ("PATCH", f"/fhir/R4/Appointment/{reference}"): [
            {"op": "replace", "path": "/status", "value": "cancelled"}
        ],
        ("POST", "/fhir/R4/ServiceRequest"): request_of("RTX-1", "Ann", "Hill"),
        ("PUT", f"/fhir/R4/ServiceRequest/{world.values['referral_id']}"): request_of(
            "RTX-J", "Jane", "Fell"
        ),
        **{
            ("POST", f"/fhir/R4/Slot/{free}/${name}"): {
                "resourceType": "Parameters",
                "parameter": [{
                    "name": "basedOn",
                    "valueReference": {"identifier": {"system": OUR_REFERRAL, "value": "3XRD7JQF"}},
                }],
            }
            for name in ("release", "hold")
        },
        ("POST", "/fhir/R4/$process-message"): message({
            "resourceType": "Appointment", "status": "booked",
            "slot": [{"reference": f"Slot/{free}"}],
            "basedOn": [{"identifier": {"system": OUR_REFERRAL, "value": "3XRD7JQF"}}],
        }),
    }  # fmt: skip


def request_of(identifier, given_name, family_name):
    return {
        "resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "priority": "urgent", "identifier": [{"system": "urn:x", "value": identifier}],
        "category": [{"coding": [{"system": URGENCY, "code": "suspected_cancer"}]}],
        "code": {"coding": [{"system": OUR_EXAM, "code": "MR-1"}]},
        "authoredOn": "2026-11-20T09:00:00Z",
        "reasonCode": [{"coding": [{"system": NEED, "code": "hoist"}]}],
        "contained": [{
            "resourceType": "Patient", "birthDate": "1961-03-12",
            "identifier": [{"system": NHS_NUMBER, "value": "9990000018"}],
            "name": [{"family": family_name, "given": [given_name]}],
            "telecom": [{"system": "phone", "value": "07700900461"}],
            "address": [{"postalCode": "LA14 4LF"}],
        }],
    }  # fmt: skip


MEDIA = {"PATCH": "application/json-patch+json"}
SHAPES: st.SearchStrategy[Any] = VALUES | st.sampled_from(
    [None, True, 0, -1, 1.5, 10**30, [], {}, [None], [[]], {"a": {}}, ["\0"], {"\0": "\0"}]
)


def places_in(body, before=()):
    """Yield the way to every value in a body."""
    parts = body.items() if isinstance(body, dict) else enumerate(body)
    for name, value in parts:
        yield (*before, name)
        if isinstance(value, dict | list):
            yield from places_in(value, (*before, name))


def spoil(body, way, value):
    """Return a body with one value in it replaced."""
    spoilt = copy.deepcopy(body)
    inside = spoilt
    for name in way[:-1]:
        inside = inside[name]
    inside[way[-1]] = value
    return spoilt


def send_body(world, method, path, kind, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = {}
    if path.startswith("/fhir/R4/ServiceRequest/"):
        referral = Referral.objects.get(pk=world.values["referral_id"])
        more = {"If-Match": f'W/"{version_of(referral)}"'}
    return world.call(world.patient, method, path, body=raw, content_type=kind, **more)


def test_no_body_of_a_trust_is_our_fault(world, furness):
    sent = bodies(world, furness)
    Referral.objects.filter(pk=world.values["referral_id"]).update(identifier="RTX-J")
    world.before = world.look()
    # A view of the API that takes a body and is not asked here would be missed.
    takes = {
        (method, address.view)
        for address in all_addresses()
        for method in ("POST", "PUT", "PATCH")
        if address.route.startswith("fhir/") and address.view.view_class is not UnknownView
        if hasattr(address.view.view_class, method.lower())
        if not address.route.endswith("/_search")  # a form, as a GET reads its parameters
    }
    asked = {(method, resolve(path).func) for method, path in sent}
    assert {(how, view.view_class) for how, view in takes} == {
        (how, view.view_class) for how, view in asked
    }
    for (method, path), body in sent.items():
        kind = "application/fhir+ndjson" if path.endswith("$import") else "application/fhir+json"
        kind = MEDIA.get(method, kind)

        send = partial(send_body, world, method, path, kind)
        assert send(body) < 300
        for raw in (b"", b"\xff", b"\0", b"[" * 10_000, b'{"resourceType":', b"\xef\xbb\xbf{}"):
            send(raw)
        try_bodies(body, send)


def try_bodies(body, send):
    @settings(HALF_OPEN, max_examples=12)
    @given(st.sampled_from(list(places_in(body))), SHAPES)
    def call(way, value):
        send(spoil(body, way, value))

    call()
