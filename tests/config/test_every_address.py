"""Every address answers who opens it with a page: none with a bare refusal."""

import json
import logging

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from booking.appointments import booking, holds
from config.logs import Lines
from tests.booking.conftest import (  # noqa: F401 - fixtures
    furness,
    jane,
    make_referral,
    make_site,
    make_slot,
    now,
    trust,
)
from tests.booking.signing_in import prove
from tests.booking.watching import addresses_of, found_in

PARTS = {
    "<int:patient_id>": "{patient}", "<int:referral_id>": "{referral}", "<int:row_id>": "1",
    "<int:opening_id>": "1", "<int:answer_id>": "1", "<int:alert_id>": "1",
    "<int:scanner_id>": "1", "<int:stop_id>": "1",
    "<int:number>": "1", "<int:clinic_id>": "1", "<int:person_id>": "1",
    "<int:slot_id>": "{slot}", "<path:object_id>": "1", "<path:url>": "x", "<str:code>": "7KQ49CRB",
    "<str:id>": "1", "<str:name>": "Location", "<slug:slug>": "furness", "<slug:kind>": "displaced",
    "<slug:modality>": "MR", "<slug:question>": "notice",
    "<slug:code>": "RTX",
    "<slug:trust>": "RTX", "<slug:address>": "0123456789ab", "<slug:prefix>": "x",
    "<path:content_type_id>": "1", "<id>": "1",
}  # fmt: skip
PATIENTS = ("hold", "confirm", "sign-out", "sooner-save", "sooner-again")
SEES = {
    "sooner-save": "/sooner/check/", "sooner-again": "/sooner/",
    "hold": "/check/", "confirm": "/check/", "sign-out": "/appointment/",
    "sign-out-everywhere": "/staff/password/",
    "staff-sign-out": "/staff/", "audit-export": "/staff/audit/",
    "opening-answer": "/staff/audit/opened/",
    "staff-feed-pull": "/staff/feeds/", "work-row-tried": "/staff/lists/row/1/",
    "staff-day-mark": "/staff/day/",
    "work-bulk": "/staff/lists/", "work-next": "/staff/lists/",
    "staff-rota-remove": "/staff/rota/RTX/",
    "staff-rota-mobile": "/staff/rota/RTX/",
    "demo-reply": "/demo/phone/", "demo-receive": "/demo/phone/",
}  # fmt: skip
"""Where addresses of forms lead to, by name; those of a patient's screen lead to it."""


