"""Searches for scans that take several slots: what is offered, and when it ends."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models import F

from booking.appointments import holds
from booking.exams.needed import Needed
from booking.models import Exam, Referral, Slot
from booking.search import places, two_visits
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime
from sites.postcodes import Origin

HALF = timedelta(minutes=30)
HERE = Origin("LA14 4LF", 54.1, -3.2, approximate=False)


@pytest.fixture
def slots(make_slot):
    """Half hours from 9am to 5pm a week from now, and one alone the day before."""
    make_slot(day=6, hour=9)
    first = make_slot(day=7, hour=9)
    return [first] + [
        make_slot(start=first.start + n * HALF, end=first.start + (n + 1) * HALF)
        for n in range(1, 16)
    ]


@pytest.fixture
def wanted(jane, now):
    day = now.date()
    return SearchCriteria("MR", day, day + timedelta(42), exam=jane.exam, at_once=True)


@pytest.fixture
def hour(wanted):
    return replace(wanted, exam=_changed(wanted.exam, minutes=60))


@pytest.fixture
def bone_scan(wanted):
    exam = _changed(
        wanted.exam, visits=2, second_minutes=60, gap_min_minutes=120, gap_max_minutes=240
    )
    return replace(wanted, exam=exam)


def _changed(exam, **fields):
    Exam.objects.filter(pk=exam.pk).update(**fields)
    return Exam.objects.get(pk=exam.pk)


def every_search(wanted, slots, now):
    """What each search offers first at the place; they must agree."""
    site = slots[0].site_id
    found = places.places(HERE, wanted, now=now)[0]
    address = places.addresses(HERE, wanted, now=now)[0]
    by_day = places.times_at(site, wanted, now=now)
    at_site = [free for times in by_day.values() for free in times]
    assert address.doors[0].times == found.times == at_site[:5]
    counted = places.find(HERE, wanted, now=now, limit=1, times=1)
    assert (counted.total, counted.with_times) == (1, 1 if at_site else 0)
    before = replace(wanted, first_day=wanted.first_day, last_day=wanted.first_day)
    later = places.later_day(site, before, {}, is_open_ended=True, now=now)
    assert later == (at_site[0].start.date() if at_site else None)
    return at_site


def test_joined_times_say_when_they_end_and_can_be_held(slots, hour, jane, now):
    found = every_search(hour, slots, now)

    assert found == [FreeTime(one.pk, one.start, after.end) for one, after in pairwise(slots)]
    jane = Referral.objects.get(pk=jane.pk)
    assert all(holds.hold(jane, free.slot, now=now).pk == free.slot for free in found)


def test_both_visits_are_said_and_can_be_held(slots, bone_scan, jane, now):
    found = every_search(bone_scan, slots, now)

    assert [free.slot for free in found] == [slot.pk for slot in slots[:10]]
    first = found[0]
    assert first.visits() == [
        (slots[0].start, slots[0].end),
        (slots[5].start, slots[6].end),
    ]
    jane = Referral.objects.get(pk=jane.pk)
    for free in found:
        holds.hold(jane, free.slot, now=now)
        held = Slot.objects.filter(held_by=jane).order_by("start")
        assert [held[0].start, held[1].start] == [free.start, free.second_start]


def test_the_first_visit_is_at_a_time_that_is_wanted_the_second_at_any(slots, bone_scan, now):
    Slot.objects.update(daypart="morning", weekend=False)
    Slot.objects.filter(pk=slots[3].pk).update(daypart="afternoon", weekend=True)

    for narrower in ({"dayparts": frozenset({"afternoon"})}, {"weekend": True}):
        found = every_search(replace(bone_scan, **narrower), slots, now)
        assert [free.slot for free in found] == [slots[3].pk]


def test_a_place_that_has_its_times_is_not_looked_at_again(
    slots, bone_scan, make_slot, lancaster, now, django_assert_num_queries
):
    late = make_slot(day=30, hour=9, site=lancaster)
    make_slot(
        start=late.end + timedelta(hours=3), end=late.end + timedelta(hours=4), site=lancaster
    )
    places.places(HERE, bone_scan, now=now)

    with django_assert_num_queries(6) as asked:  # the feeds; 2, 4, 8, 16 and 32 days
        found = places.places(HERE, bone_scan, now=now, times=5)

    assert [[free.slot for free in one.times] for one in found] == [
        [slot.pk for slot in slots[:5]], [late.pk]
    ]  # fmt: skip
    about_both, about_one = asked.captured_queries[3]["sql"], asked.captured_queries[5]["sql"]
    assert f"[{slots[0].site_id}, " in about_both
    assert f"[{slots[0].site_id}, " not in about_one


def test_where_all_others_are_taken_nothing_is_offered(slots, hour, bone_scan, now):
    Slot.objects.exclude(pk__in=[slots[0].pk, slots[2].pk]).update(free_at=None)
    two = replace(bone_scan, exam=bone_scan.exam)

    assert every_search(two, slots, now) == []
    hour = replace(hour, exam=_changed(hour.exam, visits=1, minutes=60))
    assert every_search(hour, slots, now) == []


def test_alternatives_are_as_long(slots, hour, now):
    offers = places.nearest_alternatives(slots[3], HERE, now=now, exam=hour.exam, at_once=True)

    assert [free.slot for _, free in offers] == [slots[n].pk for n in (1, 2, 4)]
    assert all(free.end - free.start == 2 * HALF for _, free in offers)


def test_alternatives_to_a_bone_scan_have_both_visits(slots, bone_scan, now):
    offers = places.nearest_alternatives(slots[3], HERE, now=now, exam=bone_scan.exam, at_once=True)

    assert len(offers) == 3
    assert all(len(free.visits()) == 2 for _, free in offers)


def test_a_scan_that_fits_one_slot_asks_nothing_more(slots, wanted, now, django_assert_num_queries):
    places.places(HERE, wanted, now=now)
    with django_assert_num_queries(2):
        places.places(HERE, wanted, now=now)


# A scan in two visits, at the edges


def first_starts(wanted, slots, now, soonest=None, times=20):
    """The first slots of the times of one site, from a moment on."""
    sites = {slots[0].site_id: soonest or now}
    found = two_visits.first_of_sites(sites, wanted, now=now, times=times)
    return [free.slot for free in found[slots[0].site_id]]


@pytest.mark.parametrize(("first", "last", "count"), [(7, 7, 10), (0, 7, 10), (0, 6, 0), (8, 9, 0)])
def test_both_visits_are_on_the_days_that_are_wanted(slots, bone_scan, now, first, last, count):
    first_day, last_day = (now.date() + timedelta(days) for days in (first, last))
    wanted = replace(bone_scan, first_day=first_day, last_day=last_day)

    assert first_starts(wanted, slots, now) == [slot.pk for slot in slots[:10]][:count]


@pytest.mark.parametrize("days", [1, 2, 3, 5, 14, 30, 35])
def test_it_looks_on_until_there_are_enough_however_far_they_are(slots, bone_scan, now, days):
    Slot.objects.update(start=F("start") + timedelta(days), end=F("end") + timedelta(days))

    found = list(two_visits.times_of({slots[0].site_id: now}, bone_scan, now=now))

    assert [free.slot for _, free in found] == [slot.pk for slot in slots[:10]]


def test_no_more_times_are_shown_than_asked_for_and_each_site_has_its_own(
    slots, bone_scan, lancaster, make_slot, now
):
    first = make_slot(site=lancaster, day=8, hour=9)
    for number in range(1, 12):
        start = first.start + number * HALF
        make_slot(site=lancaster, start=start, end=start + HALF)
    here, there = slots[0].site_id, lancaster.pk

    found = two_visits.first_of_sites({here: now, there: now}, bone_scan, now=now, times=3)

    assert [free.slot for free in found[here]] == [slot.pk for slot in slots[:3]]
    assert [free.start - first.start for free in found[there]] == [0 * HALF, HALF, 2 * HALF]
    assert two_visits.first_of_sites({there: now}, bone_scan, now=now, times=3).keys() == {there}


def test_the_first_visit_starts_when_one_can_be_there_and_not_before(slots, bone_scan, now):
    at_two = slots[2].start

    assert first_starts(bone_scan, slots, now, at_two)[0] == slots[2].pk
    assert first_starts(bone_scan, slots, now, at_two + timedelta(seconds=1))[0] == slots[3].pk
    # What has begun is not offered, but what comes after it is.
    assert first_starts(bone_scan, slots, at_two)[0] == slots[3].pk


def test_two_seats_at_one_time_are_one_time_of_two_visits(slots, bone_scan, make_slot, now):
    for slot in slots[:7]:
        make_slot(start=slot.start, end=slot.end, external_id=slot.external_id, seat=1)

    found = first_starts(bone_scan, slots, now)

    assert found == [slot.pk for slot in slots[:10]]


def test_a_scan_of_one_visit_or_none_known_takes_no_two(wanted, bone_scan):
    assert two_visits.takes_two(bone_scan)
    assert not two_visits.takes_two(wanted)
    assert not two_visits.takes_two(replace(bone_scan, exam=None))


def test_a_time_is_joined_with_one_that_is_kept_for_suspected_cancer_only_for_that(
    slots, hour, now
):
    Slot.objects.filter(pk=slots[1].pk).update(reserved_until=slots[1].start)
    (found,) = places.places(HERE, hour, now=now)[0].times[:1]
    pressing = replace(hour, needed=Needed(presses=True))
    (sooner,) = places.places(HERE, pressing, now=now)[0].times[:1]

    assert found.slot == slots[2].pk
    assert (sooner.slot, sooner.end) == (slots[0].pk, slots[1].end)
