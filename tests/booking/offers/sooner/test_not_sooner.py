"""Something happens to the appointment of somebody who is just asked about a sooner time."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking
from booking.appointments.booking import change_status, record
from booking.appointments.displacing import displace
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import AuditAction, Offer, Patient
from booking.offers import answering, ending
from booking.offers.sooner import waves, wishes
from booking.referrals import ending as requests
from tests.booking.patient.conftest import text

pytestmark = pytest.mark.django_db
STAFF = Actor(ActorKind.STAFF, 1)


def marked_attended(appointment, now):
    version = appointment.version
    with transaction.atomic():
        change_status(appointment, version, now, status="attended", confirm_by=None)
        record(appointment, AuditAction.ATTENDED, now, STAFF)


def cancelled(appointment, now):
    booking.cancel(appointment, appointment.version, now=now, actor=PATIENT)


def ended(appointment, now):
    requests.end(appointment.referral, "withdrawn", now=now, actor=STAFF)


def taken_off(appointment, now):
    wishes.take_off(appointment.referral, now=now, actor=PATIENT)


@pytest.mark.parametrize("happens", [cancelled, marked_attended, ended, taken_off])
def test_who_needs_nothing_sooner_is_asked_no_more_and_the_next_is(
    make_person, freed, now, happens
):
    first, second = make_person(target=20), make_person()
    slot = freed(day=8).slot
    waves.ask_due(now=now)
    offer = Offer.objects.get()
    assert offer.referral == first

    happens(booking.live_appointment(first), now)

    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    with pytest.raises(answering.OfferOver):
        answering.accept(offer, now=now, actor=PATIENT)
    ending.let_go(now=now)  # no test's transaction is ever committed
    waves.ask_due(now=now)
    assert Offer.objects.get(state="open", slot=slot).referral == second


def test_whom_the_hospital_took_the_time_from_may_still_say_yes(make_person, freed, now):
    referral = make_person()
    slot = freed(day=8).slot
    waves.ask_due(now=now)
    booked = booking.live_appointment(referral)

    with transaction.atomic():
        displace(booked, booked.version, AuditAction.DISPLACED, now, STAFF)

    assert answering.accept(Offer.objects.get(), now=now, actor=PATIENT).slot == slot


def test_who_said_yes_and_waits_keeps_that_when_they_leave_the_list(make_person, freed, now):
    for target in (10, 20):
        make_person("urgent", target=target)
    freed(day=1, hour=16)
    waves.ask_due(now=now)
    before, waits = Offer.objects.order_by("rank")
    answering.accept(waits, now=now, actor=PATIENT)

    wishes.take_off(waits.referral, now=now, actor=PATIENT)
    answering.decline(before, now=now, actor=PATIENT)
    answering.settle(now=now + timedelta(seconds=1))

    assert booking.live_appointment(waits.referral).slot == waits.slot


def test_a_need_that_the_place_cannot_meet_ends_it_at_the_yes(make_person, freed, now):
    referral = make_person()
    freed(day=8)
    waves.ask_due(now=now)
    was = booking.live_appointment(referral).slot
    Patient.objects.filter(pk=referral.patient_id).update(needs=["hoist"])

    with pytest.raises(answering.OfferOver):
        answering.accept(Offer.objects.get(), now=now, actor=PATIENT)

    assert booking.live_appointment(referral).slot == was


def test_the_page_of_who_cancelled_says_why_it_is_over(
    client, jane, book, wish, freed, sign_in, now
):
    book(jane)
    wish(jane)
    freed(day=8)
    waves.ask_due(now=now)
    sign_in()
    cancelled(booking.live_appointment(jane), now)
    page = text(client.get("/offer/"))
    assert "in place of a time that you do not have any more" in page
    assert "You have no time for your scan yet" in page
