"""What a patient is told to do for their scan at their time, on every door; one visit, or two."""

import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from booking.appointments import trust_answers
from booking.exams.questions import file
from booking.models import Answer, Appointment, Exam, Feed, Referral
from notifications.models import Message
from notifications.wording import lint
from tests.answers import FOR_EVER, answered
from tests.booking.patient.conftest import text
from times.london import LONDON

FAST = "6h: Do not eat after {time}\nHave a full bladder"
DIABETES = "If you have diabetes, phone"
HALF = timedelta(minutes=30)


@pytest.fixture
def fasting(jane):
    Exam.objects.update(
        preparation=FAST, prepare_minutes=360, fasting=True, visit_minutes=75,
        bring="Your booking reference",
    )  # fmt: skip


@pytest.fixture
def twice(jane, make_slot):
    """A scan in two visits: 30 minutes, and after 2 to 4 hours half an hour more, from 9am on."""
    Exam.objects.update(
        visits=2, second_minutes=30, gap_min_minutes=120, gap_max_minutes=240, arrive_minutes=15
    )
    first = make_slot(hour=9)
    for hour in (12, 16):
        start = first.start.astimezone(LONDON).replace(hour=hour)
        make_slot(start=start, end=start + HALF)
    return first


def hold(patient, slot):
    patient.post("/hold/", {"slot": slot.pk})
    return text(patient.get("/check/"))


def book(patient, slot):
    hold(patient, slot)
    patient.post("/confirm/", {"slot": slot.pk})
    return Appointment.objects.filter(slot=slot).latest("pk")


def event_of(patient):
    calendar = Calendar.from_ical(patient.get("/appointment/calendar.ics").content)
    (event,) = calendar.walk("VEVENT")
    return calendar["METHOD"], event


def texts(kind):
    return Message.objects.get(kind=kind).body


def test_before_there_is_a_time_hours_are_said(patient, fasting):
    page = text(patient.get("/referral/"))

    assert "Do not eat for 6 hours before the scan" in page
    assert DIABETES in page
    assert "The whole visit takes about 1 hour 15 minutes" in page


def test_a_fast_before_two_in_the_afternoon_is_said_as_a_time_with_diabetes_first(
    patient, fasting, make_slot
):
    slot = make_slot(day=20)  # 2pm

    check = hold(patient, slot)
    patient.post("/confirm/", {"slot": slot.pk})

    for page in (check, text(patient.get("/appointment/"))):
        assert "Come 15 minutes before, at 1:45pm" in page
        assert "Do not eat after 8am" in page
        assert page.index(DIABETES) < page.index("Do not eat after")
    assert "safe" not in check


def test_a_time_that_moved_has_new_hours(patient, fasting, make_slot):
    book(patient, make_slot(day=20))
    book(patient, make_slot(day=21, hour=8))

    page = text(patient.get("/appointment/"))

    assert "Do not eat after 2am" in page
    assert "8am</li>" not in page
    assert "Come at 7:45am. How to prepare, or change it" in texts("changed")


def test_of_a_time_that_is_not_certain_it_is_said_what_to_do_if_it_becomes_so(
    patient, fasting, make_slot, now
):
    Feed.objects.update(confirms=True)
    kept = book(patient, make_slot(day=20))

    page = text(patient.get("/appointment/"))

    assert "Please do not come until" in page
    assert "How to prepare, if the hospital says yes" in page
    assert "Do not eat after 8am" in page
    assert "Come at" not in texts("pending")
    trust_answers.confirm(kept, 1, now=now, actor="feed RTX")
    assert "Come at 1:45pm." in texts("confirmed")


def test_of_a_time_that_is_off_nothing_is_said_to_prepare(patient, fasting, make_slot):
    book(patient, make_slot(day=20))
    patient.post("/appointment/cancel/")

    page = text(patient.get("/appointment/"))

    assert "Do not eat" not in page
    assert "When to come" not in page


def test_texts_say_when_to_come_and_nothing_clinical(patient, fasting, make_slot):
    book(patient, make_slot(day=20))

    for kind in ("confirmation", "reminder_7_days", "reminder_2_days"):
        body = texts(kind)
        assert "Come at 1:45pm." in body
        assert "How to prepare" in body
        assert "eat after" not in body
        assert not lint.clinical_words(body, "en")


def test_a_calendar_that_others_see_says_nothing_clinical_and_that_there_is_more(
    patient, fasting, make_slot
):
    book(patient, make_slot(day=20))

    said = str(event_of(patient)[1]["DESCRIPTION"])

    assert "Come 15 minutes before, at 1:45pm." in said
    assert "diabetes" not in said
    assert "bladder" not in said
    assert said.index("There is more to know") < said.index("Do not eat after 8am")


