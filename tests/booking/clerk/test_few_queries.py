"""How often a page of staff asks the database, from the session to the audit."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from booking.appointments.booking import cancel
from booking.clerk.accounts import account, waiting_of
from booking.identifiers.actors import CLOCK
from booking.models import Contact, OtherPhone, Patient, Staff
from booking.patients import record
from booking.worklists import rows
from booking.worklists.subjects import of_reply
from times.together import read

PATIENT, LIST = 8, 6


@pytest.fixture
def many(booked, at_desk, jane, tom, clerk, make_slot, lancaster, now):
    """Jane with most of what the screen may show: booked, notes, phones, rows, family."""
    make_slot(hour=10, site=lancaster)
    for number in range(3):
        record.add_note(jane.patient, f"Note {number}", clerk.staff, now=now)
        OtherPhone.objects.create(patient=jane.patient, number=f"+44163296000{number}")
        Contact.objects.create(patient=jane.patient, key=f"k{number}", name=f"Sister {number}")
        for referral in (jane, tom):
            subject = of_reply(f"{number}-{referral.pk}", referral)
            with transaction.atomic():
                rows.open_row(rows.Kind.NEEDS_PERSON, subject, "Ring.", now=now, actor=CLOCK)
    return jane


def asked(browser, address):
    assert browser.get(address).status_code == 200  # that the session is used is written by now
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(address)
    assert page.status_code == 200
    return page.content.decode(), [one["sql"] for one in queries]


def test_the_patients_screen_asks_eight_times_at_most(many, clerk, clock):
    address = f"/staff/patient/{many.patient_id}/?referral={many.pk}"
    page, whole = asked(clerk, address)
    assert len(whole) <= PATIENT, whole
    for shown in ("Note 2", "Sister 1", "01632 960002", "Ring.", "Tom"):
        assert shown in page

    clock.shift(timedelta(minutes=2))
    Patient.objects.filter(pk=many.patient_id).update(family_name="Changed")
    page, whole = asked(clerk, address)
    assert "Changed" in page, "nothing is kept from one request to the next"
    assert len(whole) <= PATIENT, whole


def test_who_has_nothing_booked_any_more_costs_no_more(many, booked, clerk, clock, now):
    cancel(booked, booked.version, now=now + timedelta(minutes=1), actor=CLOCK)
    clock.shift(timedelta(minutes=2))
    _, whole = asked(clerk, f"/staff/patient/{many.patient_id}/?referral={many.pk}")
    assert len(whole) <= PATIENT, whole


@pytest.mark.parametrize("address", ["", "not_booked/", "needs_person/"])
def test_a_list_asks_six_times_at_most_however_many_rows_it_has(many, clerk, address):
    page, whole = asked(clerk, f"/staff/lists/{address}")
    assert len(whole) <= LIST, whole
    assert ("Ring." in page) == (address != "not_booked/")


def test_who_is_signed_in_is_read_at_once_and_anew(clerk, trust, now, django_assert_num_queries):
    with django_assert_num_queries(1):
        user = read(account(clerk.staff.pk, now))
        assert (user.staff.role, user.staff.trust_codes) == ("clerk", {"RTX"})
        assert user.staff.user.username == "carol"
        assert waiting_of(user.staff).to_do == 0
    clerk.staff.trusts.clear()
    assert read(account(clerk.staff.pk, now)).staff.trust_codes == frozenset()
    Staff.objects.all().delete()
    assert not hasattr(read(account(clerk.staff.pk, now)), "staff")


def test_an_account_that_was_closed_is_nobodys(clerk, now):
    clerk.staff.user.is_active = False
    clerk.staff.user.save()
    assert read(account(clerk.staff.pk, now)) is None
    assert clerk.get("/staff/desk/").status_code == 302
