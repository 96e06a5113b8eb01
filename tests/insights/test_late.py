"""After late corrections each counter says what a rebuild says, however long ago its day is."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking.changes import audit
from booking.identifiers.actors import CLOCK, PATIENT
from booking.models import Appointment, AuditAction, Referral
from booking.referrals import ending
from insights import keeping
from insights.models import (
    CountedDay,
    Counting,
    DayFigure,
    NeedMonth,
    PersonMonth,
    PlaceMonth,
    TrustMonth,
)

FIRST, TODAY = date(2026, 4, 1), date(2026, 11, 5)
OLD = date(2026, 5, 12)
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
TABLES = (DayFigure, TrustMonth, PlaceMonth, PersonMonth, NeedMonth)


def figures():
    """Return all figures but when they were written."""
    found = {}
    for table in TABLES:
        names = sorted(one.name for one in table._meta.get_fields() if one.name != "id")
        found[table.__name__] = sorted(table.objects.values_list(*names), key=repr)
    return found


def same_as_a_rebuild():
    """Return the figures of the next run, which are those of a rebuild."""
    keeping.keep(LATER + timedelta(minutes=1))
    kept = figures()
    for table in (*TABLES, CountedDay):
        table.objects.all().delete()
    keeping.rebuild(FIRST, TODAY, LATER)
    assert kept == figures()


@pytest.fixture
def old(scan):
    """Return an appointment of half a year ago, which the patient cancelled."""
    one = scan(OLD, time(10), status="cancelled", waited=30, urgency="routine")
    at = datetime(2026, 5, 6, 9, tzinfo=UTC)
    audit.write(
        AuditAction.CANCELLED, now=at, actor=PATIENT, referral=one.referral, appointment=one
    )
    Referral.objects.filter(pk=one.referral_id).update(created_at=at)
    return one


def rebuilt():
    keeping.rebuild(FIRST, TODAY, NOW)
    return figures()


def correct(referral, action=AuditAction.URGENCY_CHANGED):
    Referral.objects.filter(pk=referral.pk).update(urgency="urgent")
    audit.write(action, now=LATER, actor=CLOCK, referral=referral)


def test_a_cancellation_is_known_by_the_urgency_that_was_put_right(old):
    before = rebuilt()
    correct(old.referral)

    same_as_a_rebuild()

    assert figures() != before


def test_who_waited_at_the_ends_of_months_past_is_known_by_what_was_put_right(wait):
    one = wait(date(2026, 6, 3), urgency="routine")
    Referral.objects.filter(pk=one.pk).update(created_at=NOW - timedelta(days=90))
    before = rebuilt()
    correct(one)

    same_as_a_rebuild()

    assert figures() != before


def test_a_cancellation_that_is_taken_back_months_later_never_was(old):
    before = rebuilt()
    audit.write(
        AuditAction.UNDONE, now=LATER, actor=CLOCK, referral=old.referral, appointment=old,
        undid=str(AuditAction.CANCELLED),
    )  # fmt: skip
    Appointment.objects.filter(pk=old.pk).update(status="booked", changed_at=LATER)

    same_as_a_rebuild()

    assert figures() != before


def test_an_attendance_of_half_a_year_ago_ends_the_wait_in_each_month_since(old):
    before = rebuilt()
    Appointment.objects.filter(pk=old.pk).update(status="attended", changed_at=LATER)

    same_as_a_rebuild()

    assert figures() != before
    assert not TrustMonth.objects.filter(counter="waiting", month=date(2026, 9, 1)).exists()


def test_a_time_of_last_week_that_its_feed_moved_is_counted_anew_in_the_night(scan):
    one = scan(TODAY - timedelta(days=5), time(10), status="cancelled")
    rebuilt()
    slot = one.slot
    slot.start -= timedelta(days=1)
    slot.end -= timedelta(days=1)
    slot.save()
    night = NOW + timedelta(hours=13)

    assert TODAY - timedelta(days=7) in keeping.keep(night)

    (row,) = DayFigure.objects.filter(counter="slots")
    assert row.day == TODAY - timedelta(days=6)


def test_who_counts_for_hours_and_says_so_is_alive(scan):
    seen = []

    def after(_day):
        seen.append(Counting.objects.get().busy_until)

    keeping.rebuild(TODAY - timedelta(days=3), TODAY, NOW, after)

    assert seen[0] > NOW + keeping.BUSY_FOR
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("again", [False, True])
def test_a_request_that_ends_or_goes_on_counts_so_from_the_next_run(wait, again):
    """No appointment changes with it: the request's own end must be looked for."""
    request = wait(OLD, created_at=datetime(2026, 5, 12, 9, tzinfo=UTC))
    if again:
        ending.end(request, "withdrawn", now=NOW - timedelta(days=1), actor=CLOCK)
    before = rebuilt()
    if again:
        ending.reopen(request, now=LATER, actor=CLOCK)
    else:
        ending.end(request, "withdrawn", now=LATER, actor=CLOCK)

    same_as_a_rebuild()

    assert figures() != before
