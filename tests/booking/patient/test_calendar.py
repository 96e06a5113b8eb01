"""The calendar file in every state of an appointment, as another program reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from icalendar import Calendar

from booking.appointments import displacing, trust_answers
from booking.models import Appointment, Exam, Feed, Slot
from booking.referrals import ending
from sites.models import Site
from tests.booking.patient.conftest import text
from tests.booking.signing_in import prove
from times.london import LONDON

FILE = "/appointment/calendar.ics"
SECRETS = ["7KQ4", "9CRB", "Jane", "Fell", "knee", "MRI", "1961", "0461"]


def book(patient, slot):
    patient.post("/hold/", {"slot": slot.pk})
    patient.get("/check/")
    patient.post("/confirm/", {"slot": slot.pk})
    return Appointment.objects.filter(slot=slot).latest("pk")


def read(patient):
    """Return the one entry of the file, after looking at what is true of every file."""
    answer = patient.get(FILE)
    calendar = Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    plain = answer.content.replace(b"\r\n ", b"").decode()

    assert answer["Content-Type"] == f"text/calendar; charset=utf-8; method={calendar['METHOD']}"
    assert answer["Cache-Control"] == "no-store"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    said = plain.replace(str(event["UID"]), "")  # a hash: any four digits may stand in it
    assert not [one for one in SECRETS if one in said]
    assert not [one for one in Appointment.objects.all() if one.reference in plain]
    assert event["ORGANIZER"].params["CN"]
    return calendar["METHOD"], event


def test_one_entry_is_booked_moved_cancelled_and_booked_again(patient, make_slot, now):
    seen = []

    def look():
        method, event = read(patient)
        seen.append((str(event["UID"]), event["SEQUENCE"]))
        return method, event["STATUS"], event.decoded("DTSTART"), len(event.walk("VALARM"))

    first, second, third = make_slot(day=20), make_slot(day=21), make_slot(day=22)
    book(patient, first)
    assert look() == ("PUBLISH", "CONFIRMED", first.start, 1)
    book(patient, second)
    assert look() == ("PUBLISH", "CONFIRMED", second.start, 1)
    patient.post("/appointment/cancel/")
    assert look() == ("CANCEL", "CANCELLED", second.start, 0)
    book(patient, third)
    assert look() == ("PUBLISH", "CONFIRMED", third.start, 1)
    with transaction.atomic():
        displacing.cancel_by_trust([third.pk], now=now, actor="feed RTX")
    assert look() == ("CANCEL", "CANCELLED", third.start, 0)
    book(patient, first)
    assert look() == ("PUBLISH", "CONFIRMED", first.start, 1)

    uids, sequences = {uid for uid, _ in seen}, [sequence for _, sequence in seen]
    assert len(uids) == 1
    assert sequences == sorted(set(sequences))


def test_another_request_is_another_entry(patient, tom, make_slot, sign_in):
    book(patient, make_slot(day=20))
    _, mine = read(patient)
    sign_in("3XRD7JQF")
    book(patient, make_slot(day=21))

    assert read(patient)[1]["UID"] != mine["UID"]


def test_a_pending_time_is_tentative_until_the_hospital_answers(patient, make_slot, now):
    Feed.objects.update(confirms=True)
    kept = book(patient, make_slot(day=20))

    assert FILE in text(patient.get("/appointment/"))
    method, waits = read(patient)
    assert (method, waits["STATUS"]) == ("PUBLISH", "TENTATIVE")
    assert waits["DESCRIPTION"].startswith("Please do not come until the hospital has confirmed")
    trust_answers.confirm(kept, 1, now=now, actor="feed RTX")
    method, stands = read(patient)
    assert (method, stands["STATUS"]) == ("PUBLISH", "CONFIRMED")
    assert stands["SEQUENCE"] > waits["SEQUENCE"]
    kept.refresh_from_db()
    trust_answers.refuse(kept, kept.version, now=now, actor="feed RTX")
    assert read(patient)[0] == "CANCEL"


def test_how_to_prepare_where_and_an_alarm_are_inside(patient, make_slot, furness):
    long = "Door B; left, then \\right\\ past the “Café”, " + "é" * 80
    Exam.objects.update(preparation="Do not eat\nDrink water, not milk", bring="A list; yours")
    Site.objects.filter(pk=furness.pk).update(entrance=long)
    book(patient, make_slot(day=20))

    _, event = read(patient)
    lines = str(event["DESCRIPTION"]).split("\n")
    assert lines[:6] == [
        "Come 15 minutes before, at 1:45pm.", "How to prepare:", "Do not eat",
        "Drink water, not milk", "What to bring:", "A list; yours",
    ]  # fmt: skip
    assert lines[6] == long
    assert lines[7].endswith(str(event["URL"]))
    assert event["SUMMARY"] == "Hospital appointment at Furness"
    assert event["LOCATION"] == "Furness, Long Street, LA14 4LF"
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm.decoded("TRIGGER")) == ("DISPLAY", timedelta(days=-1))


@pytest.mark.parametrize(
    ("start", "clock"),
    [
        (datetime(2027, 1, 12, 9, 0, tzinfo=UTC), "09:00"),
        (datetime(2027, 7, 1, 8, 0, tzinfo=UTC), "09:00"),
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "02:30"),
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "01:30"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "01:30"),
    ],
)
def test_the_time_is_the_one_in_england(patient, make_slot, start, clock):
    made = book(patient, make_slot(day=20))
    Appointment.objects.filter(pk=made.pk).update(start=start, end=start + timedelta(minutes=30))

    _, event = read(patient)
    assert event.decoded("DTSTART") == start
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=30)
    assert f"{event.decoded('DTSTART').astimezone(LONDON):%H:%M}" == clock


def test_where_an_appointment_is_shown_as_off_it_can_be_taken_out(patient, jane, make_slot, now):
    slot = make_slot(day=20)
    book(patient, slot)
    assert "Take it out of your calendar" not in text(patient.get("/appointment/"))
    patient.post("/appointment/cancel/")
    assert "Take it out of your calendar" in text(patient.get("/appointment/"))
    book(patient, slot)
    with transaction.atomic():
        displacing.cancel_by_trust([slot.pk], now=now, actor="feed RTX")
    assert "Take it out of your calendar" in text(patient.get("/appointment/"))


@pytest.mark.parametrize("reason", ["withdrawn", "died"])
def test_who_had_a_time_when_the_request_ended_can_take_it_out(
    patient, jane, make_slot, now, reason
):
    book(patient, make_slot(day=20))
    ending.end(jane, reason, now=now, actor="staff 1")

    assert read(patient)[0] == "CANCEL"
    # A family in mourning is asked for nothing.
    offered = "Take it out of your calendar" in text(patient.get("/appointment/"))
    assert offered == (reason != "died")


def test_of_what_has_happened_or_was_never_booked_there_is_no_file(patient, make_slot, clock):
    assert patient.get(FILE)["Location"] == "/appointment/"
    slot = make_slot(day=0)
    made = book(patient, slot)
    clock.shift(timedelta(hours=5))
    trust_answers.missed(made, 1, now=slot.end, actor="feed RTX")
    prove(patient)

    assert patient.get(FILE)["Location"] == "/appointment/"
    assert FILE not in text(patient.get("/appointment/"))


def test_a_stranger_gets_no_file(client, db):
    assert client.get(FILE)["Location"] == "/signed-out/"


def test_the_link_in_it_opens_the_start_and_no_referral(patient, make_slot, settings):
    book(patient, make_slot(day=20))

    assert str(read(patient)[1]["URL"]) == f"{settings.PUBLIC_BASE_URL}/"
    assert Slot.objects.filter(free_at=None).count() == 1
