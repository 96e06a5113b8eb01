"""The day list: who comes to a place on a day, what is to be known, on paper and as a file."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking, holds, trust_answers
from booking.exams.questions import file
from booking.models import (
    Answer,
    Appointment,
    AuditAction,
    AuditEntry,
    Exam,
    Feed,
    LostClinic,
    OtherPhone,
    Patient,
)
from sites import places
from sites.models import Site
from tests.booking.clerk.conftest import text
from times.london import LONDON

DAY = "/staff/day/?place=furness&day=2026-11-25"
SUNDAY_OF_25_HOURS = date(2026, 10, 25)


@pytest.fixture
def book(make_slot, now):
    """Book somebody a time tomorrow; whoever books."""

    def book(referral, hour=9, day=1, actor="patient", **slot):
        made = make_slot(day=day, hour=hour, **slot)
        holds.hold(referral, made.pk, now=now)
        return booking.book(referral, made.pk, now=now, actor=actor)

    return book


def plain(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def rows_of(page):
    """The words of each row of the tables of a page."""
    return [plain(row) for row in re.findall(r"<tr class.*?</tr>", page, re.DOTALL)]


def test_it_says_who_comes_when_for_what_and_what_is_to_be_known(clerk, jane, tom, book):
    Patient.objects.filter(pk=jane.patient_id).update(needs=["hoist", "interpreter"])
    OtherPhone.objects.create(patient=tom.patient, number="+441632960123", use="home")
    Patient.objects.filter(pk=tom.patient_id).update(mobile="")
    later, first = book(jane, hour=14), book(tom, hour=9)
    answer_so(jane, "pacemaker", "yes")

    page = text(clerk.get(DAY))

    shown = rows_of(page)
    assert [one.split()[1] for one in shown] == ["9am", "2pm"], "in the order of their times"
    assert "Tom Fell born Sunday 12 March 1961" in shown[0]
    assert "01632 960123" in shown[0]
    assert "None known" in shown[0]
    assert f"{first.reference[:4]} {first.reference[4:]}" in shown[0]
    assert "MRI, knee 30 minutes" in shown[1]
    assert "Needs: needs a hoist, needs an interpreter" in shown[1]
    assert "Check Has a pacemaker" in shown[1]
    assert "To come" in shown[1]
    assert "2 people come: the first at 9am, the last until 2:30pm." in plain(page)
    assert "MRI: MR 1" in page, "the only scanner of its kind there"
    assert later.reference[:4] in shown[1]


def answer_so(referral, question, value):
    """Let an answer be this one, to the words of now."""
    asked = file.current().by_id[question]
    Answer.objects.filter(referral=referral, question=question).update(
        value=value, digest=asked.digest
    )


def test_what_staff_made_of_an_answer_counts_and_what_is_open_is_said(clerk, jane, book, now):
    book(jane)
    answer_so(jane, "pacemaker", "yes")
    Answer.objects.filter(referral=jane, question="pacemaker").update(
        override="ok", override_reason="x", overridden_by="staff 1", overridden_at=now
    )
    Answer.objects.filter(referral=jane, question="neurostimulator").update(is_current=False)

    (shown,) = rows_of(text(clerk.get(DAY)))

    assert "pacemaker" not in shown
    assert "1 question not answered" in shown


def test_who_saw_whose_names_and_answers_is_written_down(clerk, jane, tom, book):
    book(jane)
    book(tom, hour=10)
    answer_so(jane, "pacemaker", "yes")

    clerk.get(DAY)
    clerk.get("/staff/day/print/?place=furness&day=2026-11-25")
    clerk.get("/staff/day/csv/?place=furness&day=2026-11-25")

    def of(action):
        entries = AuditEntry.objects.filter(action=action, actor=clerk.staff.actor)
        return sorted(entries.values_list("patient", flat=True))

    both = sorted([jane.patient_id, tom.patient_id])
    assert of(AuditAction.LISTED) == both
    assert of(AuditAction.DAY_LIST) == sorted(both * 2)
    assert of(AuditAction.ANSWERS_SEEN) == [jane.patient_id] * 3


def test_two_visits_stand_at_each_and_several_slots_are_one_time(clerk, jane, tom, make_slot, now):
    Exam.objects.update(visits=2, second_minutes=30, gap_min_minutes=120, gap_max_minutes=240)
    jane.refresh_from_db()
    first = make_slot(day=1, hour=9)
    noon = first.start + timedelta(hours=3)
    make_slot(start=noon, end=noon + timedelta(minutes=30))
    holds.hold(jane, first.pk, now=now)
    booking.book(jane, first.pk, now=now, actor="patient")
    Exam.objects.update(
        visits=1, second_minutes=0, minutes=60, gap_min_minutes=0, gap_max_minutes=0
    )
    long = make_slot(day=1, hour=15)
    make_slot(start=long.end, end=long.end + timedelta(minutes=30))
    tom.refresh_from_db()
    holds.hold(tom, long.pk, now=now)
    booking.book(tom, long.pk, now=now, actor="patient")

    shown = rows_of(page := text(clerk.get(DAY)))

    assert [one.split()[1] for one in shown] == ["9am", "midday", "3pm"]
    assert "Visit 1 of 2" in shown[0]
    assert "Visit 2 of 2" in shown[1]
    assert "60 minutes" in shown[2]
    assert "2 people come: the first at 9am, the last until 4pm." in plain(page)


def test_partners_and_trusts_bookings_stand_there_too(clerk, jane, tom, book):
    Feed.objects.update(confirms=True)
    book(jane, actor="feed RTX")
    Feed.objects.update(confirms=False)
    book(tom, hour=10, actor="feed RXR")

    shown = rows_of(text(clerk.get(DAY)))

    assert "Jane Fell" in shown[0]
    assert "Not confirmed" in shown[0]
    assert "Tom Fell" in shown[1]
    assert "Not confirmed" not in shown[1]


def test_a_time_that_was_taken_away_is_shown_as_that_and_nobody_is_counted(clerk, jane, book, now):
    made = book(jane)
    trust_answers.refuse(made, 1, now=now, actor="feed RTX")

    page = text(clerk.get(DAY))

    (shown,) = rows_of(page)
    assert "Time taken away: do not expect them" in shown
    assert "0 people come" in plain(page)
    assert 'name="people"' not in page


def test_a_lost_clinic_and_a_closed_place_say_so(clerk, jane, book, furness, now):
    begins = datetime(2026, 11, 25, tzinfo=UTC)
    LostClinic.objects.create(
        trust_id="RTX", site=furness, begins=begins, ends=begins + timedelta(days=1), scope="x",
        reason="broken", state="confirmed", said_at=now, said_by="staff 1",
    )  # fmt: skip
    lost = "Clinic lost Furness: everything there: Wednesday 25 November 2026, all day."

    assert lost in plain(text(clerk.get(DAY)))
    assert lost in plain(text(clerk.get("/staff/day/print/?place=furness&day=2026-11-25")))
    assert lost not in plain(text(clerk.get(DAY.replace("25", "26"))))
    LostClinic.objects.update(back_at=now)
    Site.objects.filter(pk=furness.pk).update(closed=True)
    places.forget()
    page = plain(text(clerk.get(DAY)))
    assert lost not in page
    assert "This place has closed." in page


def test_an_empty_day_says_what_to_do(clerk, furness):
    page = text(clerk.get(DAY))

    assert "Nobody is booked here on this day." in plain(page)
    assert 'href="/staff/day/?day=2026-11-25"' in page
    assert 'name="people"' not in page
    assert "Nobody is booked at your places on this day." in plain(text(clerk.get("/staff/day/")))


def test_without_a_place_the_day_shows_all_places_and_the_ways_to_the_days_beside(
    clerk, jane, tom, book, lancaster
):
    book(jane)
    book(tom, hour=11, site=lancaster)

    page = text(clerk.get("/staff/day/?day=2026-11-25"))

    assert [one.split()[1] for one in rows_of(page)] == ["Furness", "Lancaster"]
    assert "/staff/day/?place=furness&amp;day=2026-11-25&amp;scan=MR" in page
    assert "Jane" not in page
    assert 'href="/staff/day/?day=2026-11-24" rel="prev"' in page
    assert 'href="/staff/day/?day=2026-11-26" rel="next"' in page
    assert not AuditEntry.objects.filter(actor=clerk.staff.actor).exists(), "nobody was named"


def test_a_scan_narrows_it(clerk, jane, make_referral, book):
    book(jane)
    book(make_referral("3XRD7JQF", "Xena", modality="DX"), hour=10, modality="DX")

    assert len(rows_of(text(clerk.get(DAY)))) == 2
    (shown,) = rows_of(text(clerk.get(f"{DAY}&scan=DX")))
    assert "Xena" in shown


@pytest.mark.parametrize("kind", ["", "print/", "csv/"])
def test_another_trusts_place_is_refused_as_one_that_there_is_not(
    clerk, sign_in, jane, book, blackburn, kind
):
    book(jane)
    stranger = sign_in(trusts=("RXR",), username="sam")

    for browser, place in ((stranger, "furness"), (clerk, "blackburn"), (clerk, "nowhere")):
        answer = browser.get(f"/staff/day/{kind}?place={place}&day=2026-11-25")
        assert answer.status_code == 404
        assert "Jane" not in text(answer)
    assert not AuditEntry.objects.filter(action__in=["listed", "day list taken"]).exists()


def test_a_day_that_cannot_be_read_shows_today_and_says_so(clerk, furness):
    answer = clerk.get("/staff/day/?place=furness&day=2026-02-31")

    assert answer.status_code == 400
    assert "Furness, Tuesday 24 November 2026" in text(answer)
    assert 'value="2026-02-31"' in text(answer), "what was typed is still there"


@pytest.mark.parametrize("hour", [0, 23])
def test_a_day_is_a_day_in_england_also_when_the_clocks_change(
    clerk, jane, make_slot, now, furness, hour
):
    start = datetime.combine(SUNDAY_OF_25_HOURS, datetime.min.time(), LONDON)
    start = start.replace(hour=hour, minute=30).astimezone(UTC)
    slot = make_slot(start=start, end=start + timedelta(minutes=30), free_at=None)
    Appointment.objects.create(
        reference="BCDFGHJK", referral=jane, slot=slot, site=furness, start=slot.start,
        end=slot.end, status="booked", booked_at=now, changed_at=now,
    )  # fmt: skip

    def names(day):
        page = text(clerk.get(f"/staff/day/?place=furness&day={day}"))
        return [one.split()[1] for one in rows_of(page)]

    assert names("2026-10-25") == ["12:30am" if hour == 0 else "11:30pm"]
    assert names("2026-10-24") == names("2026-10-26") == []
    overview = text(clerk.get("/staff/day/"))
    assert "Sunday 25 October 2026, Furness" in overview
    assert "place=furness&amp;day=2026-10-25#came" in overview


def test_the_file_has_a_line_a_visit_and_its_formulas_are_dead(clerk, jane, book):
    Patient.objects.filter(pk=jane.patient_id).update(given_name="=HYPERLINK(1)")
    book(jane)
    answer_so(jane, "pacemaker", "yes")

    answer = clerk.get("/staff/day/csv/?place=furness&day=2026-11-25")

    assert answer["Content-Disposition"] == 'attachment; filename="day-list-furness-2026-11-25.csv"'
    head, line = csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    cells = dict(zip(head, line, strict=True))
    assert cells["Given name"] == "'=HYPERLINK(1)"
    assert (cells["From"], cells["Until"], cells["Minutes"]) == ("09:00", "09:30", "30")
    assert cells["Born"] == "1961-03-12"
    assert cells["Safety notes"].startswith("Has a pacemaker")


def test_the_sheet_on_paper_has_no_menu_and_prints(clerk, jane, book):
    book(jane)

    page = text(clerk.get("/staff/day/print/?place=furness&day=2026-11-25&scan=MR"))

    assert "data-print" in page
    assert "Jane Fell" in page
    assert "Shred it" in page
    assert 'href="/staff/day/?place=furness&amp;day=2026-11-25&amp;scan=MR"' in page


def test_of_60_people_it_asks_the_database_three_times(
    clerk, jane, make_referral, make_slot, now, furness
):
    slots = [make_slot(day=1, hour=9, seat=seat, external_id="x") for seat in range(60)]
    for seat, slot in enumerate(slots):
        person = make_referral(f"2222{seat + 2300}", f"Ann{seat}", is_answered=False)
        Appointment.objects.create(
            reference=f"R{seat}", referral=person, slot=slot, site=furness, start=slot.start,
            end=slot.end, status="booked", booked_at=now, changed_at=now,
        )  # fmt: skip
    clerk.get(DAY)  # the table of places is in memory then

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = text(clerk.get(DAY))

    assert len(rows_of(page)) == 60
    own = [one["sql"] for one in asked if is_of_the_list(one["sql"])]
    assert len(own) == 4, "the people, their answers, the lost clinics; who was named"


def is_of_the_list(sql):
    """Whether a query is none of those that every page of staff asks."""
    of_every_page = ("django_session", "auth_user", "booking_staff", "booking_alert", "SAVEPOINT")
    return not any(table in sql for table in of_every_page)


def test_what_was_said_stands_on_the_list(clerk, jane, tom, book, clock):
    came, missed = book(jane), book(tom, hour=10)
    clock.shift(timedelta(days=1, hours=1))
    clerk.force_login(clerk.staff.user)
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    trust_answers.attended(came, 1, now=now, actor="staff 1")
    trust_answers.missed(missed, 1, now=now, actor="staff 1")

    shown = rows_of(text(clerk.get(DAY)))

    assert shown[0].endswith("Came? Came")
    assert shown[1].endswith("Came? Did not come")
