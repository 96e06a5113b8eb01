"""What the clerks must see to: opened by what happens, closed only with an outcome."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds
from booking.models import WorklistRow
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic


@pytest.fixture
def booked(jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


def open_kinds():
    return list(WorklistRow.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_a_time_taken_away_stands_on_the_list_of_its_trust(booked, now):
    with transaction.atomic():
        displacing.cancel_by_trust([booked.slot_id], now=now, actor="feed RTX")

    row = WorklistRow.objects.get()
    assert (row.kind, row.trust_id, row.referral_id) == ("displaced", "RTX", booked.referral_id)
    assert row.due_at == now + timedelta(days=2)
    assert row.events.get().actor == "feed RTX"


def test_booking_again_closes_it_with_its_outcome(booked, jane, make_slot, now):
    with transaction.atomic():
        displacing.cancel_by_trust([booked.slot_id], now=now, actor="feed RTX")
    other = make_slot(day=9)
    holds.hold(jane, other.pk, now=now)
    booking.book(jane, other.pk, now=now, actor="patient")

    row = WorklistRow.objects.get()
    assert (row.outcome, row.closed_at) == ("booked", now)
    assert [event.action for event in row.events.order_by("pk")] == ["opened", "closed"]


def test_who_cancels_and_books_nothing_is_on_a_list(booked, now):
    booking.cancel(booked, booked.version, now=now, actor="patient")

    assert open_kinds() == ["not_rebooked"]


def test_the_same_thing_stands_on_a_list_once(jane, now):
    said = RowSubject(Topic.REPLY, "SM1", jane), "They wrote something."
    with transaction.atomic():
        first = rows.open_row("needs_person", *said, now=now, actor="patient")
    with transaction.atomic():
        again = rows.open_row("needs_person", *said, now=now, actor="patient")

    assert again == first
    assert first.events.count() == 1


def test_only_one_of_two_clerks_closes_a_row(jane, now):
    with transaction.atomic():
        row = rows.open_row(
            "needs_person",
            RowSubject(Topic.REPLY, "SM1", referral=jane),
            "Call.",
            now=now,
            actor="patient",
        )

    assert rows.close_row(row, "reached", now=now, actor="staff 1")
    assert not rows.close_row(row, "sent_back", now=now, actor="staff 2")
    assert WorklistRow.objects.get().outcome == "reached"
