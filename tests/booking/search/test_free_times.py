"""Free times of one place: the first of them, when they end, and those around a lost one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from booking.models import Exam
from booking.search import free_times
from booking.search.criteria import SearchCriteria

HALF = timedelta(minutes=30)


@pytest.fixture
def wanted(jane, now):
    day = now.date()
    return SearchCriteria("MR", day, day + timedelta(42), exam=jane.exam, at_once=True)


def of_exam(wanted, **fields):
    Exam.objects.filter(pk=wanted.exam.pk).update(**fields)
    return replace(wanted, exam=Exam.objects.get(pk=wanted.exam.pk))


def test_the_first_start_is_of_this_place_and_not_too_soon(wanted, make_slot, lancaster, now):
    elsewhere, soon, later = make_slot(day=7, site=lancaster), make_slot(day=6), make_slot(day=8)
    minute = timedelta(minutes=1)

    first = free_times.first_start(soon.site_id, soon.start + minute, wanted, now)

    assert soon.start < elsewhere.start < first == later.start


def test_a_time_ends_with_its_slot_or_with_the_one_that_it_is_joined_with(wanted, make_slot, now):
    hour = of_exam(wanted, minutes=60)
    first = make_slot(day=6)
    second = make_slot(start=first.end, end=first.end + HALF)
    alone = make_slot(day=7)
    alone.end = alone.start + 3 * HALF
    alone.save()

    found = free_times.of_site(first.site_id, now, hour, now)

    assert [(one.start, one.end) for one in found] == [
        (first.start, second.end),
        (alone.start, alone.end),
    ]


def test_the_times_around_a_lost_one_of_two_visits_are_the_nearest(wanted, make_slot, now):
    two = of_exam(wanted, visits=2, second_minutes=60, gap_min_minutes=120, gap_max_minutes=240)
    at = make_slot(day=7, hour=9).start
    slots = [make_slot(start=at + n * HALF, end=at + (n + 1) * HALF) for n in range(1, 16)]

    found = free_times.around(slots[3], now, two, now, 3)

    assert [one.slot for one in found] == [slots[n].pk for n in (0, 1, 2, 4, 5, 6)]
