"""Lost twice, booked into, held, answered late, changed by a lead, named again by its feed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.appointments.displacing import close_slots
from booking.appointments.time_state import TimeState, state_of
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.exchange.feeds import upsert
from booking.models import (
    FROZEN,
    Appointment,
    Exam,
    Feed,
    LostClinic,
    LostPerson,
    Offer,
    Slot,
    WorklistRow,
)
from booking.offers import answering, ending
from booking.offers.lost import changing, confirming, finding, freezing, resume, states
from booking.offers.lost.what import lost_already
from tests import racing
from tests.booking.offers.lost.conftest import LEAD


def test_more_of_it_is_lost_later_and_only_the_rest_is_new(day, book_on, make_slot, now):
    book_on()
    day.say()
    book_on(make_slot(day=9, hour=9))
    longer = replace(day.lost, ends=day.lost.ends + timedelta(days=1))

    already = [(clinic.pk, count) for clinic, count in lost_already(longer, now=now)]
    second = day.say(longer)

    assert already == [(LostClinic.objects.first().pk, 2)]
    assert LostPerson.objects.filter(clinic=second).count() == 1
    assert LostPerson.objects.count() == 2


def test_what_is_lost_already_whole_is_nothing_new(day, book_on, now):
    book_on()
    day.say()

    with pytest.raises(freezing.NothingToLose):
        day.say(replace(day.lost, ends=day.lost.ends + timedelta(hours=1)))


def test_who_was_choosing_there_is_told_that_it_is_gone(day, tom, make_slot, now):
    chosen = make_slot(day=8, hour=12)
    holds.hold(tom, chosen.pk, now=now)

    day.say()

    with pytest.raises(holds.SlotTaken):
        booking.book(tom, chosen.pk, now=now, actor="patient")
    chosen.refresh_from_db()
    assert state_of(chosen, tom, now=now) == TimeState.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_a_booking_in_the_same_moment_is_on_the_list_or_refused(day, tom, make_slot, now):
    chosen = make_slot(day=8, hour=12)
    holds.hold(tom, chosen.pk, now=now)

    booked, _ = racing.at_once(
        lambda: booking.book(tom, chosen.pk, now=now, actor="patient"),
        lambda: day.say(),
        refusals=(holds.SlotTaken,),
    )
    day.work()

    if isinstance(booked, holds.SlotTaken):
        assert not Appointment.objects.exists()
    else:
        assert LostPerson.objects.get().referral == tom


def test_what_is_cancelled_there_is_not_sold_again(day, book_on, now):
    book_on()
    day.say()
    made = Appointment.objects.get()

    booking.cancel(made, made.version, now=now, actor="patient")

    assert Slot.objects.get(pk=made.slot_id).free_at == FROZEN


def test_its_feed_may_name_it_as_free_as_often_as_it_likes(day, now):
    day.say()
    slot = Slot.objects.get(schedule=day.schedule)
    row = upsert.SlotRow(
        slot.trust_id, slot.external_id, 0, slot.schedule_id, slot.site_id, "MR", slot.start,
        slot.end, slot.daypart, slot.weekend, "free", now, slot.start.replace(year=1970), 5, True,
        slot.reserved_until,
    )  # fmt: skip

    upsert.write(upsert.prepared([row], now=now))

    slot.refresh_from_db()
    assert (slot.line_digest, slot.free_at) == (5, FROZEN)


def test_what_its_feed_brings_anew_is_off_sale_at_the_next_turn(day, make_slot, now):
    day.say()
    new = make_slot(day=8, hour=11)

    day.work()

    new.refresh_from_db()
    assert new.free_at == FROZEN


def asked(day, book_on, now):
    jane = book_on()
    confirming.confirm(day.say(), now=now, actor=LEAD)
    day.work()
    return jane, Offer.objects.get()


def test_the_held_time_goes_too_and_a_person_phones(day, book_on, now):
    jane, offer = asked(day, book_on, now)
    close_slots([offer.slot_id])

    ending.end_due(now=now)

    assert day.state_of(jane) == "to_phone"


@pytest.mark.parametrize(("ends", "why"), [("gone", "interpreter"), ("no", "no")])
def test_who_is_phoned_is_promised_no_time_that_is_held_no_more(day, book_on, now, ends, why):
    jane = book_on(needs=["bsl_interpreter"])
    confirming.confirm(day.say(), now=now, actor=LEAD)
    day.work()
    offer, row = Offer.objects.get(), WorklistRow.objects.get(closed_at=None)
    assert "Held:" in row.reason

    if ends == "no":
        answering.decline(offer, now=now, actor="staff 2")
    else:
        close_slots([offer.slot_id])
        ending.end_due(now=now)

    person = LostPerson.objects.get(referral=jane)
    assert (person.state, person.phone_why, person.slot) == ("to_phone", why, None)
    assert "Held:" not in WorklistRow.objects.get(closed_at=None).reason


def test_a_scan_of_two_visits_is_found_both_or_a_person_phones(day, book_on, now):
    jane = book_on()
    Exam.objects.update(
        visits=2, second_minutes=30, gap_min_minutes=60 * 24 * 3, gap_max_minutes=60 * 24 * 4
    )
    confirming.confirm(day.say(), now=now, actor=LEAD)
    day.work()

    person = LostPerson.objects.get(referral=jane)
    assert (person.state, person.phone_why, person.slot) == ("to_phone", "no_time", None)
    assert not Offer.objects.exists()
    assert not Slot.objects.filter(held_by=jane, free_at__gt=now).exists()
    assert WorklistRow.objects.get(closed_at=None).referral == jane


def test_no_worker_for_six_hours_and_the_held_time_is_anothers_by_then(day, book_on, tom, now):
    jane = book_on()
    day.say()
    first = LostPerson.objects.get()
    late = first.goes_on_at + timedelta(hours=6)
    Feed.objects.update(last_contact_at=late)
    holds.hold(tom, first.slot_id, now=late)
    booking.book(tom, first.slot_id, now=late, actor="patient")

    day.work(late)

    person = LostPerson.objects.get()
    assert (person.state, person.slot_id != first.slot_id) == ("asked", True)
    assert Appointment.objects.get(referral=tom).status == "booked"
    held = Slot.objects.filter(held_by=jane, free_at__gt=late)
    assert [one.pk for one in held] == [Offer.objects.get().slot_id] == [person.slot_id]


def test_an_answer_after_the_deadline_books_nothing(day, book_on, now):
    jane, offer = asked(day, book_on, now)
    late = offer.until + timedelta(minutes=1)
    ending.end_due(now=late)

    with pytest.raises(answering.OfferOver):
        answering.accept(offer, now=late, actor="texts")

    assert day.state_of(jane) == "to_phone"


def test_confirming_twice_tells_nobody_twice(day, book_on, now):
    asked(day, book_on, now)

    with pytest.raises(confirming.ClinicChanged):
        confirming.confirm(day.it, now=now, actor=LEAD)
    day.work()

    assert Offer.objects.count() == 1


def test_a_lead_swaps_the_held_time(day, book_on, now):
    jane = book_on()
    day.say()
    person = LostPerson.objects.get()
    old, (other, _) = person.slot_id, changing.others_for(person, now=now)[-1]

    changing.swap(person, other.pk, now=now, actor=LEAD)

    assert LostPerson.objects.get().slot_id == other.pk
    held = Slot.objects.filter(held_by=jane, free_at__gt=now)
    assert [one.pk for one in held] == [other.pk]
    assert old != other.pk
    with pytest.raises(changing.NotToBeHad):
        changing.swap(person, Appointment.objects.get().slot_id, now=now, actor=LEAD)


def test_a_lead_takes_somebody_out_and_puts_them_in_again(day, book_on, now):
    jane = book_on()
    day.say()

    changing.take_out(LostPerson.objects.get(), now=now, actor=LEAD)
    day.work()
    assert not Slot.objects.filter(held_by=jane, free_at__gt=now).exists()
    assert LostPerson.objects.get().phone_why == "out"

    changing.put_in(LostPerson.objects.get(), now=now, actor=LEAD)
    day.work()
    assert day.state_of(jane) == "held"


def test_nobody_else_works_on_a_clinic_until_whoever_does_must_be_dead(day, book_on, now):
    book_on()
    clinic = freezing.start(day.lost, now=now, actor=LEAD)
    assert states.claim(clinic, now)

    assert resume.work(clinic, now=now) is False
    assert resume.work(clinic, now=now + states.LEASE) is True


def test_if_no_lead_decides_they_are_told_by_themselves_by_urgency(day, book_on, now):
    cancer, routine = book_on(urgency="suspected_cancer"), book_on()
    day.say()

    day.work(now + timedelta(hours=4))
    assert (day.state_of(cancer), day.state_of(routine)) == ("asked", "held")

    day.work(now + timedelta(hours=24))
    assert day.state_of(routine) == "asked"


def test_what_somebody_answers_between_the_look_and_the_hold_counts(day, book_on, now, monkeypatch):
    jane = book_on()
    looked = finding.plan

    def then_she_answers(seekers, **how):
        found = looked(seekers, **how)
        version = file.current().version
        answer(jane, "pacemaker", "yes", version=version, now=now, actor="patient")
        return found

    monkeypatch.setattr(finding, "plan", then_she_answers)
    day.say()

    person = LostPerson.objects.get()
    assert (person.phone_why, person.slot) == ("questions", None)
    assert not Slot.objects.filter(held_by=jane, free_at__gt=now).exists()