def addresses(resolver=None, before=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.name


def filled(path, **own):
    for part, value in PARTS.items():
        path = path.replace(part, value.format(**own))
    for kind in ("<uuid:message_id>", "<uuid:text_id>"):
        path = path.replace(kind, "00000000-0000-4000-8000-000000000000")
    return "/" + path.replace("^", "").replace("$", "" if path.startswith("network") else "$")


@pytest.fixture
def people(jane, make_slot, now, make_staff, time_machine):  # noqa: F811
    """Nobody, a patient with an appointment, and staff of every role that opens anything."""
    time_machine.move_to(now, tick=False)
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    patient = Client()
    prove(patient)
    assert patient.session["referral"] == jane.pk
    browsers = {"nobody": Client(), "patient": patient}
    for role in ("lead", "trust_admin", "network_admin"):
        browsers[role] = Client()
        browsers[role].force_login(make_staff(role).user)
    return browsers, {"patient": jane.patient_id, "referral": jane.pk, "slot": slot.pk}


def test_no_address_answers_who_opens_it_with_nothing(people):
    browsers, own = people
    walked = list(addresses())
    assert len(walked) > 90, "the whole table"

    for path, name in walked:
        for who, browser in browsers.items():
            answer = browser.get(filled(path, **own))
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            about = (path, name, who, answer.status_code)
            assert answer.status_code < 500, about
            if answer.status_code == 405:
                machine = answer.headers["Content-Type"].startswith("application/fhir+json")
                assert b"OperationOutcome" in body if machine else b"<h1" in body, about
                assert answer.headers["Allow"], about
            assert body or answer.status_code in (302, 303, 304) or name == "twilio-status", about


PUBLIC = {
    "performance", "api-places", "api-place", "api-scanner", "api-schema", "smart", "metadata",
    "bulk-publish", "bulk-publish-file", "healthz", "readyz", "metrics",
}  # fmt: skip
"""What names nobody, so that caches may keep it, or which only systems ask for."""


def test_no_cache_keeps_a_page_and_no_address_or_title_in_it_names_the_patient(people):
    """Back, after somebody has signed out, asks us again; a history holds addresses and titles."""
    browsers, own = people
    for path, name in addresses():
        for who, browser in browsers.items():
            answer = browser.get(filled(path, **own))
            about = (path, name, who, answer.status_code)
            if answer.status_code == 200 and name not in PUBLIC and not path.startswith("fhir"):
                assert "no-store" in answer.get("Cache-Control", ""), about
            if name in ("demo-phone", "arrive") or answer.streaming:
                continue
            said = [one for one in addresses_of(answer) if not one.startswith("/static/")]
            names = NAMES if who == "patient" else SECRETS
            assert found_in(said, names) == [], about


SECRETS = ["7KQ49CRB", "7700900461", "1961-03-12", "12/3/1961", "12 March 1961"]
NAMES = [*SECRETS, "Jane", "Fell"]


def test_an_address_of_a_form_leads_to_the_page_of_the_form(people):
    browsers, own = people
    screen = f"/staff/patient/{own['patient']}/"
    for path, name in addresses():
        who = "trust_admin" if name in ("staff-feed-pull", "audit-export") else "lead"
        who = "patient" if name in PATIENTS else who
        lead_to = SEES.get(name) or (screen if str(name) in SCREEN else None)
        if lead_to is None:
            continue
        for method in ("get", "head"):
            answer = getattr(browsers[who], method)(filled(path, **own))
            assert (answer.status_code, answer.headers["Location"]) == (303, lead_to), name
    assert browsers["lead"].get(reverse("overview")).status_code == 200, "nobody was signed out"
    reopen = browsers["lead"].get(reverse("referral-reopen", args=[own["referral"]]))
    assert reopen.headers["Location"] == reverse("referral-end", args=[own["referral"]])


SCREEN = {
    f"patient-{act}"
    for act in ("from", "hold", "keep", "let-go", "book", "cancel", "undo", "text", "attend",
                "mobile", "needs", "note", "times")
}  # fmt: skip


TYPED = {
    "who": "Fell 12/3/1961", "q": "Jane Fell", "given_name": "Jane", "family_name": "Fell",
    "born": "12/3/1961", "mobile": "07700 900461", "note": "Jane Fell of 07700 900461",
    "reason": "Jane", "code": "7KQ49CRB", "body": "7KQ49CRB", "From": "+447700900461",
}  # fmt: skip


def test_no_log_line_of_any_address_names_the_patient(people, caplog):
    """Whoever opens it or sends it a form full of them, staff too; and of a call in JSON."""
    browsers, own = people
    caplog.set_level(logging.DEBUG)
    for path, _ in addresses():
        # A scanner's code is no secret, and stands where a booking code is filled in elsewhere.
        address = filled(path, **own).replace("scanners/7KQ49CRB", "scanners/VAN1")
        for browser in browsers.values():
            for method in ("get", "post"):
                getattr(browser, method)(address, TYPED)
            if path.startswith(("api/", "fhir/")):
                browser.post(address, json.dumps(TYPED), content_type="application/json")

    as_kept = Lines(is_json=True)
    said = [as_kept.format(one) for one in caplog.records]
    assert len(said) > 100, "the test is not blind"
    assert found_in(said, NAMES) == []
