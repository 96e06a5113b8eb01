"""Slots of one Schedule that overlap: only one of them is had, by whatever door."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.appointments import booking, holds, undo
from booking.appointments.time_state import TimeState, state_of
from booking.exams import overlaps
from booking.exchange.feeds import free_slots
from booking.exchange.writeback import partners
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Appointment, Schedule, Slot
from booking.search import places
from booking.search.criteria import SearchCriteria
from tests import racing

KEY = Actor(ActorKind.KEY, "k")
HALF, HOUR = timedelta(minutes=30), timedelta(hours=1)


@pytest.fixture
def slots(make_slot):
    """At 2pm half an hour, at 2pm a whole one that is the same machine, at 3pm the next."""
    first = make_slot()
    return {
        "first": first,
        "long": make_slot(start=first.start, end=first.start + HOUR),
        "middle": make_slot(start=first.start + HALF / 2, end=first.end + HALF / 2),
        "next": make_slot(start=first.start + HOUR, end=first.start + HOUR + HALF),
        "before": make_slot(start=first.start - HALF, end=first.start),
    }


def book(referral, slot, now, actor=PATIENT):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor=actor)


def offered(now):
    """The slots that each search offers: the pages', and the partners'."""
    day = now.date()
    wanted = SearchCriteria("MR", day, day + timedelta(14), at_once=True)
    site = Slot.objects.values_list("site", flat=True).first()
    pages = {free.start for day in places.times_at(site, wanted, now=now).values() for free in day}
    asked = free_slots.FreeSlotQuery(now, now + timedelta(14), "MR")
    found, _ = free_slots.free_slots(asked, now=now, count=100)
    assert {slot.start for slot in found} == pages
    assert free_slots.count(asked, now=now) == len(found)
    return {slot.pk for slot in found}


@pytest.mark.parametrize("ask", [overlaps.RIVALS, overlaps.TAKEN_RIVAL])
def test_whether_a_slot_has_several_seats_is_asked_of_its_rivals_alone(slots, jane, now, ask):
    """As a join it was asked of every slot there is, at each booking."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite asks row by row")
    at = connection.ops.adapt_datetimefield_value(now)
    values = {**overlaps.values_of(slots["long"]), "now": at, "referral": jane.pk}

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {ask}", values)
        planned = str(cursor.fetchall())

    assert "Anti Join" not in planned
    assert planned.count(" m ") == 1


@pytest.mark.parametrize("rival", ["long", "middle"])
def test_what_overlaps_with_a_booked_one_is_neither_held_booked_nor_offered(
    slots, rival, jane, tom, now
):
    holds.hold(tom, slots[rival].pk, now=now)  # it was held first: both were free then
    Slot.objects.filter(pk=slots["first"].pk).update(
        held_by=jane, free_at=now + HALF, hold_limit=now + HOUR
    )
    booking.book(jane, slots["first"].pk, now=now, actor=PATIENT)

    with pytest.raises(holds.SlotTaken):
        booking.book(tom, slots[rival].pk, now=now, actor=PATIENT)
    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, slots[rival].pk, now=now)
    with pytest.raises(holds.SlotTaken):
        partners.book(tom, [slots[rival].pk], now=now, actor=KEY)
    holds.release(tom, now=now)

    assert offered(now) == {slots["next"].pk, slots["before"].pk}
    assert state_of(slots[rival], tom, now=now) == TimeState.TAKEN
    assert overlaps.is_blocked(slots[rival], now=now)
    assert Appointment.objects.count() == 1


def test_what_touches_only_is_held_and_booked(slots, jane, tom, now, make_referral):
    book(jane, slots["first"], now)

    book(tom, slots["next"], now)
    book(make_referral(code="7KQ49CR2", given_name="Ann"), slots["before"], now)

    assert Appointment.objects.count() == 3


def test_what_another_holds_is_not_held_and_is_free_when_the_hold_ends(slots, jane, tom, now):
    holds.hold(jane, slots["first"].pk, now=now)

    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, slots["long"].pk, now=now)
    assert slots["long"].pk not in offered(now)
    later = now + holds.HOLD
    assert slots["long"].pk in offered(later)
    assert holds.hold(tom, slots["long"].pk, now=later).pk == slots["long"].pk


def test_one_patient_changes_a_hold_and_moves_to_what_overlaps_with_their_own(slots, jane, now):
    holds.hold(jane, slots["first"].pk, now=now)
    made = book(jane, slots["long"], now)

    moved = book(jane, slots["middle"], now)

    assert (moved.pk, moved.slot_id) == (made.pk, slots["middle"].pk)


