"""Suspected cancer: listed by time of scan, and seen when it is booked after its target day."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.clerk.forms.times import TimesForm
from booking.exams.needed import needed_of
from booking.exchange.writeback import partners
from booking.models import Referral, WorklistRow
from booking.patient.forms import FilterForm


@pytest.fixture
def urgent(jane, now):
    """Jane's request, for suspected cancer, with ten days to its target."""
    target = now.date() + timedelta(days=10)
    Referral.objects.filter(pk=jane.pk).update(urgency="suspected_cancer", target_day=target)
    jane.refresh_from_db()
    return jane


def take(referral, slot, now):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient")


def late_rows():
    return WorklistRow.objects.filter(kind="beyond_target", closed_at=None)


def test_a_late_time_is_on_the_teams_list_until_it_is_not_late(urgent, make_slot, now):
    take(urgent, make_slot(day=11), now)
    first = late_rows().get()
    assert first.reason == (
        "Booked for Saturday 5 December, after the target day, Friday 4 December."
        " Find a sooner time."
    )
    assert first.due_at == now + timedelta(hours=4)

    take(urgent, make_slot(day=12), now)
    second = late_rows().get()
    assert second != first, "whoever saw to the first looks again"

    take(urgent, make_slot(day=10), now)
    assert not late_rows().exists()


def test_a_late_time_that_is_cancelled_is_late_no_more(urgent, make_slot, now):
    made = take(urgent, make_slot(day=11), now)

    booking.cancel(made, made.version, now=now, actor="patient")

    assert not late_rows().exists()


def test_a_trusts_system_that_books_late_tells_the_team_too(urgent, make_slot, now):
    partners.book(urgent, [make_slot(day=11).pk], now=now, actor="key x")

    assert late_rows().get().referral == urgent


@pytest.mark.parametrize("urgency", ["urgent", "routine", "planned"])
def test_nobody_else_is_on_that_list(urgent, make_slot, now, urgency):
    Referral.objects.filter(pk=urgent.pk).update(urgency=urgency)
    urgent.refresh_from_db()

    take(urgent, make_slot(day=11), now)

    assert not late_rows().exists()


@pytest.mark.parametrize("form", [FilterForm, TimesForm])
def test_its_list_is_by_time_unless_distance_is_asked_for(urgent, tom, now, form):
    def sort(referral, **given):
        needed = needed_of(referral, now=now)
        return form(given, exam=referral.exam, needed=needed).wanted.sort

    assert (sort(urgent), sort(urgent, sort="nearest")) == ("soonest", "nearest")
    assert (sort(tom), sort(tom, sort="soonest")) == ("nearest", "soonest")
