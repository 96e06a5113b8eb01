"""By when somebody should have seen to a row: in hours at which somebody works, and in time."""

import random
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds
from booking.models import Referral, WorklistRow
from booking.worklists import attempts, due, rows, subjects
from times.bank_holidays import is_bank_holiday
from times.london import LONDON
from times.working_hours import A_WORKING_DAY, after_working_time, at_work_by, hours_of

Urgency = Referral.Urgency
SATURDAY_MORNINGS = {5: (time(9), time(12, 30)), 1: (time(7, 30), time(20))}


def london(*parts):
    return datetime(*parts, tzinfo=LONDON)


FRIDAY = london(2026, 11, 27, 17, 0)
SATURDAY = london(2026, 11, 28, 11, 0)


@pytest.fixture
def referral(jane):
    """Jane's, of another urgency, target and start of the clock."""

    def referral(urgency, target=None, clock=None):
        jane.urgency = urgency
        jane.target_day = (target or london(2027, 6, 1)).date()
        jane.clock_start = (clock or london(2027, 5, 1)).date()
        jane.save()
        return jane

    return referral


@pytest.mark.parametrize(
    ("urgency", "now", "due_at"),
    [
        ("suspected_cancer", FRIDAY, london(2026, 11, 27, 21, 0)),
        ("suspected_cancer", SATURDAY, london(2026, 11, 28, 15, 0)),
        ("urgent", FRIDAY, london(2026, 11, 30, 17, 0)),
        ("urgent", SATURDAY, london(2026, 11, 30, 18, 0)),
        ("routine", FRIDAY, london(2026, 12, 1, 17, 0)),
        ("planned", FRIDAY, london(2026, 12, 4, 17, 0)),
        ("routine", london(2026, 12, 24, 12, 0), london(2026, 12, 30, 12, 0)),
        # Easter with the clocks going forward in it.
        ("routine", london(2027, 3, 25, 12, 0), london(2027, 3, 31, 12, 0)),
    ],
)
def test_a_row_is_due_while_somebody_works_unless_it_presses(referral, urgency, now, due_at):
    assert due.usual_due_at(referral(urgency), now) == due_at


def test_a_row_of_no_patient_is_due_as_an_urgent_one(db):
    assert due.usual_due_at(None, FRIDAY) == london(2026, 11, 30, 17, 0)


def test_a_network_says_when_its_team_works(referral, settings):
    settings.TEAM_HOURS = SATURDAY_MORNINGS

    # Of ten hours: one and a half on this Saturday, eight and a half on Tuesday.
    assert due.usual_due_at(referral("urgent"), SATURDAY) == london(2026, 12, 1, 16, 0)


@pytest.mark.parametrize("kind", due.TO_REBOOK)
def test_who_needs_a_time_is_seen_to_while_a_day_is_left_before_the_target(referral, kind):
    target, breach = london(2026, 12, 2), london(2026, 11, 1)
    planned = referral("planned", target)

    assert due.due_of(kind, planned, FRIDAY) == london(2026, 12, 1, 18, 0)
    assert due.due_of("needs_person", planned, FRIDAY) == london(2026, 12, 4, 17, 0)
    late = referral("planned", london(2026, 11, 20), breach)  # breaches on 13 December, a Sunday
    assert due.due_of(kind, late, london(2026, 12, 9, 10, 0)) == london(2026, 12, 11, 18, 0)
    lost = referral("planned", london(2026, 11, 20), london(2026, 10, 1))
    assert due.due_of(kind, lost, FRIDAY) == london(2026, 12, 4, 17, 0)


@pytest.mark.parametrize(
    ("urgency", "lost", "now", "due_at"),
    [
        # On Monday at 9: nobody works between now and when they would set out but on Friday.
        ("routine", london(2026, 11, 30, 9, 0), FRIDAY, london(2026, 11, 27, 18, 0)),
        ("routine", london(2026, 11, 30, 9, 0), SATURDAY, SATURDAY),
        ("routine", london(2026, 11, 30, 15, 0), FRIDAY, london(2026, 11, 30, 11, 0)),
        ("routine", london(2026, 11, 27, 19, 0), FRIDAY, FRIDAY),
        ("routine", london(2026, 12, 20, 9, 0), FRIDAY, london(2026, 12, 1, 17, 0)),
        ("routine", london(2026, 11, 20, 9, 0), FRIDAY, london(2026, 12, 1, 17, 0)),
        ("suspected_cancer", london(2026, 11, 28, 1, 0), FRIDAY, london(2026, 11, 27, 21, 0)),
        ("suspected_cancer", london(2026, 11, 29, 16, 0), SATURDAY, london(2026, 11, 28, 15, 0)),
        ("suspected_cancer", london(2026, 11, 28, 16, 0), SATURDAY, london(2026, 11, 28, 12, 0)),
    ],
)
def test_who_lost_a_time_is_phoned_before_they_would_set_out(referral, urgency, lost, now, due_at):
    assert due.due_before(referral(urgency), lost, now) == due_at