def test_two_visits_are_one_choice_with_both_times(patient, twice):
    listed = text(patient.get("/choose/"))
    assert "9am, and again at midday" in re.sub(r"\s+", " ", listed)

    check = hold(patient, twice)
    patient.post("/confirm/", {"slot": twice.pk})

    for page in (check, text(patient.get("/appointment/"))):
        assert "9am, and again at midday" in page
        assert "Come 15 minutes before, at 8:45am" in page
        assert "Come back the same day at midday" in page
    assert "9am, and again at midday" in text(patient.get("/appointment/cancel/"))
    for kind in ("confirmation", "reminder_2_days"):
        assert " at 9am, and again at midday on " in texts(kind)


def test_the_calendar_has_both_visits_and_loses_both(patient, twice):
    made = book(patient, twice)

    method, event = event_of(patient)
    assert str(event["SUMMARY"]).endswith("at Furness: 9am, and again at midday")
    assert event.decoded("DTSTART") == made.start
    assert event.decoded("DTEND") == made.last_end == made.start + timedelta(hours=3, minutes=30)
    assert "Come back the same day at midday." in str(event["DESCRIPTION"])
    patient.post("/appointment/cancel/")
    method, gone = event_of(patient)
    assert (method, gone["UID"], gone.decoded("DTEND")) == ("CANCEL", event["UID"], made.last_end)
    assert "9am, and again at midday" in texts("cancelled_by_you")


def test_both_parts_are_said_while_a_person_must_phone_first(patient, jane, twice):
    hold(patient, twice)
    Answer.objects.filter(question="pacemaker").update(value="yes")
    kept = text(patient.get("/questions/next/"))
    Answer.objects.filter(question="pacemaker").update(value="no")
    book(patient, twice)
    Answer.objects.filter(question="pacemaker").update(value="yes")
    booked = text(patient.get("/questions/next/"))

    for page in (kept, booked):
        assert "9am, and again at midday" in page
        assert "?back=questions-next" in page
    assert "/questions/next/" in text(patient.get("/places/furness?back=questions-next"))


def one_space(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(page)))


def test_both_parts_are_said_on_each_page_of_a_question(patient, jane, twice, now):
    patient.post("/hold/", {"slot": twice.pk})
    Answer.objects.filter(question="pacemaker").delete()
    asked = patient.get("/questions/", follow=True)
    assert "We are keeping 9am, and again at midday on" in one_space(asked)

    Answer.objects.create(
        referral=jane, question="pacemaker", value="no", version=1, at=now,
        who="patient", answered_by="patient",
        digest=file.current().by_id["pacemaker"].digest, expires_at=FOR_EVER,
    )  # fmt: skip
    checked = patient.get("/questions/check/")
    assert "We are keeping 9am, and again at midday on" in one_space(checked)


def test_both_parts_of_each_are_said_where_two_times_clash(
    patient, jane, twice, make_slot, lancaster
):
    """One part of another scan is at the time of the second part of this one."""
    book(patient, twice)
    exam = Exam.objects.get()
    exam.pk, exam.code = None, "other"
    exam.save()
    other = answered(Referral.objects.create(
        code="3XRD7JQG", patient=jane.patient, exam=exam, trust=jane.trust, urgency="routine",
        clock_start=jane.clock_start, target_day=jane.target_day,
    ))  # fmt: skip
    second = Appointment.objects.get().further()[0]
    early, _ = (
        make_slot(site=lancaster, start=start, end=start + HALF)
        for start in (second.start - 5 * HALF, second.start)
    )
    session = patient.session
    session["referral"] = other.pk
    session.save()

    page = one_space(patient.post("/hold/", {"slot": early.pk}))

    assert "We have not booked 9:30am, and again at midday on" in page
    assert "Time 9am, and again at midday" in page


def test_what_to_do_before_is_said_where_a_time_is_chosen(patient, fasting, make_slot):
    slot = make_slot(day=20)  # 2pm

    for address in ("/choose/", "/choose/furness/"):
        assert "To prepare: Do not eat for 6 hours before the scan." in text(patient.get(address))
    page = text(patient.get(f"/slot/{slot.pk}/"))
    assert "To prepare: Do not eat after 8am." in page
    assert "bladder" not in page
    assert "Your booking reference" in hold(patient, slot).split("What to bring")[1]


def test_who_must_be_phoned_is_told_so_by_a_link_to_one_time(patient, jane, make_slot):
    slot = make_slot(day=20)
    Answer.objects.filter(question="pacemaker").update(value="yes")

    page = patient.get(f"/slot/{slot.pk}/", follow=True)

    assert page.redirect_chain[-1][0] == "/questions/next/"
    assert "Keep this time" not in text(page)
