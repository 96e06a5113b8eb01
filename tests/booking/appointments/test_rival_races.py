"""Two people who want two slots of one machine that overlap, at the same moment."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.changes.schedule_lock import lock_schedule
from booking.exchange.writeback import partners
from booking.models import Appointment, Exam, Schedule, Slot
from tests import racing
from tests.racing import Rival, only_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), only_postgresql]
ROUNDS = 12
at_once = partial(racing.at_once, refusals=(holds.SlotTaken, holds.HoldExpired))


@pytest.fixture
def two(make_slot, make_referral, now):
    """Make two people, and two slots of one Schedule an hour long and half an hour apart, which
    they hold, or want: of each round on a day of its own."""
    count = iter(range(100))

    def two(*, held=True):
        found, day = [], next(count)
        for number, letters in enumerate(("BC", "DF")):
            who = make_referral(code=f"7KQ49{letters}{'23456789BCDF'[day]}", mobile="")
            slot = make_slot(day=8 + day, hour=10)
            start = slot.start + timedelta(minutes=30 * number)
            Slot.objects.filter(pk=slot.pk).update(start=start, end=start + timedelta(hours=1))
            if held:
                Slot.objects.filter(pk=slot.pk).update(held_by=who, free_at=now + holds.HOLD)
            found.append((who, slot.pk))
        return found

    return two


def by_patient(who, slot, now):
    return booking.book(who, slot, now=now, actor="patient")


def by_partner(who, slot, now):
    return partners.book(who, [slot], now=now, actor="key RTX-1")


@pytest.mark.parametrize("book", [by_patient, by_partner])
def test_however_often_two_press_at_once_one_is_booked(two, now, book):
    for number in range(1, ROUNDS + 1):
        pair = two(held=book is by_patient)
        results = at_once(*[partial(book, who, slot, now) for who, slot in pair])

        assert sum(isinstance(one, Appointment) for one in results) == 1, results
        assert Appointment.objects.filter(status="booked").count() == number


@pytest.fixture
def scan(make_slot, make_referral, now):
    """Jane's scan in two visits: the second is either of two, of which one has a rival.

    What is free while a partner looks, and gone when they hold, is the one without.
    """
    jane = make_referral(code="7KQ49CBB", mobile="")
    Exam.objects.filter(pk=jane.exam_id).update(
        minutes=30, visits=2, second_minutes=30, gap_min_minutes=60, gap_max_minutes=240
    )
    jane.exam.refresh_from_db()
    first = make_slot(day=8, hour=9)
    soon, later, rival = (make_slot(day=8, hour=hour) for hour in (11, 12, 15))
    for slot in (later, rival):
        schedule, _ = Schedule.objects.get_or_create(
            trust=slot.trust, external_id="other", site=slot.site, modality=slot.modality,
            defaults={"fed_at": now},
        )  # fmt: skip
        Slot.objects.filter(pk=slot.pk).update(schedule=schedule)
    Slot.objects.filter(pk=rival.pk).update(
        start=later.start + timedelta(minutes=10), end=later.end + timedelta(minutes=10)
    )
    later.refresh_from_db()
    return jane, first, soon, later


def test_who_gets_other_slots_than_at_the_look_does_not_deadlock(scan, now, monkeypatch):
    """Somebody books on the list of a rival, and wants a slot that the partner has just got."""
    jane, first, soon, later = scan
    hold = holds.hold

    def gone_meanwhile(*args, **options):
        taken = Slot.objects.filter(pk=soon.pk)
        racing.at_once(lambda: taken.update(free_at=None))
        return hold(*args, **options)

    monkeypatch.setattr(holds, "hold", gone_meanwhile)
    with transaction.atomic():
        lock_schedule(later.schedule_id)
        booking_it = Rival(partial(by_partner, jane, first.pk, now))
        booking_it.wait_until_done_or_blocked()
        Slot.objects.select_for_update(no_key=True).get(pk=later.pk)

    assert booking_it.result().slot_ids() == [first.pk, later.pk]