def test_a_time_taken_away_on_a_friday_evening_is_due_before_they_travel(jane, make_slot, now):
    """From the act itself: Jane was to come on Friday 27 November at 9."""
    slot = make_slot(day=3)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    evening = made.start - timedelta(hours=14)

    with transaction.atomic():
        displacing.cancel_by_trust([slot.pk], now=evening, actor="feed RTX")

    row = WorklistRow.objects.get(kind="displaced")
    assert row.due_at == max(evening, due.at_work(made.start - timedelta(hours=4)))
    assert evening <= row.due_at < made.start


def test_open_rows_keep_theirs_and_a_raised_urgency_hastens_by_the_list(referral, now):
    planned = referral("planned", now + timedelta(days=2))
    about = subjects.of_referral(planned)
    with transaction.atomic():
        rebook = rows.open_row("not_booked", about, "Phone.", now=now, actor="clock")
        person = rows.open_row("needs_person", about, "Ask.", now=now, actor="clock")
    assert rebook.due_at < person.due_at
    with transaction.atomic():
        again = rows.open_row(
            "not_booked", about, "Phone.", now=now + timedelta(hours=9), actor="clock"
        )
    assert again.due_at == rebook.due_at

    raised = referral("urgent", now + timedelta(days=30))
    rows.hasten(raised, now=now)

    for row in (rebook, person):
        was = row.due_at
        row.refresh_from_db()
        assert row.due_at == min(was, now + timedelta(days=1))


def test_after_a_letter_nobody_phones_on_a_sunday(referral, now):
    with transaction.atomic():
        row = rows.open_row(
            "not_booked", subjects.of_referral(referral("urgent")), "x", now=now, actor="clock"
        )
    WorklistRow.objects.filter(pk=row.pk).update(step="referrer", tries=3)
    row.refresh_from_db()
    friday = FRIDAY.astimezone(UTC)

    attempts.record(row, "referrer_told", now=friday, actor="staff 1")

    row.refresh_from_db()
    assert (row.due_at, row.call_at) == (london(2026, 11, 30, 8, 0),) * 2


def test_at_random_due_is_at_work_and_as_much_work_later_as_was_asked():
    """Five years by quarters of an hour: clock changes, bank holidays and years' ends are there."""
    chance = random.Random(11)
    begins, quarter = london(2024, 12, 1), timedelta(minutes=15)
    for _ in range(1500):
        now = begins + quarter * chance.randrange(4 * 24 * 365 * 5)
        span = quarter * chance.randrange(1, 4 * 60)
        ends = after_working_time(now, span)
        local = ends.astimezone(LONDON)
        opens, closes = hours_of(local.date())
        assert opens < local.time() <= closes
        assert not is_bank_holiday(local.date())
        assert local.weekday() < 5
        assert worked(now.astimezone(UTC), ends) == span
        before = at_work_by(now)
        assert before <= now
        assert worked(before, now.astimezone(UTC)) == timedelta(0)
        opens, closes = hours_of(before.astimezone(LONDON).date())
        assert opens <= before.astimezone(LONDON).time() <= closes


def worked(since, until):
    """How long the team was at work, counted a quarter of an hour at a time."""
    quarter, found = timedelta(minutes=15), timedelta(0)
    while since < until:
        local = since.astimezone(LONDON)
        opens, closes = hours_of(local.date())
        found += quarter * (opens <= local.time() < closes)
        since += quarter
    return found


def test_a_working_day_is_that_of_the_alerts():
    opens, closes = hours_of(FRIDAY.date())

    assert datetime.combine(FRIDAY, closes) - datetime.combine(FRIDAY, opens) == A_WORKING_DAY
