"""Both clocks: what starts the wait again, and what never does. All through the product's doors."""

from datetime import date, time, timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds, trust_answers, undo
from booking.appointments.displacing import cancel_by_trust
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Appointment, Referral
from insights.building import count, count_day
from insights.days import at
from insights.measures import WAITING, measure_of
from insights.measures.waiting import FROM_REFERRAL
from insights.models import DayFigure
from insights.reading import Filters, values
from insights.waits import open_on, refresh

CLERK, FEED = Actor(ActorKind.STAFF, 12), Actor(ActorKind.FEED, "RTX")
STARTED = timedelta(days=50)
Status = Appointment.Status


@pytest.fixture
def book(wait, make_slot, now):
    """Book somebody who has waited for 50 days; the time is in `days`."""

    def book(days=8, **fields):
        referral = wait(now.date() - STARTED, **fields)
        slot = make_slot(day=days, modality=referral.exam.modality)
        holds.hold(referral, slot.pk, now=now)
        return booking.book(referral, slot.pk, now=now, actor=CLERK)

    return book


def waited(day):
    """Return days waited by either clock when a day ended, of the one who waits."""
    refresh()
    for counter in (WAITING, FROM_REFERRAL):
        count_day(day, [counter])
    rows = DayFigure.objects.filter(day=day).order_by("counter").values_list("group", "total")
    return list(rows)


def test_a_patients_cancellation_starts_the_clock_again_that_day(book, now):
    made = book()
    booking.cancel(made, made.version, now=now, actor=PATIENT)

    assert waited(now.date()) == [("00", 0), ("07", 50)]
    assert waited(now.date() - timedelta(days=1)) == [("07", 49), ("07", 49)]
    assert waited(now.date() + timedelta(days=42)) == [("06", 42), ("13", 92)]


@pytest.mark.parametrize(
    ("actor", "reason", "again"),
    [
        (CLERK, "cannot_come", True),
        (CLERK, "unwell", True),
        (CLERK, "", False),
        (CLERK, "withdrawn", False),
        (Actor(ActorKind.KEY, "abc"), "pat", True),
        (Actor(ActorKind.KEY, "abc"), "oth", False),
        (FEED, "", False),
        (Actor(ActorKind.CLOCK), "", False),
        (PATIENT, "", True),
        (PATIENT, "stop_moved", False),
    ],
)
def test_only_what_the_patient_wanted_starts_it_again(book, now, actor, reason, again):
    made = book()
    booking.cancel(made, made.version, now=now, actor=actor, reason=reason)

    adjusted, whole = waited(now.date())
    assert (adjusted[1], whole[1]) == (0 if again else 50, 50)


def test_a_time_that_a_trust_takes_away_never_starts_it_again(book, now):
    made = book()
    with transaction.atomic():
        cancel_by_trust([made.slot_id], now=now, actor=FEED)
    made.refresh_from_db()

    assert made.status == Status.DISPLACED
    assert waited(now.date()) == [("07", 50), ("07", 50)]


def test_a_cancellation_taken_back_does_not_start_it_again(book, now):
    made = book()
    booking.cancel(made, made.version, now=now, actor=CLERK, reason="cannot_come")
    made.refresh_from_db()
    assert waited(now.date())[0] == ("00", 0)

    undo.undo(made, made.version, now=now, actor=CLERK)

    assert waited(now.date()) == [("07", 50), ("07", 50)]


def test_a_changed_time_is_no_cancellation(book, make_slot, now):
    made = book()
    later = make_slot(day=9)
    holds.hold(made.referral, later.pk, now=now)
    booking.book(made.referral, later.pk, now=now, actor=CLERK)

    assert waited(now.date()) == [("07", 50), ("07", 50)]


def test_who_did_not_come_waits_from_the_day_of_that_time(book, now):
    made = book(days=1)
    after = now + timedelta(days=3)
    trust_answers.missed(made, made.version, now=after, actor=FEED)

    assert waited(now.date()) == [("07", 50), ("07", 50)]
    assert waited(now.date() + timedelta(days=1)) == [("00", 0), ("07", 51)]
    assert waited(now.date() + timedelta(days=42)) == [("05", 41), ("13", 92)]
    assert waited(now.date() + timedelta(days=43)) == [("06", 42), ("13", 93)]


def test_the_last_of_several_counts_and_no_wait_begins_before_the_request(scan, now):
    first = scan(now.date() - timedelta(days=9), time(9), status="did_not_attend")
    Referral.objects.filter(pk=first.referral_id).update(clock_start=now.date())
    assert waited(now.date()) == [("00", 0), ("00", 0)]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 30)])
def test_days_are_englands_when_the_clocks_change(scan, day):
    """A time half an hour before midnight is of its own day, one half an hour after of the next."""
    late, early = day, day + timedelta(days=1)
    for when, clock in ((late, time(23, 30)), (early, time(0, 30))):
        scan(when, clock, status="did_not_attend")

    refresh()
    seen = open_on(early).order_by("pk").values_list("waits__clock", flat=True)

    assert list(seen) == [late, early]
    assert at(early) > at(late)


def test_x_ray_and_radionuclide_are_shown_but_in_no_total_of_who_waits(wait, now):
    for modality in ("MR", "CT", "DX", "NM"):
        wait(now.date() - STARTED, modality=modality)
    count([now.date()], today=now.date())
    waiting = measure_of("waiting")

    assert values(waiting, "month", Filters()) == {now.date().replace(day=1): 2}
    assert values(waiting, "trust", Filters()) == {"RTX": 2}
    assert values(waiting, "modality", Filters()) == {"CT": 1, "DX": 1, "MR": 1, "NM": 1}
    assert values(waiting, "trust", Filters(modality="DX")) == {"RTX": 1}