def test_a_cancelled_one_gives_its_rivals_back(slots, jane, tom, now):
    made = book(jane, slots["first"], now)
    booking.cancel(made, made.version, now=now, actor=PATIENT)

    assert slots["long"].pk in offered(now)
    assert book(tom, slots["long"], now).slot_id == slots["long"].pk


def test_an_undo_does_not_take_back_what_a_rival_of_it_has_now(slots, jane, tom, now, make_staff):
    actor = make_staff().actor
    made = book(jane, slots["first"], now)
    booking.cancel(made, made.version, now=now, actor=actor, undo_window=undo.UNDO)
    book(tom, slots["long"], now)

    with pytest.raises(holds.SlotTaken):
        undo.undo(made, made.version, now=now, actor=actor)


@pytest.mark.parametrize("has_seats", ["first", "long"])
def test_seats_of_one_slot_and_lists_with_room_for_several_are_no_rivals(
    make_slot, jane, tom, make_referral, now, has_seats
):
    first = make_slot(external_id="first")
    long = make_slot(external_id="long", start=first.start, end=first.start + HOUR)
    second = make_slot(external_id=has_seats, seat=1, start=first.start, end=first.end)

    for referral, slot in (
        (jane, first), (tom, long), (make_referral(code="7KQ49CR2", given_name="A"), second),
    ):  # fmt: skip
        book(referral, slot, now)

    assert Appointment.objects.count() == 3


def test_a_seat_that_was_withdrawn_makes_no_room(make_slot, jane, tom, now):
    first = make_slot(external_id="first")
    make_slot(external_id="first", seat=1, status="withdrawn", free_at=None)
    long = make_slot(start=first.start, end=first.start + HOUR)
    book(jane, first, now)

    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, long.pk, now=now)


def test_another_machine_is_no_rival(make_slot, jane, tom, now, furness):
    first, other = make_slot(), make_slot()
    second = Schedule.objects.create(
        trust_id="RTX", external_id="mr-2", site=furness, modality="MR", fed_at=now
    )
    Slot.objects.filter(pk=other.pk).update(schedule=second)

    book(jane, first, now)
    book(tom, other, now)

    assert Appointment.objects.count() == 2


def test_a_slot_that_came_after_is_left_out_once_somebody_met_it(make_slot, jane, tom, now):
    first = make_slot()
    book(jane, first, now)
    late = make_slot(start=first.start, end=first.start + HOUR)

    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, late.pk, now=now)

    assert Schedule.objects.get().overlaps
    assert late.pk not in offered(now)


def test_a_hold_costs_no_query_more_and_a_booking_one(make_slot, jane, tom, now):
    """Where nothing overlaps; where something does, a few more."""
    lone = make_slot()
    with CaptureQueriesContext(
        connection,
    ) as held:
        holds.hold(jane, lone.pk, now=now)
    with CaptureQueriesContext(connection) as booked:
        booking.book(jane, lone.pk, now=now, actor=PATIENT)

    own = [q for q in booked.captured_queries if "o.external_id" in q["sql"]]
    apart = [q for q in held.captured_queries if q["sql"].lstrip().startswith("SELECT o.id")]
    assert (len(apart), len(own)) == (0, 1)
    assert not Schedule.objects.get().overlaps


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_book_eight_rivals_at_once_one_gets_in(make_slot, make_referral):
    now = timezone.now()
    start = make_slot(day=30).start
    Slot.objects.all().delete()
    slots = [make_slot(start=start + n * timedelta(minutes=1), end=start + HOUR) for n in range(8)]
    codes = [f"7KQ49CR{letter}" for letter in "23456789"]
    referrals = [make_referral(code=code, given_name=code) for code in codes]
    for referral, slot in zip(referrals, slots, strict=True):  # as if all had held at once
        Slot.objects.filter(pk=slot.pk).update(
            held_by=referral, free_at=now + HALF, hold_limit=now + HOUR
        )

    racing.at_once(
        *[
            partial(booking.book, referral, slot.pk, now=now, actor=PATIENT)
            for referral, slot in zip(referrals, slots, strict=True)
        ],
        refusals=(holds.SlotTaken,),
    )

    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_partners_who_book_eight_rivals_at_once_one_gets_in(make_slot, make_referral):
    now = timezone.now()
    start = make_slot(day=30).start
    Slot.objects.all().delete()
    slots = [make_slot(start=start + n * timedelta(minutes=1), end=start + HOUR) for n in range(8)]
    codes = [f"7KQ49CR{letter}" for letter in "23456789"]
    people = [make_referral(code=code, given_name=code) for code in codes]

    racing.at_once(
        *[
            partial(partners.book, person, [slot.pk], now=now, actor=KEY)
            for person, slot in zip(people, slots, strict=True)
        ],
        refusals=(holds.SlotTaken, holds.HoldExpired),
    )

    assert Appointment.objects.count() == 1
