"""An end against a booking, a cancellation and an import in the same moment: never half of each."""

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds, trust_answers
from booking.changes import feed_locks
from booking.models import Appointment, Referral, WorklistRow
from booking.referrals import ending
from booking.worklists import chasing
from booking.worklists.nobody_lost import lost
from tests.racing import Rival, at_once, only_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), only_postgresql]
REFUSALS = (holds.ReferralEnded, holds.SlotTaken, holds.HoldExpired, booking.AppointmentChanged)


def is_whole(referral, now):
    """Whether what has ended left nothing, and what has not is somebody's concern."""
    chasing.open_due_rows(now=now)
    referral.refresh_from_db()
    live = Appointment.objects.filter(status__in=["pending", "booked"], start__gt=now)
    if referral.ended_at is None:
        return not lost(now).exists()
    to_book = WorklistRow.objects.filter(kind__in=chasing.ABOUT_OPEN, closed_at=None)
    return not live.exists() and not to_book.exists()


@pytest.mark.parametrize("reason", ["elsewhere", "died"])
def test_an_end_and_a_booking_at_once(jane, make_slot, now, reason):
    for day in range(3, 9):
        slot = make_slot(day=day)
        holds.hold(jane, slot.pk, now=now)

        at_once(
            lambda: ending.end(Referral.objects.get(pk=jane.pk), reason, now=now, actor="staff 1"),
            lambda slot=slot: booking.book(jane, slot.pk, now=now, actor="patient"),
            refusals=REFUSALS,
        )

        assert is_whole(jane, now)
        ending.reopen(jane, now=now, actor="staff 2")


def test_an_end_an_import_and_a_cancellation_at_once(jane, make_slot, now):
    for day in range(3, 9):
        slot, spare = make_slot(day=day), make_slot(day=day + 10)
        holds.hold(jane, slot.pk, now=now)
        made = booking.book(jane, slot.pk, now=now, actor="patient")
        holds.hold(jane, spare.pk, now=now)

        def take_away(slot=slot, spare=spare):
            with transaction.atomic():
                feed_locks.lock_feed_exclusively("RTX")
                displacing.withdraw_slots([spare.pk, slot.pk], now=now, actor="feed RTX")

        at_once(
            lambda: ending.end(Referral.objects.get(pk=jane.pk), "elsewhere", now=now, actor="x"),
            take_away,
            lambda made=made: booking.cancel(made, made.version, now=now, actor="patient"),
            refusals=REFUSALS,
        )

        assert is_whole(jane, now)
        ending.reopen(jane, now=now, actor="staff 2")


def test_an_end_touches_no_text_before_the_slot_that_a_cancellation_has(
    jane, make_slot, now, monkeypatch
):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    free, ends = booking.release_slots, []

    def free_while_it_ends(slot_ids):
        freed = free(slot_ids)
        referral = Referral.objects.get(pk=jane.pk)
        ends.append(Rival(lambda: ending.end(referral, "elsewhere", now=now, actor="staff 1")))
        ends[0].wait_until_done_or_blocked()
        return freed

    with monkeypatch.context() as patch:
        patch.setattr(booking, "release_slots", free_while_it_ends)
        booking.cancel(made, made.version, now=now, actor="patient")
    ends[0].result()

    assert Appointment.objects.get().status == "cancelled"
    assert is_whole(jane, now)


def test_an_end_and_an_attendance_at_once(jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    later = made.end

    at_once(
        lambda: ending.end(Referral.objects.get(pk=jane.pk), "elsewhere", now=later, actor="x"),
        lambda: trust_answers.attended(made, 1, now=later, actor="feed RTX"),
        refusals=REFUSALS,
    )

    jane.refresh_from_db()
    assert jane.end_reason in ("elsewhere", "done")
    assert Appointment.objects.get().status == "attended"
