"""The brake meets bookings, other pushes and a lead at the same moment; and moved stops."""

import json

import pytest
import time_machine

from booking.appointments import booking, holds
from booking.exchange.feeds import brake, decisions, lost_clinics
from booking.exchange.feeds.importer import import_lines
from booking.models import (
    EPOCH,
    OFF_SALE,
    Appointment,
    AppointmentChange,
    LostClinic,
    Slot,
    StopQuestion,
)
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE, location, schedule, slot, van_slot
from tests.booking.exchange.feeds.test_brake import CODES, LEAD, statuses, take
from tests.booking.exchange.feeds.test_stops import move
from tests.racing import at_once

BUSY = (holds.SlotTaken, holds.HoldExpired, holds.SlotNotSuitable)


def encoded(resources):
    return list(enumerate((json.dumps(one).encode() for one in resources), 1))


@pytest.fixture
def twelve(push, furness, make_referral, now):
    """Twelve times, people booked on five; give the lines."""
    lines = [slot(furness, f"s{n:02}", hour=n + 8) for n in range(12)]
    push(location(furness), schedule(furness), *lines)
    for number, code in enumerate(CODES):
        take(make_referral(code=code), f"s{number:02}", now)
    return lines


@pytest.mark.django_db(transaction=True)
def test_who_books_while_the_body_comes_is_booked_or_refused_and_never_displaced(
    twelve, make_referral, now
):
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in "56789"]
    free = list(Slot.objects.filter(free_at=EPOCH).order_by("pk").values_list("pk", flat=True))

    def book(person, pk):
        holds.hold(person, pk, now=now)
        return booking.book(person, pk, now=now, actor="patient")

    at_once(
        lambda: import_lines("RTX", encoded(twelve[11:]), now=now, replace=True),
        *[lambda p=p, s=s: book(p, s) for p, s in zip(people, free[:5], strict=True)],
        refusals=BUSY,
    )

    assert set(statuses()) == {"booked"}
    taken = set(Appointment.objects.values_list("slot_id", flat=True))
    assert taken == set(Slot.objects.filter(free_at=None).values_list("pk", flat=True))
    assert decisions.held_loss("RTX")


@pytest.mark.django_db(transaction=True)
def test_a_renumbering_and_bookings_at_once_double_and_lose_nobody(twelve, make_referral, now):
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in "56789"]
    free = list(Slot.objects.filter(free_at=EPOCH).order_by("pk").values_list("pk", flat=True))
    sent = [{**one, "id": f"new-{one['id']}"} for one in twelve]

    def book(person, pk):
        holds.hold(person, pk, now=now)
        return booking.book(person, pk, now=now, actor="patient")

    at_once(
        lambda: import_lines("RTX", encoded(sent), now=now, replace=True),
        lambda: import_lines("RTX", encoded(sent), now=now, replace=True),
        *[lambda p=p, s=s: book(p, s) for p, s in zip(people, free[:5], strict=True)],
        refusals=BUSY,
    )
    import_lines("RTX", encoded(sent), now=now, replace=True)

    assert set(statuses()) == {"booked"}
    standing = Slot.objects.exclude(status="withdrawn")
    assert sorted(standing.values_list("external_id", flat=True)) == [one["id"] for one in sent]
    taken = set(Appointment.objects.values_list("slot_id", flat=True))
    assert taken == set(standing.filter(free_at=None).values_list("pk", flat=True))
    assert not standing.filter(free_at=OFF_SALE).exists()


@pytest.mark.django_db(transaction=True)
def test_a_lead_and_the_feed_that_names_the_times_again_agree_on_each_time(twelve, now):
    import_lines("RTX", encoded(twelve[11:]), now=now, replace=True)
    loss = decisions.held_loss("RTX")
    shown = brake.waiting(loss, now)

    at_once(
        lambda: decisions.release(loss, shown, now=now, actor=LEAD),
        lambda: import_lines("RTX", encoded(twelve), now=now, replace=True),
        refusals=(decisions.LossDecided,),
    )

    for made in Appointment.objects.select_related("slot"):
        assert made.status in ("booked", "displaced")
        if made.status == "booked":
            assert (made.slot.status, made.slot.free_at) == ("free", None)
    assert decisions.held_loss("RTX") is None
    assert not Slot.objects.filter(free_at=OFF_SALE).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_one_decides(twelve, now):
    import_lines("RTX", encoded(twelve[11:]), now=now, replace=True)
    loss = decisions.held_loss("RTX")
    shown = brake.waiting(loss, now)

    answers = at_once(
        lambda: decisions.release(loss, shown, now=now, actor=LEAD),
        lambda: decisions.keep(loss, shown, now=now, actor=LEAD),
        refusals=(decisions.LossDecided,),
    )

    assert sum(isinstance(answer, decisions.LossDecided) for answer in answers) == 1
    assert set(statuses()) in ({"booked"}, {"displaced"})


@pytest.fixture
def van_booked(push, van, make_referral, now):
    """The van has five people booked on one day."""
    day = [van_slot(2, f"v{n}") for n in range(5)]
    for n, one in enumerate(day):
        one["start"], one["end"] = (f"2026-12-02T{9 + n:02}:{m}:00+00:00" for m in ("00", "30"))
    with time_machine.travel(now, tick=False):
        push(VAN_SCHEDULE, *day)
        for number, code in enumerate(CODES):
            take(make_referral(code=code), f"v{number}", now)
        yield van


def sites_of_slots():
    return set(Slot.objects.values_list("site_id", flat=True))


def test_a_mistaken_timetable_asks_nobody_and_put_right_it_never_was(
    van_booked, lancaster, furness, now
):
    move(van_booked, "2026-11-30", "2026-12-05", lancaster)

    assert statuses() == ["booked"] * 5
    assert brake.waiting(decisions.held_loss("RTX"), now) == (5, 5)
    assert not StopQuestion.objects.exists()
    assert sites_of_slots() == {furness.pk}
    lost_clinics.follow(now=now)
    assert not LostClinic.objects.exists(), "nobody loses a time that goes on elsewhere"

    move(van_booked, "2026-11-30", "2026-12-05", furness)
    assert decisions.held_loss("RTX") is None
    assert not StopQuestion.objects.exists()


def test_stops_that_move_ask_people_once_a_lead_agrees(van_booked, lancaster, now):
    move(van_booked, "2026-11-30", "2026-12-05", lancaster)

    loss = decisions.held_loss("RTX")
    decisions.release(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    assert statuses() == ["booked"] * 5
    assert StopQuestion.objects.filter(state="open").count() == 5
    assert sites_of_slots() == {lancaster.pk}
    assert set(Appointment.objects.values_list("site_id", flat=True)) == {lancaster.pk}
    assert AppointmentChange.objects.filter(version=2).count() == 5


def test_times_that_a_lead_keeps_stay_where_they_were(van_booked, lancaster, furness, now):
    move(van_booked, "2026-11-30", "2026-12-05", lancaster)

    loss = decisions.held_loss("RTX")
    decisions.keep(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    assert statuses() == ["booked"] * 5
    assert not StopQuestion.objects.exists()
    assert set(Appointment.objects.values_list("site_id", flat=True)) == {furness.pk}


def test_stops_that_are_gone_take_their_times_once_a_lead_agrees(van_booked, furness, now):
    move(van_booked, "2026-11-30", "2026-12-01", furness)
    assert statuses() == ["booked"] * 5

    loss = decisions.held_loss("RTX")
    decisions.release(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    assert statuses() == ["displaced"] * 5
    assert set(Slot.objects.values_list("status", flat=True)) == {"withdrawn"}
