"""A mobile scanner stands elsewhere on the same day: people are asked, in one text."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from booking.appointments import booking, holds
from booking.messages import texts
from booking.models import (
    Appointment,
    Patient,
    Referral,
    ReplyCode,
    Slot,
    StopQuestion,
    WorklistRow,
)
from booking.offers.stop_moved import answering as stop_answers
from booking.offers.stop_moved import asking
from notifications import replies
from notifications.models import Message
from sites.imports import apply
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE as SCHEDULE
from tests.booking.exchange.feeds.conftest import van_slot as line


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def booked(push, van, jane, now):
    push(SCHEDULE, line(2))
    slot = Slot.objects.get()
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


def move(scanner, site, first="2026-11-30", last="2026-12-05"):
    row = {"what": "stop", "id": "x", "scanner": scanner.code, "site": site.slug,
           "from": first, "to": last, "opens": "08:00", "closes": "18:00"}  # fmt: skip
    (change,) = apply.apply([(1, row)])
    return change


def say(words, made, now, code=True):
    made.refresh_from_db()
    number = made.referral.patient.mobile
    codes = ReplyCode.objects.filter(appointment=made, version=made.version)
    body = f"{words} {codes.get().code}" if code else words
    heard = replies.keep(
        f"SM{words}{now:%H%M%S}", number=number, body=body, opt_out_type="", now=now
    )
    replies.handle(heard, now)
    made.refresh_from_db()


def rows_of(kind="needs_person"):
    return WorklistRow.objects.filter(kind=kind, closed_at=None)


def test_the_time_stays_and_one_text_asks(booked, van, lancaster, now):
    change = move(van, lancaster)

    booked.refresh_from_db()
    assert (booked.status, booked.site, booked.version) == ("booked", lancaster, 2)
    text = Message.objects.get(kind="stop_moved")
    assert "will be at another place: Lancaster" in text.body
    assert f"YES {ReplyCode.objects.get(version=2).code}" in text.body
    assert not Message.objects.filter(kind="displaced").exists()
    assert "1 person asked whether the other place suits" in str(change.details)
    question = StopQuestion.objects.get()
    assert (question.state, question.version, question.was_at.name) == ("open", 2, "Furness")
    assert now < question.until <= now + timedelta(hours=24)
    assert not WorklistRow.objects.filter(closed_at=None).exists()


def test_yes_keeps_it(booked, van, lancaster, now):
    move(van, lancaster)

    say("YES", booked, now + timedelta(minutes=5))

    assert (booked.status, booked.version) == ("booked", 2)
    assert StopQuestion.objects.get().state == "kept"
    assert asking.end_due(now=now + timedelta(days=3)) == 0
    assert not rows_of().exists()


@pytest.mark.parametrize("code", [True, False])
def test_no_frees_it_and_a_person_finds_another(booked, van, lancaster, now, code):
    move(van, lancaster)
    Message.objects.filter(kind="stop_moved").update(state="delivered", wire_at=now)

    say("NO", booked, now + timedelta(minutes=5), code=code)

    assert booked.status == "cancelled"
    assert StopQuestion.objects.get().state == "declined"
    assert rows_of("not_rebooked").get().referral == booked.referral
    assert Slot.objects.get().free_at is not None


@pytest.mark.parametrize("urgency", ["suspected_cancer", "routine"])
def test_silence_is_a_phone_call_before_the_day_and_takes_nothing(
    booked, van, lancaster, now, urgency
):
    Referral.objects.filter(pk=booked.referral_id).update(urgency=urgency)
    move(van, lancaster)
    until = StopQuestion.objects.get().until
    assert asking.end_due(now=until - timedelta(seconds=1)) == 0

    assert (asking.end_due(now=until), asking.end_due(now=until)) == (1, 0)

    row = rows_of().get()
    booked.refresh_from_db()
    assert (booked.status, StopQuestion.objects.get().state) == ("booked", "silent")
    assert row.due_at <= booked.start - timedelta(hours=24)
    if urgency == "suspected_cancer":
        assert row.due_at == until + timedelta(hours=4)
    say("YES", booked, until + timedelta(hours=1))
    assert not rows_of().exists(), "late, and as good"


def test_soon_or_without_a_mobile_a_person_phones_at_once(booked, van, lancaster, now, clock):
    clock.move_to(booked.start - timedelta(hours=47))
    move(van, lancaster)

    assert Message.objects.filter(kind="stop_moved").count() == 1
    assert rows_of().count() == 1


def test_who_has_no_mobile_is_phoned(booked, van, lancaster):
    Patient.objects.update(mobile="")
    move(van, lancaster)

    assert rows_of().count() == 1


def test_of_two_changes_the_last_question_counts(booked, van, furness, lancaster, now, make_site):
    third = make_site("Kendal", "LA9 7RL", 54.3, -2.7, modalities=())
    move(van, lancaster)
    old = ReplyCode.objects.get(version=2).code
    move(van, third)
    states = list(StopQuestion.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["over", "open"]

    number = booked.referral.patient.mobile
    heard = replies.keep("SMold", number=number, body=f"NO {old}", opt_out_type="", now=now)
    replies.handle(heard, now)
    booked.refresh_from_db()
    assert (booked.status, booked.site) == ("booked", third), "an older no is about another place"

    say("YES", booked, now + timedelta(minutes=5))
    assert StopQuestion.objects.get(state="kept").version == 3


def test_who_books_otherwise_is_asked_no_more(booked, van, lancaster, make_slot, now):
    Patient.objects.update(mobile="")
    move(van, lancaster)
    other = make_slot(day=9)
    holds.hold(booked.referral, other.pk, now=now)
    booking.book(booked.referral, other.pk, now=now, actor="patient")

    assert StopQuestion.objects.get().state == "over"
    assert not rows_of().exists()


def test_a_day_without_any_stop_is_still_a_lost_time(booked, van, furness):
    move(van, furness, last="2026-12-01")

    assert Appointment.objects.get().status == "displaced"
    assert not StopQuestion.objects.exists()


@pytest.mark.parametrize(("last", "code", "state"), [
    ("reminder_2_days", False, "booked"),  # no to what?
    ("reminder_2_days", True, "cancelled"),  # can you come? no
    ("details", True, "booked"),  # "reply CANCEL to cancel": a no may mean that they come
])  # fmt: skip
def test_a_no_to_a_later_text_is_no_answer_about_the_place(
    booked, van, lancaster, now, last, code, state
):
    move(van, lancaster)
    booked.refresh_from_db()
    asked = Message.objects.filter(kind="stop_moved")
    asked.update(state="delivered", wire_at=now)
    later = now + timedelta(days=2)
    if last == "details":
        with transaction.atomic():
            texts.resend_details(booked, 1, later)
    sent = Message.objects.filter(kind=last, subject=booked.reference, subject_version=2)
    assert sent.update(state="delivered", wire_at=later) == 1

    say("NO", booked, later + timedelta(minutes=5), code=code)

    assert booked.status == state
    assert StopQuestion.objects.get().state == ("declined" if state == "cancelled" else "open")


def test_of_two_answers_at_once_the_second_changes_nothing(booked, van, lancaster, now):
    move(van, lancaster)
    first, second = (stop_answers.open_question(Appointment.objects.get()) for _ in range(2))
    stop_answers.keep(first, now=now, actor="patient")

    with pytest.raises(stop_answers.StopAnswered):
        stop_answers.decline(second, now=now, actor="patient")

    booked.refresh_from_db()
    assert (booked.status, StopQuestion.objects.get().state) == ("booked", "kept")
    with pytest.raises(stop_answers.StopAnswered):
        stop_answers.keep(second, now=now, actor="patient")
