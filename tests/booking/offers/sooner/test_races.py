"""Two at once: two workers' waves, a yes against the next wave, a yes against a booking."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.appointments.booking import AppointmentChanged
from booking.identifiers.actors import PATIENT
from booking.models import Appointment, FreedSlot, Offer, Slot, SoonerWish
from booking.models.appointment import LIVE
from booking.offers import answering, ending
from booking.offers.sooner import waves, wishes
from booking.offers.sooner.wishes import Wanted
from tests.racing import at_once, only_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), only_postgresql]
REFUSALS = (
    answering.OfferOver, AppointmentChanged, holds.SlotTaken, holds.HoldExpired,
    wishes.WishChanged,
)  # fmt: skip


def the_rules_hold(slot):
    """Nobody is asked twice, nothing is booked twice, and the slot is one person's."""
    assert Appointment.objects.filter(slot=slot, status__in=LIVE).count() <= 1
    for referral in SoonerWish.objects.values_list("referral", flat=True):
        assert Offer.objects.filter(referral=referral, slot=slot).count() <= 1
        assert Appointment.objects.filter(referral=referral, status__in=LIVE).count() == 1


@pytest.mark.parametrize("near", [False, True], ids=["one", "three"])
def test_two_workers_make_one_wave(make_person, freed, now, near):
    people = [make_person("urgent", target=target) for target in (10, 20, 30, 40)]
    slot = freed(day=1 if near else 8, hour=16).slot
    at_once(*[lambda: waves.ask_due(now=now)] * 3)
    asked = list(Offer.objects.filter(state="open").order_by("rank"))
    assert [one.rank for one in asked] == list(range(len(asked)))
    assert [one.referral for one in asked] == people[: len(asked)]
    assert len(asked) == (3 if near else 1)
    the_rules_hold(slot)


def test_a_yes_against_the_next_wave(make_person, freed, now):
    first = make_person(target=20)
    make_person()
    slot = freed(day=8).slot
    waves.ask_due(now=now)
    offer = Offer.objects.get()
    late = offer.until

    def next_wave():
        ending.end_due(now=late)
        return waves.ask_due(now=late)

    said, _ = at_once(
        lambda: answering.accept(offer, now=late - timedelta(seconds=1), actor=PATIENT),
        next_wave,
        refusals=REFUSALS,
    )
    slot.refresh_from_db()
    offer.refresh_from_db()
    took = isinstance(said, Appointment)
    assert took == (offer.state == "accepted")
    assert (booking.live_appointment(first).slot == slot) == took
    assert Offer.objects.filter(state="open").count() == (0 if took else 1)
    the_rules_hold(slot)


def test_the_first_and_the_second_of_a_wave_say_yes_at_once(make_person, freed, now):
    for target in (10, 20, 30):
        make_person("urgent", target=target)
    slot = freed(day=1, hour=16).slot
    waves.ask_due(now=now)
    first, second, _ = Offer.objects.order_by("rank")
    at_once(
        lambda: answering.accept(first, now=now, actor=PATIENT),
        lambda: answering.accept(second, now=now, actor=PATIENT),
        refusals=REFUSALS,
    )
    answering.settle(now=now)
    assert booking.live_appointment(first.referral).slot == slot
    the_rules_hold(slot)


def test_a_yes_against_another_booking_of_the_same_person(make_person, make_slot, freed, now):
    referral = make_person()
    slot, other = freed(day=8).slot, make_slot(day=10)
    waves.ask_due(now=now)
    offer = Offer.objects.get()
    holds.hold(referral, other.pk, now=now)
    at_once(
        lambda: answering.accept(offer, now=now, actor=PATIENT),
        lambda: booking.book(referral, other.pk, now=now, actor=PATIENT),
        refusals=REFUSALS,
    )
    ending.end_due(now=now)
    assert not Offer.objects.filter(state="open").exists()
    the_rules_hold(slot)
    free = Slot.objects.filter(pk__in=[slot.pk, other.pk], free_at__isnull=False)
    assert free.count() == 1


def test_two_tabs_put_on_the_list_once(make_person, now):
    referral = make_person()
    SoonerWish.objects.all().delete()
    said = at_once(
        *[lambda: wishes.put_on(referral, Wanted(2), door="page", now=now, actor=PATIENT, seen=0)]
        * 2,
        refusals=REFUSALS,
    )
    assert sum(isinstance(one, SoonerWish) for one in said) == 1
    assert SoonerWish.objects.get().version == 1


def test_two_silences_of_one_person_are_counted_both(make_person, freed, now):
    make_person()
    FreedSlot.objects.all().delete()
    for day in (8, 9):
        freed(day=day)
        waves.ask_due(now=now)
        at_once(*[lambda: ending.end_due(now=now + timedelta(days=1))] * 2)
        FreedSlot.objects.update(seen_at=now)
    assert SoonerWish.objects.get().unanswered == 2
