"""What the patient needs on the day: shown, changed, ticked in the list, and in no address."""

import re

import pytest

from booking.models import AuditEntry, Patient
from sites import places
from sites.models import Scanner
from tests.booking.patient.conftest import text

HTMX = {"HX-Request": "true", "HX-Target": "results"}
SECRET = ("wheelchair", "step_free", "hearing_loop")


def said(response):
    return " ".join(text(response).split())


def facilities(site, *codes):
    site.facilities = list(codes)
    site.save()
    places.forget()


@pytest.fixture
def two(make_slot, furness, lancaster):
    """Furness has a hearing loop, Lancaster can be got into with a wheelchair.

    The way to every scanner is without steps.
    """
    Scanner.objects.update(step_free=True)
    make_slot()
    make_slot(site=lancaster)
    facilities(furness, "hearing_loop")
    facilities(lancaster, "wheelchair", "step_free")


def listed(page):
    return [name for name in ("Furness", "Lancaster") if f'?back=places">{name}</a></h2>' in page]


def ticked(page):
    boxes = re.findall(r'<input[^>]*name="need"[^>]*>', page)
    return {re.search(r'value="(\w+)"', one)[1] for one in boxes if " checked" in one}


def need(jane, *codes):
    Patient.objects.filter(pk=jane.patient_id).update(needs=list(codes))


def test_needs_are_shown_and_changed_and_lead_back(patient, jane, booked):
    need(jane, "hoist")

    before = said(patient.get("/referral/"))
    page = said(patient.get("/needs/?back=referral"))
    answer = patient.post(
        "/needs/?back=referral", {"shown": "hoist", "needs": ["carer", "bsl_interpreter", "x"]}
    )
    booked(jane)

    assert "A hoist to help you onto the table" in before
    assert 'value="hoist" checked' in page
    assert "We tell the hospital that scans you" in page
    assert answer["Location"] == "/referral/"
    assert Patient.objects.get().needs == ["carer", "bsl_interpreter"]
    appointment = said(patient.get("/appointment/"))
    assert "A British Sign Language (BSL) interpreter" in appointment
    assert "/needs/?back=appointment" in appointment
    assert AuditEntry.objects.get(action="needs changed").actor == "patient"


def test_somewhere_else_is_no_way_back(patient, jane):
    answer = patient.post("/needs/?back=//evil.example", {"shown": "", "needs": ["carer"]})

    assert answer["Location"] == "/referral/"


def test_the_list_ticks_what_the_record_says_and_says_so(patient, jane, two):
    need(jane, "wheelchair")

    page = said(patient.get("/choose/"))

    assert listed(page) == ["Lancaster"]
    assert ticked(page) == {"wheelchair", "step_free"}
    assert "You told us what you need, so we list only places where this is so" in page


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_no_need_gets_into_an_address_a_link_or_a_header(patient, jane, two, headers):
    need(jane, "wheelchair")

    answer = patient.post(
        "/choose/", {"need": ["hearing_loop"], "daypart": "afternoon"}, headers=headers
    )
    address = answer.headers.get("HX-Push-Url") or answer.headers["Location"]
    page = said(answer if headers else patient.get(address))

    assert address == "/choose/?daypart=afternoon"
    assert listed(page) == ["Furness"]
    assert "Not all places in this list have it" in page
    addresses = [part.partition('"')[0] for part in page.split('href="')[1:]]
    assert not [one for one in addresses for word in (*SECRET, "need=") if word in one]
    assert listed(said(patient.get("/choose/?daypart=afternoon"))) == ["Furness"]
    assert patient.session["filters"] == "daypart=afternoon"


def test_a_need_in_an_address_ticks_nothing_and_goes_no_further(patient, two):
    page = said(patient.get("/choose/?need=hearing_loop&daypart=afternoon"))

    assert listed(page) == ["Furness", "Lancaster"]
    assert "need=" not in page
    assert patient.session["filters"] == "daypart=afternoon"


def test_all_choices_are_cleared_until_the_needs_are_changed(patient, jane, two):
    need(jane, "wheelchair")

    answer = patient.post("/choose/", {"daypart": "evening", "clear": "1"})
    everywhere = listed(said(patient.get(answer["Location"])))
    patient.post("/needs/", {"shown": "wheelchair", "needs": ["hearing"]})

    assert answer["Location"] == "/choose/"
    assert everywhere == ["Furness", "Lancaster"]
    assert listed(said(patient.get("/choose/"))) == ["Furness"]


def test_who_signs_in_next_has_nothing_of_these_choices(patient, tom, two, sign_in):
    patient.post("/choose/", {"need": ["hearing_loop"]})

    sign_in(code="3XRD7JQF")
    patient.post("/where/", {"postcode": "LA14 4LF"})

    assert listed(said(patient.get("/choose/"))) == ["Furness", "Lancaster"]
