"""Other phones, e-mail, address and people: written down at the desk, shown where one phones."""

import re

import pytest
from django.db import transaction

from booking.models import AuditEntry, OtherPhone, Referral
from booking.patients import reach
from booking.worklists import rows
from booking.worklists.subjects import of_referral
from tests.booking.clerk.conftest import abouts, problems, text
from tests.booking.clerk.test_refer_form import FORM, _knee  # noqa: F401 - a fixture

WAYS = {"phones": "01229 870870 home\n020 7946 0018", "email": "jane@example.com",
        "address": "1 High Street\nBarrow", "postcode": "la1 1aa"}  # fmt: skip
MARY = {"contact_name": "Mary Fell", "contact_relationship": "daughter",
        "contact_phone": "01524 65944", "is_next_of_kin": "yes", "contact_may_speak": "yes",
        "contact_agreed": "times only", "contact_agreed_on": ""}  # fmt: skip


@pytest.fixture
def page(clerk, jane):
    """Open a page of Jane's; `send` posts its form with what it carries."""

    class Page:
        def __init__(self, what):
            self.address = f"/staff/patient/{jane.patient_id}/{what}/"
            self.shown = text(clerk.get(self.address))
            self.seen = re.search(r'name="seen" value="([^"]*)"', self.shown)[1]
            self.about = abouts(self.shown)[""]

        def send(self, **fields):
            return clerk.post(self.address, {"seen": self.seen, "about": self.about, **fields})

    return Page


def test_what_is_typed_is_kept_shown_and_audited_without_its_values(page, at_desk, jane):
    at_desk.after(page("reach").send(**WAYS))
    screen = at_desk.after(page("contact").send(**MARY))

    for shown in ('href="tel:+441229870870"', "020 7946 0018", "jane@example.com", "1 High Street",
                  "LA1 1AA", "Mary Fell", "May speak for the patient", "times only"):  # fmt: skip
        assert shown in screen
    details = [
        one.detail
        for one in AuditEntry.objects.filter(action="ways to reach changed").order_by("pk")
    ]
    assert details == [
        {"fields": ["address", "email", "phones", "postcode"]}, {"fields": ["contacts"]},
    ]  # fmt: skip


def test_a_contact_is_changed_and_taken_away(page, at_desk, jane):
    page("contact").send(**MARY)
    mary = jane.patient.contacts.get()

    page(f"contact/{mary.pk}").send(**{**MARY, "contact_name": "Marie Fell",
                                       "contact_may_speak": "no"})  # fmt: skip

    marie = jane.patient.contacts.get()
    assert (marie.name, marie.may_speak) == ("Marie Fell", False)
    assert "Do not speak with them" in at_desk.screen()
    page(f"contact/{marie.pk}").send(do="remove")
    assert not jane.patient.contacts.exists()


def test_every_error_is_shown_and_nothing_typed_is_lost(page, jane):
    answer = page("reach").send(**{**WAYS, "phones": "12", "email": "jane", "postcode": "x" * 9})
    person = page("contact").send(**{**MARY, "contact_phone": "12", "contact_name": ""})

    assert (answer.status_code, person.status_code) == (400, 400)
    for words in ("not a phone number", "like name@example.com", "Type a postcode", 'value="jane"'):
        assert words in text(answer)
    assert "Type the name" in text(person)
    assert not OtherPhone.objects.exists()


