"""A time is called booked once it is, and a text is promised only if it goes."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from booking.appointments import booking, displacing, holds, trust_answers, undo
from booking.identifiers.actors import Actor, ActorKind
from booking.messages import texts
from booking.models import Feed, ReplyCode, WorklistRow
from booking.patient import text_replies
from booking.patients import record
from booking.referrals import ending
from notifications import opt_outs
from notifications.models import Message, State
from notifications.replies import Reply
from tests.booking.conftest import NOW
from tests.booking.true_words import (
    BOOKED,
    FEED,
    THEN,
    Say,
    book,
    check,
    clerk_sees,
    last_text,
    patient_sees,
    read_back,
)


@pytest.fixture
def staff(make_staff):
    return make_staff(username="carol")


WITH_TEXTS, NO_MOBILE, LANDLINE, STOPPED = "+447700900461", "", "+441524555012", "opted out"
NO_TEXT = {
    NO_MOBILE: "We have no mobile number for you, so",
    LANDLINE: "The number that we have for you is not a UK mobile, so",
    STOPPED: "You asked us for no more texts, so",
}
PROMISES = ("We will text", "We text you", "We are sending you a text", "confirm by text")


@pytest.mark.parametrize("number", [WITH_TEXTS, NO_MOBILE, LANDLINE, STOPPED])
@pytest.mark.parametrize("confirms", [False, True], ids=["booked", "pending"])
def test_a_time_is_booked_only_once_it_is_and_texts_are_promised_only_if_they_go(
    number, confirms, jane, make_slot, staff, trust
):
    Feed.objects.filter(trust=trust).update(confirms=confirms, confirm_hours=24)
    jane.patient.mobile = WITH_TEXTS if number == STOPPED else number
    jane.patient.save()
    if number == STOPPED:
        opt_outs.opt_out(opt_outs.hash_of(WITH_TEXTS), source="reply", now=NOW)
    slot, later = make_slot(), make_slot(day=9)
    with time_machine.travel(NOW, tick=False) as clock:
        holds.hold(jane, slot.pk, now=NOW)
        held = clerk_sees(staff, jane)
        booking.book(jane, slot.pk, now=NOW, actor=staff.actor, undo_window=undo.UNDO)
        script, page = read_back(clerk_sees(staff, jane)), patient_sees()
        book(jane, later, actor=staff.actor, undo_window=undo.UNDO)
        moved = read_back(clerk_sees(staff, jane))
        clock.shift(timedelta(minutes=2))
        Message.objects.filter(
            subject_version=2, state=State.SCHEDULED, due_at__lte=NOW + undo.UNDO
        ).update(state=State.DELIVERED)
        gone = patient_sees()

    check(script, *live_words(confirms, number))
    check(moved, *live_words(confirms, number))
    not_yet = "Waiting for the hospital to confirm"
    check(
        page,
        Say((not_yet,), BOOKED) if confirms else Say(("Your scan is booked",), (not_yet,)),
        "patient",
    )
    if number == WITH_TEXTS:
        assert "confirm by text" in held
        assert ("We text you when" if confirms else "We are sending you a text") in page
        assert (
            confirms
            or "We have sent you a text with these details. We will text you again on" in gone
        )
    else:
        for said in (page, script, moved, held, gone):
            check(said, Say((), PROMISES), "no text goes")
        check(page, Say((NO_TEXT[number],)), "patient")


def live_words(confirms, number):
    if confirms:
        promise = ("We will text you this, and again when the hospital has answered",)
        yes, no = ("We have kept", "not confirmed yet", "the hospital has to say yes"), BOOKED
    else:
        promise, yes, no = ("We will text you the details",), ("You are booked",), ("kept",)
    if number != WITH_TEXTS:
        promise = (NO_TEXT[number],)
    return Say((*yes, *promise), no), "clerk"


def test_details_texted_again_say_that_the_hospital_has_yet_to_confirm(jane, make_slot, trust):
    Feed.objects.filter(trust=trust).update(confirms=True)
    one = book(jane, make_slot())

    record.text_details(one, now=THEN, actor=Actor(ActorKind.STAFF, 1))

    check(last_text(one).body, Say(("We have kept", "has yet to confirm it"), ("CANCEL",)), "text")
    assert not texts.was_given_code(one)


def test_nobody_is_told_that_a_time_that_has_passed_cannot_go_ahead(jane, make_slot):
    one = book(jane, make_slot())
    with transaction.atomic():
        displacing.withdraw_slots([one.slot_id], now=one.start + timedelta(hours=1), actor=FEED)

    one.refresh_from_db()
    assert one.status == "displaced"
    assert not Message.objects.filter(kind="displaced").exists()


def test_of_the_dead_nothing_is_texted_whatever_comes_after(jane, make_slot, now):
    one = book(jane, make_slot())
    ending.end(jane, "died", now=THEN, actor=FEED)
    one.referral.refresh_from_db()
    one.referral.patient.refresh_from_db()
    count = Message.objects.count()

    with transaction.atomic():
        texts.notify_change(one, "displaced", THEN)
        texts.resend_details(one, 1, THEN)
        texts.send_invitation(one.referral, THEN, again="2")
    code = ReplyCode.objects.get(version=1).code
    said = Reply("1", one.referral.patient.mobile, "hash", "yes", code, False)
    with transaction.atomic():
        done = text_replies.act(None, said, THEN)
    assert done == "for a clerk to read; has died"

    assert Message.objects.count() == count
    assert WorklistRow.objects.get(closed_at=None).reason == text_replies.FROM_THE_FAMILY


def test_a_text_that_waits_for_the_morning_is_said_to(jane, make_slot, trust):
    Feed.objects.filter(trust=trust).update(confirms=True)
    one = book(jane, make_slot())
    night = NOW.replace(hour=22)
    trust_answers.confirm(one, 1, now=night, actor=FEED)

    with time_machine.travel(night, tick=False):
        words = "We will text you these details from 8am on Wednesday 25 November"
        check(patient_sees(), Say((words,), ("We are sending",)), "patient")


def test_who_was_told_that_a_time_is_confirmed_is_told_when_an_undo_makes_it_uncertain(
    jane, make_slot, staff, trust
):
    Feed.objects.filter(trust=trust).update(confirms=True)
    slot, later = make_slot(), make_slot(day=9)
    one = trust_answers.confirm(book(jane, slot), 1, now=NOW, actor=FEED)
    Message.objects.filter(kind__in=["pending", "confirmed"]).update(
        state=State.DELIVERED, wire_at=NOW
    )
    moved = book(jane, later, now=THEN, actor=staff.actor, undo_window=undo.UNDO)

    undo.undo(moved, moved.version, now=THEN, actor=staff.actor)

    one.refresh_from_db()
    assert (one.slot_id, one.status) == (slot.pk, "pending")
    assert last_text(one).kind == "pending"
