"""Every referral that has not ended is somebody's concern: state by state, and after any act."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction

from booking.appointments import booking, displacing, holds, trust_answers, undo
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment, Offer, Referral, WorklistRow
from booking.offers.making import Terms, make
from booking.referrals import ending
from booking.worklists import chasing, rows, subjects
from booking.worklists.nobody_lost import CLOCK_MAY_BE_LATE, lost, open_referrals
from booking.worklists.subjects import RowSubject, Topic

open_row = transaction.atomic(rows.open_row)
cancel_by_trust = transaction.atomic(displacing.cancel_by_trust)

DAY = timedelta(days=1)
FEED = Actor(ActorKind.FEED, "RTX")
CHASE = [("suspected_cancer", 0), ("urgent", 2), ("routine", 7), ("planned", 14)]


def state(now):
    return open_referrals(now).get().state


def open_kinds():
    return sorted(WorklistRow.objects.filter(closed_at=None).values_list("kind", flat=True))


@pytest.fixture
def fresh(jane, now):
    Referral.objects.update(created_at=now)
    jane.refresh_from_db()
    return jane


@pytest.fixture
def book(fresh, make_slot, now):
    def book(day=8, at=now, actor="patient"):
        slot = make_slot(day=day)
        holds.hold(fresh, slot.pk, now=at)
        return booking.book(fresh, slot.pk, now=at, actor=actor)

    return book


@pytest.mark.parametrize(("urgency", "days"), CHASE)
def test_one_waits_within_the_chase_time_and_no_longer(fresh, now, urgency, days):
    Referral.objects.update(urgency=urgency)
    end = now + days * DAY + CLOCK_MAY_BE_LATE

    assert state(end - timedelta(seconds=1)) == "waiting"
    assert state(end) == "lost"
    chasing.open_due_rows(now=end)
    assert (state(end), open_kinds()) == ("on_row", ["not_booked"])


@pytest.mark.parametrize("outcome", ["reached", "could_not_reach", "resolved", "booked",
                                     "not_wanted", "sent_back"])  # fmt: skip
@pytest.mark.parametrize("urgency", Referral.Urgency)
@pytest.mark.parametrize("kind", ["not_booked", "displaced", "not_rebooked", "needs_person",
                                  "not_reached", "breach"])  # fmt: skip
def test_closing_a_row_leaves_one_chased(fresh, now, kind, urgency, outcome):
    """Whatever a row is closed with, by itself it never ends the chase."""
    later = now + 20 * DAY
    Referral.objects.update(urgency=urgency)
    fresh.refresh_from_db()
    row = open_row(kind, RowSubject(Topic.REPLY, "1", referral=fresh), "x", now=later, actor="x")
    rows.close_row(row, outcome, now=later, actor="staff 1")

    assert state(later) == "waiting"
    chasing.open_due_rows(now=later + 15 * DAY)
    assert state(later + 15 * DAY) == "on_row"


def test_a_time_to_come_is_enough_until_it_is_over(book):
    booked = book()

    assert state(booked.end - timedelta(seconds=1)) == "to_come"
    assert state(booked.end) == "unmarked"


@pytest.mark.parametrize("days", [0, 1, 15, 400])
def test_a_time_that_has_passed_is_asked_about_until_it_is_marked(book, days):
    booked = book()
    later = booked.end + days * DAY + CLOCK_MAY_BE_LATE
    assert state(later) == "lost"

    chasing.open_due_rows(now=later)
    chasing.open_due_rows(now=later)

    assert (state(later), open_kinds().count("unmarked")) == ("unmarked", 1)
    trust_answers.missed(booked, booked.version, now=later, actor="staff 1")
    assert (state(later), "unmarked" in open_kinds()) == ("on_row", False)
    asked = WorklistRow.objects.get(kind="unmarked")
    assert asked.outcome == "did_not_attend"


def test_another_row_does_not_hide_that_nobody_was_asked(book, fresh):
    booked = book()
    later = booked.end + DAY
    open_row(
        "needs_person", RowSubject(Topic.REPLY, "1", referral=fresh), "x", now=later, actor="x"
    )

    assert state(later) == "lost"


def test_a_question_that_was_closed_unanswered_is_asked_again(book):
    booked = book()
    later = booked.end + DAY
    chasing.open_due_rows(now=later)
    rows.close_row(WorklistRow.objects.get(kind="unmarked"), "reached", now=later, actor="staff 1")

    chasing.open_due_rows(now=later)

    assert "unmarked" in open_kinds()


@pytest.mark.parametrize(
    "act",
    [
        lambda made, now: booking.cancel(made, made.version, now=now, actor=FEED),
        lambda made, now: cancel_by_trust([made.slot_id], now=now, actor=FEED),
        lambda made, now: trust_answers.refuse(made, made.version, now=now, actor=FEED),
        lambda made, now: trust_answers.attended(made, made.version, now=now, actor=FEED),
    ],
    ids=["cancelled", "displaced", "refused", "attended"],
)
def test_who_is_no_longer_to_be_marked_is_off_the_list(book, act):
    booked = book()
    later = booked.end + DAY
    chasing.open_due_rows(now=later)

    act(booked, later)

    assert "unmarked" not in open_kinds()
    assert not lost(later).exists()


def test_undoing_a_booking_after_a_missed_time_asks_again_whether_they_came(book, make_slot):
    first = book()
    later = first.end + DAY
    chasing.open_due_rows(now=later)
    assert "unmarked" in open_kinds()
    second = book(day=20, at=later, actor="staff 1")
    assert "unmarked" not in open_kinds()

    undo.undo(second, second.version, now=later, actor="staff 1")

    first.refresh_from_db()
    assert first.status == "booked"
    assert (state(later), open_kinds().count("unmarked")) == ("unmarked", 1)


def test_undoing_it_leaves_what_the_trust_has_said_since(book, fresh):
    first = book()
    later = first.end + DAY
    second = book(day=20, at=later, actor="staff 1")
    first.refresh_from_db()
    trust_answers.attended(first, first.version, now=later, actor=FEED)

    undo.undo(second, second.version, now=later, actor="staff 1")

    first.refresh_from_db()
    assert first.status == "attended"
    assert not lost(later).exists()


def test_what_has_ended_is_nobodys_concern(fresh, now):
    ending.end(fresh, "elsewhere", now=now, actor="staff 1")

    assert not open_referrals(now + 99 * DAY).exists()


def test_a_row_that_was_written_while_its_referral_ended_is_closed(fresh, now):
    ending.end(fresh, "elsewhere", now=now, actor="staff 1")
    open_row("not_booked", subjects.of_referral(fresh), "x", now=now, actor="x")

    chasing.open_due_rows(now=now)

    assert open_kinds() == []


def test_who_is_asked_about_a_time_that_is_kept_is_not_lost(fresh, make_slot, now):
    late = now + 90 * DAY
    assert state(late) == "lost"
    terms = Terms(Offer.Why.DISPLACED, late + DAY)
    make(fresh, make_slot(day=100).pk, terms, now=late, actor="clock")
    assert state(late) == "offered"
    assert state(late + DAY) == "offered", "the clock may be late"
    assert state(late + DAY + CLOCK_MAY_BE_LATE) == "lost"


def test_the_command_counts_and_fails_with_the_page_of_each(fresh, now, capsys):
    with time_machine.travel(now, tick=False):
        call_command("check_nobody_lost")
    assert "1 waiting within its chase time" in capsys.readouterr().out

    with (
        time_machine.travel(now + 8 * DAY, tick=False),
        pytest.raises(CommandError) as failed,
    ):
        call_command("check_nobody_lost")
    assert str(failed.value) == f"Lost: /staff/patient/{fresh.patient_id}/?referral={fresh.pk}"


def test_the_metric_counts_who_is_lost(fresh, now, client):
    for at, count in ((now, 0), (now + 8 * DAY, 1)):
        with time_machine.travel(at, tick=False):
            assert f"booking_lost_referrals {count}.0" in client.get("/metrics").content.decode()
    assert not Appointment.objects.exists()
