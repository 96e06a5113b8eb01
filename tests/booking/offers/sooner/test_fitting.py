"""Who may have a slot, and in which order they are asked."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.identifiers.actors import PATIENT
from booking.models import Answer, Appointment, Exam, Patient, Referral, Slot, SoonerWish
from booking.models.slot import EPOCH
from booking.offers.sooner.fitting import candidates
from notifications.models import OptOut
from notifications.opt_outs import hash_of
from sites.models import Site
from sites.postcodes import Origin
from tests.booking.offers.sooner.test_wishes import BARROW

pytestmark = pytest.mark.django_db


@pytest.fixture
def fits(now):
    """Return the codes of those who may have a slot, in their order."""

    def fits(slot, with_mobile=True, at=None):
        found = candidates(slot, with_mobile=with_mobile, now=at or now)
        return [one.appointment.referral.code for one in found]

    return fits


def test_the_order_is_class_then_last_day_then_longest_wait_then_key(make_person, make_slot, fits):
    made = [
        make_person("routine", target=30, waited=5),
        make_person("routine", target=30, waited=9),
        make_person("routine", target=20),
        make_person("urgent", target=40),
        make_person("suspected_cancer", target=50),
        make_person("routine", target=30, waited=9),
    ]
    first = [made[at].code for at in (4, 3, 2, 1, 5, 0)]
    assert fits(make_slot(day=8)) == first


@pytest.mark.parametrize(
    ("urgency", "day", "is_asked"),
    [
        ("routine", 17, True),
        ("routine", 18, False),  # two days are no gain
        ("urgent", 19, True),
        ("suspected_cancer", 20, False),  # a later hour of the same day
        ("planned", 19, True),
    ],
)
def test_routine_gains_three_days_and_others_anything(
    make_person, make_slot, fits, urgency, day, is_asked
):
    make_person(urgency, day=20, target=50, waited=10)
    assert bool(fits(make_slot(day=day))) == is_asked


def test_a_planned_scan_is_never_before_its_day(make_person, make_slot, fits):
    make_person("planned", day=20, waited=-10)
    assert fits(make_slot(day=9)) == []
    assert len(fits(make_slot(day=10))) == 1


def test_notice_is_heeded(make_person, make_slot, fits, now):
    make_person(wanted={"notice_days": 3})
    slot = make_slot(day=3, hour=14)
    assert len(fits(slot, at=slot.start - timedelta(days=3))) == 1
    assert fits(slot, at=slot.start - timedelta(days=3) + timedelta(minutes=1)) == []


def test_places_days_and_parts_of_day_are_heeded(make_person, make_slot, fits, lancaster, furness):
    make_person(wanted={"within_minutes": 20, "origin": BARROW})
    make_person(wanted={"weekdays": (1,)})  # Tuesdays
    make_person(wanted={"dayparts": ("morning",)})
    first, second, third = Referral.objects.order_by("pk").values_list("code", flat=True)
    wednesday = {"day": 8}
    assert fits(make_slot(**wednesday)) == [first]
    assert fits(make_slot(**wednesday, site=lancaster)) == []
    assert fits(make_slot(day=7, site=lancaster)) == [second]
    assert fits(make_slot(**wednesday, hour=9, site=lancaster)) == [third]


def test_whoever_is_too_far_to_be_there_in_time_is_not_asked(make_person, make_slot, fits, now):
    make_person()
    slot = make_slot(day=2)
    assert len(fits(slot)) == 1
    Exam.objects.update(prepare_minutes=60 * 60)
    assert fits(slot) == []


@pytest.mark.parametrize(
    "state",
    [
        {"referral": {"ended_at": "2026-11-24T10:00Z", "end_reason": "done"}},
        {"patient": {"died_at": "2026-11-24T10:00Z"}},
        {"wish": {"state": "off"}},
        {"wish": {"state": "paused"}},
        {"exam": {"notice_days": 1}},
        {"exam": {"modality": "CT"}},
        {"appointment": {"status": "cancelled"}},
        {"appointment": {"status": "displaced"}},
    ],
    ids=str,
)
def test_who_is_never_asked(make_person, make_slot, fits, state):
    make_person()
    slot = make_slot(day=8)
    assert len(fits(slot)) == 1
    models = {
        "referral": Referral, "patient": Patient, "wish": SoonerWish, "exam": Exam,
        "appointment": Appointment,
    }  # fmt: skip
    for name, fields in state.items():
        models[name].objects.update(**fields)
    assert fits(slot) == []


def test_questions_that_wait_for_an_answer_come_first(make_person, make_slot, fits):
    make_person()
    Answer.objects.all().delete()
    assert fits(make_slot(day=8)) == []


def test_what_the_scanner_cannot_do_for_them_is_not_offered(make_person, make_slot, fits):
    referral = make_person()
    slot = make_slot(day=8)
    Exam.objects.filter(pk=referral.exam_id).update(minutes=45)
    assert fits(slot) == []


def test_another_time_of_theirs_stands_in_the_way(
    make_person, make_referral, make_slot, fits, book, lancaster, now
):
    referral = make_person()
    other = make_referral(code="2BCD3FGH", modality="DX")
    Referral.objects.filter(pk=other.pk).update(patient=referral.patient)
    other.refresh_from_db()
    slot, later = make_slot(day=8, hour=14), make_slot(day=8, hour=18)
    start = slot.start + timedelta(minutes=15)
    book(other, day=8, modality="DX", start=start, end=start + timedelta(minutes=30))
    assert fits(slot) == []
    assert len(fits(later)) == 1
    # At the other end of the bay there is no way to be there in between.
    assert (
        fits(make_slot(day=8, hour=13, site=lancaster, start=slot.start - timedelta(minutes=30)))
        == []
    )


def test_nobody_is_offered_the_time_that_they_gave_up(make_person, make_slot, fits, now, book):
    referral = make_person(day=8)
    was = booking.live_appointment(referral)
    later = make_slot(day=20)
    holds.hold(referral, later.pk, now=now)
    booking.book(referral, later.pk, now=now, actor=PATIENT)
    slot = Slot.objects.get(pk=was.slot_id)
    assert slot.free_at == EPOCH
    assert fits(slot) == []
    make_person(day=25)
    assert len(fits(slot)) == 1


def test_those_whom_no_text_reaches_are_another_list(make_person, make_slot, fits):
    has, opted_out = make_person(), make_person()
    none = make_person(mobile="")
    OptOut.objects.create(
        number_hash=hash_of(opted_out.patient.mobile), source="reply", at="2026-11-01T00:00Z"
    )
    slot = make_slot(day=8)
    assert fits(slot) == [has.code]
    assert fits(slot, with_mobile=False) == [opted_out.code, none.code]


def test_a_closed_place_and_one_out_of_reach(make_person, make_slot, fits, furness, lancaster):
    far = Origin("LA1 4RP", 54.043, -2.799, approximate=False)
    make_person(wanted={"within_minutes": 20, "origin": far})
    assert fits(make_slot(day=8)) == []
    assert len(fits(make_slot(day=8, site=lancaster))) == 1
    assert Site.objects.count() == 2
