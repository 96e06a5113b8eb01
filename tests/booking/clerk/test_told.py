"""What a clerk sees of coming and preparing, and reads to the caller."""

from datetime import timedelta

import pytest

from booking.models import Appointment, Exam, Feed
from times.london import LONDON


@pytest.fixture
def fasting(jane):
    Exam.objects.update(
        preparation="6h: Do not eat after {time}", prepare_minutes=360, fasting=True,
        visit_minutes=75, bring="Your reference",
    )  # fmt: skip


def test_the_clerk_sees_it_of_a_held_and_a_booked_time_and_reads_it_out(
    at_desk, fasting, jane, make_slot
):
    slot = make_slot(day=20)
    at_desk("hold", slot=slot.pk)

    held = at_desk.screen()
    at_desk("book", slot=slot.pk, reason="phoned")
    done = at_desk.screen()

    for page in (held, done):
        assert "How to prepare. Come 15 minutes before, at 1:45pm" in page
        assert "<li>Do not eat after 8am</li>" in page
        assert "<li>Bring: your reference</li>" in page
    script = done.split('id="read-back">')[1].split("</p>")[0]
    assert "Come 15 minutes before, at 1:45pm. If you have diabetes, phone" in script
    assert "before you stop eating. Do not eat after 8am." in script
    assert "The whole visit takes about 1 hour 15 minutes." in script


def test_of_a_time_that_waits_for_the_hospital_it_is_read_as_an_if(
    at_desk, fasting, jane, make_slot
):
    Feed.objects.update(confirms=True)
    slot = make_slot(day=20)
    at_desk("hold", slot=slot.pk)
    at_desk("book", slot=slot.pk, reason="phoned")

    assert "If it does: Come 15 minutes before, at 1:45pm." in at_desk.screen()


def test_two_visits_are_held_read_and_cancelled_with_both_times(at_desk, jane, make_slot):
    Exam.objects.update(visits=2, second_minutes=30, gap_min_minutes=120, gap_max_minutes=240)
    first = make_slot(day=20, hour=9)
    noon = first.start.astimezone(LONDON).replace(hour=12)
    make_slot(start=noon, end=noon + timedelta(minutes=30))
    both = "9am, and again at midday"

    assert f"{both}<span" in at_desk.screen(query=f"?referral={jane.pk}&times=1")
    at_desk("hold", slot=first.pk)
    assert f"{both}, " in at_desk.screen()
    at_desk("book", slot=first.pk, reason="phoned")

    page = at_desk.screen()
    assert f"2026 at {both}, at" in page.split('id="read-back">')[1]
    assert "Come back the same day at midday." in page
    assert f"Booked for Monday 14 December, {both}" in page


def test_a_held_time_of_several_slots_is_shown_once_by_its_first(at_desk, clerk, jane, make_slot):
    """Whichever of them the trust sent first."""
    Exam.objects.update(minutes=60)
    later = make_slot(day=20, hour=10)
    first = make_slot(start=later.start - timedelta(minutes=30), end=later.start)
    at_desk("hold", slot=first.pk)

    assert "9:30am, " in at_desk.screen().split('id="held">')[1].split("</h2>")[0]
    desk = clerk.get("/staff/desk/").content.decode()
    assert desk.split('aria-labelledby="held"')[1].split("</section>")[0].count("Furness") == 1
    at_desk("book", slot=first.pk, reason="phoned")
    assert Appointment.objects.get().slot_ids() == [first.pk, later.pk]


def test_what_is_ordered_ahead_is_said_of_a_time_that_is_sooner(at_desk, jane, make_slot, now):
    Exam.objects.update(notice_days=2)
    at_desk("hold", slot=make_slot(start=now + timedelta(days=1)).pk)

    assert "is ordered 2 days ahead: ask the department" in at_desk.screen()
