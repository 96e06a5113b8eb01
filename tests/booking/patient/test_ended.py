"""The link of a request that is over: what happened, whom to phone, and nothing to book."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds, trust_answers
from booking.models import Appointment, Referral, Slot
from booking.referrals import ending
from tests.booking.patient.conftest import text

SAYS = {
    "done": "You have had this scan",
    "withdrawn": "not needed any more",
    "not_wanted": "do not want this scan",
    "elsewhere": "somewhere else",
    "duplicate": "sent to us twice",
    "sent_back": "sent this request back",
    "died": "This request is closed",
}
PAGES = [
    "/referral/", "/appointment/", "/where/", "/travel/", "/choose/", "/check/",
    "/appointment/cancel/",
]  # fmt: skip


def open_pages(client):
    return {page: client.get(page) for page in PAGES}


def test_every_end_has_its_words():
    assert set(SAYS) == set(Referral.End.values)


@pytest.mark.parametrize("reason", SAYS)
def test_every_page_says_what_happened_and_whom_to_phone(patient, jane, now, settings, reason):
    ending.end(jane, reason, now=now, actor="staff 1")

    for page, answer in open_pages(patient).items():
        said = text(answer)
        assert (page, answer.status_code) == (page, 200)
        assert SAYS[reason] in said
        assert settings.HELP_PHONE in said
        assert "died" not in said


@pytest.mark.parametrize("reason", SAYS)
def test_no_press_holds_books_or_cancels(patient, jane, make_slot, now, reason):
    slot, other = make_slot(), make_slot(day=9)
    patient.post("/hold/", {"slot": slot.pk})
    ending.end(jane, reason, now=now, actor="staff 1")

    answers = [
        patient.post("/hold/", {"slot": other.pk}),
        patient.post("/confirm/", {"slot": slot.pk}),
        patient.post("/appointment/cancel/", {"version": 1, "about": ""}),
    ]

    assert [one.status_code for one in answers] == [409, 409, 409]
    assert all("Nothing was booked or changed" in text(one) for one in answers)
    assert not Appointment.objects.exists()
    assert not Slot.objects.exclude(held_by=None).exists()


def test_who_signs_in_with_the_old_link_after_the_scan_is_told_and_books_no_second(
    client, jane, make_slot, sign_in, clock, now
):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    trust_answers.attended(made, 1, now=made.end, actor="feed RTX")
    clock.move_to(made.end + timedelta(days=1))

    sign_in()
    page = text(client.get("/referral/"))

    assert "You have had this scan" in page
    assert "You came on" in page
    assert "Book " not in page.split("<h1")[1].split("<footer")[0]


def test_a_link_to_one_time_leads_to_the_page_of_the_end(patient, jane, make_slot, now):
    slot = make_slot()
    ending.end(jane, "elsewhere", now=now, actor="staff 1")

    assert patient.get(f"/slot/{slot.pk}/")["Location"] == "/referral/"
    assert patient.post(f"/slot/{slot.pk}/")["Location"] == "/referral/"
    slot.refresh_from_db()
    assert slot.held_by is None


def test_a_time_after_the_target_day_is_said_and_pressed_twice(patient, jane, make_slot):
    Referral.objects.update(target_day=jane.target_day - timedelta(days=40))
    jane.refresh_from_db()
    slot = make_slot(day=8)
    patient.post("/hold/", {"slot": slot.pk})
    assert "later than" in text(patient.get("/check/"))

    first = patient.post("/confirm/", {"slot": slot.pk})

    path, _, late = first["Location"].partition("?known=")
    assert (path, Appointment.objects.count()) == ("/check/", 0)
    again = text(patient.get(first["Location"]))
    assert "Is no sooner time possible?" in again
    assert f'name="known" value="{late}"' in again
    patient.post("/confirm/", {"slot": slot.pk, "known": late})
    assert Appointment.objects.get().status == "booked"


def test_a_press_that_was_about_another_target_day_is_not_enough(patient, jane, make_slot):
    slot = make_slot(day=8)
    patient.post("/hold/", {"slot": slot.pk})
    known = ""
    for days in (41, 40):
        Referral.objects.update(target_day=jane.target_day - timedelta(days=days))
        answer = patient.post("/confirm/", {"slot": slot.pk, "known": known})
        assert answer["Location"].startswith("/check/?known=")
        assert answer["Location"] != f"/check/?known={known}"
        known = answer["Location"].partition("?known=")[2]

    assert not Appointment.objects.exists()


def test_a_time_in_time_is_booked_at_the_first_press(patient, make_slot):
    slot = make_slot(day=8)
    patient.post("/hold/", {"slot": slot.pk})
    assert "later than" not in text(patient.get("/check/"))

    patient.post("/confirm/", {"slot": slot.pk})

    assert Appointment.objects.get().status == "booked"
