"""A slot comes free: who is asked, how, until when, and what each answer does."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.appointments import booking, holds
from booking.appointments import undo as undoing
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Appointment, FreedSlot, Offer, Slot, SoonerAsk, SoonerWish, WorklistRow
from booking.offers import answering, ending
from booking.offers.sooner import waves
from notifications import opt_outs
from notifications.models import Message

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def tick(now):
    """What the workers do in one turn."""
    answering.settle(now=now)
    ending.end_due(now=now)
    return waves.ask_due(now=now)


def open_offers():
    return list(Offer.objects.filter(state="open").order_by("rank"))


def texts(kind, referral):
    return Message.objects.filter(kind=kind, to_hash=opt_outs.hash_of(referral.patient.mobile))


def test_one_is_asked_by_text_the_slot_is_kept_and_the_list_goes_on(make_person, freed, now):
    first, second = make_person(target=20), make_person()
    slot = freed(day=8).slot
    assert tick(now) == 1
    (offer,) = open_offers()
    assert (offer.referral, offer.slot, offer.why, offer.channel) == (first, slot, "sooner", "text")
    assert offer.until == now + timedelta(days=1)
    slot.refresh_from_db()
    assert slot.held_by == first
    assert f"YES {offer.code}" in texts("offer", first).get().body
    assert tick(now) == 0  # the other waits until there is an answer
    answering.decline(offer, now=now + HOUR, actor=PATIENT)
    assert tick(now + HOUR) == 1
    assert open_offers()[0].referral == second
    assert open_offers()[0].wave == 2
    assert SoonerWish.objects.get(referral=first).state == "on"  # a no costs nothing


def test_a_yes_moves_them_and_the_old_slot_is_offered_on_at_most_two_deep(make_person, freed, now):
    people = [make_person(day=day, target=20 + day) for day in (12, 18, 24, 30)]
    freed(day=8)
    depths = []
    for referral in people:
        if not tick(now):
            break
        (offer,) = open_offers()
        assert offer.referral == referral
        depths.append(offer.depth)
        was = booking.live_appointment(referral).slot
        answering.accept(offer, now=now, actor=PATIENT)
        was.refresh_from_db()
        assert was.free_at is not None
        assert booking.live_appointment(referral).slot == offer.slot
        assert SoonerWish.objects.get(referral=referral).state == "off"
    assert depths == [0, 1, 2]
    assert FreedSlot.objects.filter(seen_at=None).count() == 0


def test_near_three_are_asked_and_the_first_in_order_has_it_not_the_fastest(
    make_person, freed, now
):
    people = [make_person("urgent", target=target) for target in (10, 20, 30, 40)]
    slot = freed(day=1, hour=16).slot
    assert tick(now) == 3
    first, second, third = open_offers()
    assert [one.referral for one in (first, second, third)] == people[:3]
    assert {one.until for one in (first, second, third)} == {now + HOUR}
    for offer in (third, second):
        assert answering.accept(offer, now=now + HOUR / 4, actor=PATIENT) is None
    assert tick(now + HOUR / 2) == 0  # the first may still say yes
    tick(now + HOUR)
    assert booking.live_appointment(second.referral).slot == slot
    of_slot = Offer.objects.filter(slot=slot)
    states = list(of_slot.order_by("rank").values_list("state", flat=True))
    assert states == ["lapsed", "accepted", "gone"]
    kept = Appointment.objects.get(referral=third.referral)
    assert (kept.version, kept.is_live) == (1, True)
    told = texts("answer", third.referral).get()
    assert "Nothing else has changed" in told.body
    assert told.segments <= 2
    wish = SoonerWish.objects.get(referral=third.referral)
    assert (wish.state, wish.unanswered) == ("on", 0)
    assert SoonerWish.objects.get(referral=first.referral).unanswered == 1


def test_the_first_who_says_yes_has_it_at_once(make_person, freed, now):
    for target in (10, 20, 30):
        make_person("urgent", target=target)
    freed(day=1, hour=16)
    tick(now)
    first, second, _ = open_offers()
    assert answering.accept(second, now=now, actor=PATIENT) is None
    assert answering.accept(first, now=now, actor=PATIENT).slot == first.slot
    second.refresh_from_db()
    assert second.state == "gone"


def test_nobody_is_asked_at_night_and_the_slot_is_on_sale_till_morning(make_person, freed, now):
    make_person()
    freed(day=8)
    night = datetime(2026, 11, 24, 21, tzinfo=UTC)
    assert tick(night) == 0
    assert FreedSlot.objects.filter(seen_at=None).count() == 1
    assert tick(night + 11 * HOUR) == 1


def test_three_silences_pause_and_say_so(make_person, freed, now):
    referral = make_person()
    for day in (8, 9, 10):
        freed(day=day)
        assert tick(now) == 1
        now += timedelta(days=1)
        ending.end_due(now=now)
        FreedSlot.objects.update(seen_at=now)
    assert SoonerWish.objects.get(referral=referral).state == "paused"
    told = texts("sooner_list", referral).get()
    assert "Reply SOONER" in told.body
    assert told.segments <= 2
    freed(day=11)
    assert tick(now) == 0


def test_whoever_lapsed_is_not_asked_about_the_same_slot_again(make_person, freed, now):
    make_person()
    freed(day=8)
    tick(now)
    ending.end_due(now=now + timedelta(days=1))
    assert FreedSlot.objects.filter(seen_at=None).count() == 1  # it is free again
    assert tick(now + timedelta(days=1)) == 0
    assert FreedSlot.objects.filter(seen_at=None).count() == 0


def test_every_fourth_slot_goes_first_to_those_without_a_mobile(make_person, freed, now):
    phoned = make_person(mobile="", target=60)
    texted = make_person("urgent", target=10)
    asked = []
    for day in (8, 9, 10, 11):
        ending.end_due(now=now)
        FreedSlot.objects.update(seen_at=now)
        freed(day=day)
        tick(now)
        (offer,) = open_offers()
        asked.append((offer.referral, offer.channel))
        answering.decline(offer, now=now, actor=PATIENT)
    assert asked == [(texted, "text")] * 3 + [(phoned, "phone")]
    assert list(SoonerAsk.objects.order_by("pk").values_list("turn", "for_phone")) == [
        (1, False), (2, False), (3, False), (4, True),
    ]  # fmt: skip


def test_a_phone_call_stands_on_the_clerks_list_until_it_is_answered(make_person, freed, now):
    referral = make_person(mobile="")
    slot = freed(day=8).slot
    assert tick(now) == 1  # nobody else fits, so it is theirs out of turn
    row = WorklistRow.objects.get(kind="sooner")
    (offer,) = open_offers()
    assert (row.referral, row.due_at, row.closed_at) == (referral, offer.until, None)
    assert slot.site.name in row.reason
    assert not Message.objects.filter(kind="offer").exists()
    answering.accept(offer, now=now, actor=PATIENT)
    row.refresh_from_db()
    assert row.outcome == "booked"


def test_who_was_not_phoned_in_time_was_not_silent(make_person, freed, now):
    referral = make_person(mobile="")
    freed(day=8)
    tick(now)
    tick(now + timedelta(days=1))
    assert SoonerWish.objects.get(referral=referral).unanswered == 0
    assert WorklistRow.objects.get(kind="sooner").outcome == "resolved"


def test_a_time_that_somebody_is_choosing_waits_and_one_that_is_taken_is_done(
    make_person, make_referral, freed, now
):
    make_person()
    tom = make_referral(code="2BCD3FGH", mobile="+447700900999")
    one = freed(day=8)
    holds.hold(tom, one.slot_id, now=now)
    assert tick(now) == 0
    one.refresh_from_db()
    assert one.seen_at is None
    booking.book(tom, one.slot_id, now=now, actor=PATIENT)
    assert tick(now) == 0
    one.refresh_from_db()
    assert one.seen_at == now


@pytest.mark.parametrize("change", [{"free_at": None}, {"status": "withdrawn", "free_at": None}])
def test_a_time_that_is_not_there_any_more_is_passed_over(make_person, freed, now, change):
    make_person()
    one = freed(day=8)
    Slot.objects.filter(pk=one.slot_id).update(**change)
    assert tick(now) == 0
    one.refresh_from_db()
    assert one.seen_at == now


def test_too_deep_or_too_near_is_passed_over(make_person, freed, now):
    make_person("urgent")
    freed(day=8, depth=3)
    freed(day=1, hour=9)  # less than a day ahead
    assert tick(now) == 0
    assert FreedSlot.objects.filter(seen_at=None).count() == 0


def test_a_tick_after_a_killed_one_asks_nobody_twice(make_person, freed, now):
    make_person()
    make_person()
    one = freed(day=8)
    assert tick(now) == 1
    FreedSlot.objects.filter(pk=one.pk).update(seen_at=None)  # it died before it wrote that down
    assert tick(now) == 0
    assert Offer.objects.count() == 1


def test_a_time_kept_for_suspected_cancer_is_asked_of_nobody_else_until_it_is_open_to_all(
    make_person, freed, now
):
    routine, cancer = make_person(target=10), make_person("suspected_cancer", target=20)
    urgent = make_person("urgent", target=5)
    opens = now + timedelta(days=4)
    slot = freed(day=8, hour=16, reserved_until=opens).slot
    assert tick(now) == 1
    assert [one.referral for one in open_offers()] == [cancer]
    answering.decline(open_offers()[0], now=now + HOUR, actor=PATIENT)
    for later in (HOUR, HOUR + timedelta(days=1), timedelta(days=4) - HOUR):
        assert tick(now + later) == 0
    assert tick(opens) == 1
    assert [one.referral for one in open_offers()] == [urgent]
    assert Offer.objects.filter(referral=routine).count() == 0
    slot.refresh_from_db()
    assert slot.held_by == urgent


def test_nobody_waits_behind_for_a_time_that_is_kept_for_suspected_cancer(make_person, freed, now):
    people = [make_person("suspected_cancer"), make_person("urgent"), make_person("urgent")]
    freed(day=1, hour=16, reserved_until=now + timedelta(hours=23))
    assert tick(now) == 1
    assert [one.referral for one in open_offers()] == people[:1]


def test_whose_yes_a_clerk_takes_back_is_on_the_list_again(make_person, freed, now):
    referral, clerk = make_person(), Actor(ActorKind.STAFF, 7)
    was = booking.live_appointment(referral).slot
    freed(day=8)
    tick(now)
    (offer,) = open_offers()
    made = answering.accept(offer, now=now, actor=clerk, undo_window=undoing.UNDO)
    assert SoonerWish.objects.get().state == "off"
    undoing.undo(made, made.version, now=now + timedelta(seconds=20), actor=clerk)
    assert booking.live_appointment(referral).slot == was
    assert SoonerWish.objects.get().state == "on"
    assert tick(now + HOUR) == 0  # they are not asked again about what they took
