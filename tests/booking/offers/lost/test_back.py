"""The clinic comes back: who has not been moved has their time again, and one text at most."""

from datetime import timedelta

import pytest

from booking.models import Appointment, Offer, Slot, WorklistRow
from booking.offers import answering
from booking.offers.lost import confirming
from notifications.models import Message
from tests.booking.offers.lost.conftest import LEAD, on_sale


def back(day, now):
    confirming.say_back(day.it, now=now, actor=LEAD)
    day.work(now)


def held_for(referral, now):
    return Slot.objects.filter(held_by=referral, free_at__gt=now).exists()


def test_before_anybody_was_told_nothing_has_happened(day, book_on, now):
    jane = book_on()
    day.say()

    back(day, now)

    assert day.it.state == "over"
    assert day.state_of(jane) == "kept"
    made = Appointment.objects.get()
    assert (made.status, made.version) == ("booked", 1)
    assert not held_for(jane, now)
    assert on_sale(day.schedule) == 1
    assert not Message.objects.filter(kind__in=["displaced", "offer_displaced", "changed"]).exists()


def test_who_was_never_told_kept_their_time_though_it_has_come(day, book_on, now):
    """No worker ran meanwhile: nobody was told, and whoever came found the clinic there."""
    jane = book_on()
    day.say()

    late = Appointment.objects.get().start + timedelta(minutes=5)
    confirming.say_back(day.it, now=late, actor=LEAD)
    day.work(late)

    assert (day.it.state, day.state_of(jane)) == ("over", "kept")
    assert not Slot.objects.filter(held_by=jane, free_at__gt=late).exists()


def test_after_half_have_moved_the_others_keep_their_time(day, book_on, now):
    moved, asked = book_on(), book_on()
    confirming.confirm(day.say(), now=now, actor=LEAD)
    day.work()
    made = answering.accept(Offer.objects.get(referral=moved), now=now, actor="texts")

    later = now + timedelta(minutes=5)
    back(day, later)

    assert (day.state_of(moved), day.state_of(asked)) == ("moved", "kept")
    made.refresh_from_db()
    assert made.status == "booked"
    again = Appointment.objects.get(referral=asked)
    assert again.status == "booked"
    assert Slot.objects.get(pk=again.slot_id).free_at is None
    assert Offer.objects.get(referral=asked).state == "withdrawn"
    assert not held_for(asked, later)
    assert on_sale(day.schedule) == 2, "what nobody had, and what was moved from"
    assert not WorklistRow.objects.filter(closed_at=None).exists()


def test_who_was_not_told_yet_hears_nothing_and_who_was_hears_once(day, book_on, now):
    unsent, sent = book_on(), book_on()
    confirming.confirm(day.say(), now=now, actor=LEAD)
    day.work()
    of_sent = Offer.objects.get(referral=sent)
    Message.objects.filter(subject=of_sent.reference).update(state="delivered", wire_at=now)

    back(day, now + timedelta(minutes=5))

    of_unsent = Offer.objects.get(referral=unsent)
    assert Message.objects.get(subject=of_unsent.reference).state == "cancelled"
    told = Message.objects.filter(kind="changed")
    assert [one.to for one in told] == [sent.patient.mobile]
    assert "can go ahead after all" in told[0].body


def test_an_answer_after_that_changes_nothing(day, book_on, now):
    jane = book_on()
    confirming.confirm(day.say(), now=now, actor=LEAD)
    day.work()
    offer = Offer.objects.get()
    back(day, now)

    with pytest.raises(answering.OfferOver):
        answering.accept(offer, now=now, actor="texts")

    assert day.state_of(jane) == "kept"
    assert Appointment.objects.get().status == "booked"
