"""A phone number is put right: what was not told is told, and nobody is lost on the way."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.messages import texts as patient_texts
from booking.models import WorklistRow
from booking.patients import record
from booking.referrals import ending
from notifications import opt_outs, retention
from notifications.models import Message

NEW = "+447700900123"


@pytest.fixture
def silent(make_referral):
    return make_referral(mobile="")


@pytest.fixture
def booked(silent, make_slot, now):
    slot = make_slot(day=20)
    holds.hold(silent, slot.pk, now=now)
    return booking.book(silent, slot.pk, now=now, actor="staff 1")


def correct(referral, now, typed=NEW):
    record.correct_mobile(referral.patient, typed, now=now, actor="staff 1")


def going():
    texts = Message.objects.filter(state__in=["ready", "scheduled"], to_hash=opt_outs.hash_of(NEW))
    return sorted(texts.values_list("kind", flat=True))


def phone_tasks():
    return list(WorklistRow.objects.filter(kind="not_reached", closed_at=None))


def test_who_was_booked_without_a_mobile_gets_the_details_and_the_reminders(silent, booked, now):
    assert len(phone_tasks()) == 1

    correct(silent, now)

    assert going() == ["details", "reminder_2_days", "reminder_7_days"]
    assert phone_tasks() == []


def test_a_reminder_whose_words_were_forgotten_does_not_go_empty(silent, make_slot, now):
    slot = make_slot(day=60)
    holds.hold(silent, slot.pk, now=now)
    booking.book(silent, slot.pk, now=now, actor="staff 1")
    later = now + timedelta(days=31)
    retention.purge(later)

    correct(silent, later)

    assert going() == ["details"]


def test_no_number_brings_back_the_reminders_of_a_patient_who_has_died(silent, booked, now):
    ending.end(booked.referral, "died", now=now, actor="staff 1")

    correct(silent, now)

    assert going() == []


def test_what_was_said_of_an_older_time_stays_unsent(silent, booked, make_slot, now):
    other = make_slot(day=21)
    holds.hold(silent, other.pk, now=now)
    booking.book(silent, other.pk, now=now, actor="staff 1")

    correct(silent, now)

    assert going() == ["details", "reminder_2_days", "reminder_7_days"]
    waiting = Message.objects.filter(to_hash=opt_outs.hash_of(NEW)).values_list(
        "subject_version", flat=True
    )
    assert set(waiting) == {2}


def test_who_could_not_be_invited_is_invited(silent, now):
    with transaction.atomic():
        patient_texts.send_invitation(silent, now)

    correct(silent, now)

    assert going() == ["invitation"]
    assert phone_tasks() == []


def test_who_had_every_text_gets_none_again(jane, make_slot, now):
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="staff 1")

    correct(jane, now)

    assert going() == ["confirmation", "reminder_2_days", "reminder_7_days"]


def test_a_number_that_wants_no_texts_leaves_the_phone_task_open(silent, booked, now):
    opt_outs.opt_out(opt_outs.hash_of(NEW), source="reply", now=now)

    correct(silent, now)

    assert going() == []
    assert len(phone_tasks()) == 1


def test_waiting_texts_to_a_number_that_wants_none_become_a_phone_task(jane, make_slot, now):
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="staff 1")
    opt_outs.opt_out(opt_outs.hash_of(NEW), source="reply", now=now)

    correct(jane, now)

    assert going() == []
    assert len(phone_tasks()) == 1
