"""The page of an offer: what it says, and what its answers do."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.models import Answer, Appointment, Exam, Offer, Slot
from booking.offers import ending, making
from booking.offers.making import Terms
from tests.booking.patient.conftest import text
from tests.booking.signing_in import prove

HOUR = timedelta(hours=1)


@pytest.fixture
def mine(jane, make_slot, now):
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


@pytest.fixture
def offer(jane, mine, make_slot, now):
    terms = Terms(Offer.Why.SOONER, now + 4 * HOUR, appointment=mine)
    return making.make(jane, make_slot(day=8).pk, terms, now=now, actor="staff 1")


def press(client, offer, said, **more):
    return client.post("/offer/", {"answer": said, "offer": str(offer.pk), **more})


def test_who_signs_in_is_shown_what_is_kept_for_them(sign_in, offer):
    assert sign_in().url == "/offer/"


def test_the_page_says_both_times_and_until_when(patient, offer):
    page = text(patient.get("/offer/"))
    for words in (
        "A sooner time for your scan",
        "Wednesday 2 December",
        "until <b>2pm on Tuesday 24 November 2026</b>",
        "Your own time is Monday 14 December 2026 at 2pm",
        "You keep it unless you say yes",
    ):
        assert words in page
    assert "Look at it, and say yes or no" in text(patient.get("/appointment/"))


def test_of_a_scan_in_two_visits_the_page_says_both(patient, jane, make_slot, now):
    Exam.objects.update(visits=2, second_minutes=30, gap_min_minutes=60, gap_max_minutes=240)
    jane.exam.refresh_from_db()
    first = make_slot(day=8, hour=9)
    make_slot(day=8, hour=12)
    making.make(jane, first.pk, Terms(Offer.Why.URGENT, now + 4 * HOUR), now=now, actor="staff 1")
    assert "9am, and again at midday" in text(patient.get("/offer/"))


def test_yes_moves_the_appointment(patient, mine, offer):
    assert press(patient, offer, "yes").url == "/appointment/"
    mine.refresh_from_db()
    assert mine.slot == offer.slot
    page = text(patient.get("/offer/"))
    assert "You said yes to this time" in page
    assert "Look at it, and say yes" not in text(patient.get("/appointment/"))


def test_yes_pressed_twice_or_after_back_finds_the_same_appointment(patient, offer):
    old = patient.carried("/offer/")
    assert press(patient, offer, "yes", **old).url == "/appointment/"
    assert press(patient, offer, "yes", **old).url == "/appointment/"
    assert Appointment.objects.count() == 1


def test_no_changes_nothing_else(patient, mine, offer):
    assert press(patient, offer, "no").url == "/offer/"
    mine.refresh_from_db()
    offer.refresh_from_db()
    assert (mine.version, offer.state) == (1, "declined")
    page = text(patient.get("/offer/"))
    assert "You said no to this time" in page
    assert "Your scan is on Monday 14 December 2026" in page


def test_choosing_another_time_leaves_the_offer_open(patient, offer):
    assert press(patient, offer, "other").url.startswith("/choose/")
    offer.refresh_from_db()
    assert offer.state == "open"


def test_nothing_chosen_asks_again(patient, offer):
    answer = press(patient, offer, "")
    assert "Choose whether you want this time" in text(answer)
    assert f'value="{offer.pk}"' in text(answer)


@pytest.mark.parametrize("said", ["yes", "no"])
def test_after_the_deadline_the_page_says_so_and_nothing_happens(said, patient, mine, offer, clock):
    clock.shift(4 * HOUR)
    assert press(patient, offer, said)["Location"] == "/signed-out/"
    assert prove(patient)["Location"] == "/offer/"
    answer = press(patient, offer, said)
    assert answer.status_code == 409
    assert "You did not answer in time" in text(answer)
    mine.refresh_from_db()
    assert mine.version == 1


def test_a_time_that_is_gone_is_said_to_be_gone(patient, offer):
    Slot.objects.filter(pk=offer.slot_id).update(status="withdrawn", free_at=None, held_by=None)
    answer = press(patient, offer, "yes")
    assert answer.status_code == 409
    assert "This time has gone" in text(answer)
    assert "This time has gone" in text(patient.get("/offer/"))


def test_what_was_withdrawn_is_over(patient, offer, now):
    ending.withdraw([offer], now=now, actor="staff 1")
    answer = press(patient, offer, "yes")
    assert answer.status_code == 409
    assert "This offer is over" in text(answer)


def test_a_page_of_an_older_appointment_is_refused(patient, jane, mine, offer, make_slot, now):
    old = patient.carried("/offer/")
    booking.cancel(mine, mine.version, now=now, actor="staff 1")
    assert press(patient, offer, "yes", **old).status_code == 409
    assert not Appointment.objects.filter(status="booked").exists()


def test_nobody_answers_somebody_elses_offer(patient, tom, make_slot, now):
    terms = Terms(Offer.Why.SOONER, now + 4 * HOUR)
    theirs = making.make(tom, make_slot(day=9).pk, terms, now=now, actor="staff 1")
    assert press(patient, theirs, "yes").url == "/offer/"
    theirs.refresh_from_db()
    assert theirs.state == "open"


def test_who_never_had_an_offer_is_led_on(patient):
    assert patient.get("/offer/").url == "/referral/"


def test_a_lost_time_is_said_first(patient, jane, make_slot, mine, now):
    booking.change_status(mine, mine.version, now, status="displaced")
    terms = Terms(Offer.Why.DISPLACED, now + 4 * HOUR, appointment=mine)
    making.make(jane, make_slot(day=9).pk, terms, now=now, actor="staff 1")
    page = text(patient.get("/offer/"))
    assert "Your scan on Monday 14 December 2026 at 2pm, at Furness, cannot go ahead" in page
    assert "somebody else can have this time" in page


def test_whom_a_person_must_phone_first_is_told_so_and_keeps_the_offer(patient, jane, offer, now):
    version = file.current().version
    answer(jane, "pacemaker", "yes", version=version, now=now, actor="patient")
    assert press(patient, offer, "yes").url == "/questions/next/"
    offer.refresh_from_db()
    assert offer.state == "open"


def test_who_has_questions_open_answers_them_and_comes_back(patient, jane, offer, now):
    Answer.objects.all().delete()
    assert press(patient, offer, "yes").url.startswith("/questions/")
    offer.refresh_from_db()
    assert offer.state == "open"


def test_of_a_wave_who_said_yes_is_told_to_wait(patient, tom, jane, make_slot, now):
    slot = make_slot(day=1)
    terms = {"why": Offer.Why.SOONER, "until": now + HOUR, "kept_until": now + 2 * HOUR}
    making.make(tom, slot.pk, Terms(**terms), now=now, actor="staff 1")
    theirs = making.make(jane, slot.pk, Terms(**terms, rank=1), now=now, actor="staff 1")
    page = text(patient.get("/offer/"))
    assert "Others were asked about this time before you" in page
    assert "We are keeping this time for you" not in page
    assert press(patient, theirs, "yes").url == "/offer/"
    assert "You said yes. Somebody who was asked before you" in text(patient.get("/offer/"))