def test_a_page_that_is_old_or_about_somebody_else_saves_nothing(page, tom, jane, now):
    ways, person, other = page("reach"), page("contact"), page("reach")
    ways.send(**WAYS)

    answers = [
        other.send(**{**WAYS, "email": "late@example.com"}),
        person.send(**MARY),
        page("reach").send(**WAYS, about=""),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    jane.patient.refresh_from_db()
    assert jane.patient.email == "jane@example.com"
    assert not jane.patient.contacts.exists()


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({}, ["No way to reach this patient is known"]),
        ({"email": "jane@example.com"}, ["No phone number", "Write to them", "jane@example.com"]),
        ({"mobile": "+447700900461"}, ['<a class="finder-nowrap" href="tel:+447700900461"']),
        ({"phones": {"+441229870870": "work"}}, ["01229 870870", "work"]),
        ({"speaks": True}, ["tel:+441524659440", "Mary, may speak for them"]),
        ({"speaks": False}, ["No phone number"]),
    ],
    ids=str,
)
def test_a_row_says_whom_to_ring_or_that_nobody_can_be(clerk, make_referral, now, known, shown):
    jane = make_referral(mobile=known.get("mobile", ""), email=known.get("email", ""))
    for number, use in known.get("phones", {}).items():
        OtherPhone.objects.create(patient=jane.patient, number=number, use=use)
    if "speaks" in known:
        details = reach.ContactDetails("Mary", "", "+441524659440", True, known["speaks"], "",
                                       now.date())  # fmt: skip
        reach.put_contact(jane.patient, details)
    with transaction.atomic():
        row = rows.open_row("not_booked", of_referral(jane), "Phone them.", now=now, actor="clock")

    pages = [text(clerk.get(f"/staff/lists/row/{row.pk}/")), text(clerk.get("/staff/lists/"))]

    assert all(words in pages[0] for words in shown)
    assert all(words in pages[1] for words in shown if words != known.get("email"))
    assert ("tel:+441524659440" in pages[0]) is bool(known.get("speaks"))


def test_nobody_is_offered_a_number_of_who_has_died(clerk, jane, now):
    jane.patient.died_at = now
    jane.patient.save()

    screen = text(clerk.get(f"/staff/patient/{jane.patient_id}/"))

    assert "tel:" not in screen


def test_a_caller_is_found_by_a_landline(clerk, jane):
    OtherPhone.objects.create(patient=jane.patient, number="+441229870870")

    answer = clerk.post("/staff/desk/", {"who": "01229 870870"})

    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/"


def test_the_paper_form_takes_all_of_it(clerk):
    kin = {"kin_name": "Mary", "kin_phone": "01524 65944", "kin_may_speak": "no"}
    speaker = {"speaker_name": "Tom", "speaker_may_speak": "yes", "speaker_agreed": "times"}
    wrong = clerk.post("/staff/refer/", {**FORM, **WAYS, **kin, "kin_phone": "1", "email": "x"})
    assert 'href="#kin_phone"' in text(wrong)
    assert 'href="#email"' in text(wrong)

    clerk.post("/staff/refer/", {**FORM, **WAYS, **kin, **speaker})

    patient = Referral.objects.get().patient
    assert set(reach.reach_of(patient).phones) == {"+441229870870", "+442079460018"}
    answers = {one.name: (one.is_next_of_kin, one.may_speak) for one in patient.contacts.all()}
    assert answers == {"Mary": (True, False), "Tom": (False, True)}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("01229 870870 home", ("+441229870870", "home")), ("020 7946 0018", ("+442079460018", ""))],
)
def test_a_landline_is_added_on_the_screen_and_all_that_is_known_stays(at_desk, jane, typed, kept):
    OtherPhone.objects.create(patient=jane.patient, number="+441524659440", use="work")

    for _ in range(2):
        page = at_desk.after(at_desk("phone", other_phone=typed))
        assert "The phone is added." in page

    phones = list(OtherPhone.objects.values_list("number", "use"))
    assert phones == [("+441524659440", "work"), kept]
    changes = AuditEntry.objects.filter(action="ways to reach changed")
    assert [one.detail for one in changes] == [{"fields": ["phones"]}], "once, and no number"


def test_a_phone_that_cannot_be_rung_is_said_at_its_box_with_what_was_typed(at_desk, jane):
    page = at_desk.after(at_desk("phone", other_phone="0122 1"))

    assert "other_phone" in problems(page)
    assert 'value="0122 1"' in page
    assert not OtherPhone.objects.exists()


def test_no_more_phones_are_kept_than_can_be(at_desk, jane):
    for last in range(reach.MOST_PHONES):
        OtherPhone.objects.create(patient=jane.patient, number=f"+44152465944{last}")

    page = at_desk.after(at_desk("phone", other_phone="01229 870870"))

    assert "At most 6 other phones" in problems(page)["other_phone"]
    assert OtherPhone.objects.count() == reach.MOST_PHONES
