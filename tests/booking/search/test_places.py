"""Places with their next free times."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking, holds
from booking.models import Slot
from booking.search import places
from booking.search.criteria import SearchCriteria
from sites.postcodes import find

ANY = SearchCriteria("MR", date(2026, 11, 24), date(2027, 1, 5))


@pytest.fixture
def look(furness, lancaster, now):
    def look(wanted=ANY, at=now, **options):
        return places.places(find("LA14 4LF"), wanted, now=at, **options)

    return look


def slots(found):
    return [free.slot for place in found for free in place.times]


def test_the_nearest_place_comes_first_and_the_soonest_time_if_asked(look, make_slot, lancaster):
    make_slot(day=9)
    make_slot(day=2, site=lancaster)

    assert [one.place.name for one in look()] == ["Furness", "Lancaster"]
    soonest = look(replace(ANY, sort="soonest"))
    assert [one.place.name for one in soonest] == ["Lancaster", "Furness"]


def test_each_place_shows_its_first_times_in_order(look, make_slot):
    late, early, middle = make_slot(day=9), make_slot(day=2), make_slot(day=5)

    assert slots(look(times=2)) == [early.pk, middle.pk]
    assert slots(look()) == [early.pk, middle.pk, late.pk]


def test_only_what_can_be_booked_is_shown(look, make_slot, jane, tom, now):
    free, held, booked = make_slot(hour=9), make_slot(hour=10), make_slot(hour=11)
    make_slot(modality="DX")
    make_slot(day=0, hour=8)
    make_slot(hour=12, status="busy", free_at=None)
    holds.hold(tom, booked.pk, now=now)
    booking.book(tom, booked.pk, now=now, actor="patient")
    holds.hold(jane, held.pk, now=now)

    assert slots(look()) == [free.pk]
    assert slots(look(at=now + timedelta(minutes=15))) == [free.pk, held.pk]


def test_two_places_at_one_time_are_one_time(look, make_slot):
    first = make_slot(external_id="two", seat=0)
    make_slot(external_id="two", seat=1)

    assert slots(look()) == [first.pk]


def test_dates_include_both_ends_as_england_counts_days(look, make_slot):
    before = make_slot(day=7, hour=23)
    inside = [make_slot(day=8, hour=0), make_slot(day=8, hour=23)]
    after = make_slot(day=9, hour=0)
    one_day = replace(ANY, first_day=date(2026, 12, 2), last_day=date(2026, 12, 2))

    assert slots(look(one_day)) == [slot.pk for slot in inside]
    assert {before.pk, after.pk}.isdisjoint(slots(look(one_day)))


def test_parts_of_the_day_and_weekends_narrow_the_list(look, make_slot):
    morning, evening = make_slot(day=8, hour=9), make_slot(day=8, hour=18)
    saturday = make_slot(day=11, hour=9)

    assert slots(look(replace(ANY, dayparts=frozenset({"evening"})))) == [evening.pk]
    assert slots(look(replace(ANY, weekend=True))) == [saturday.pk]
    both = replace(ANY, dayparts=frozenset({"morning", "evening"}))
    assert slots(look(both)) == [morning.pk, evening.pk, saturday.pk]


def test_a_kind_of_place_narrows_the_list(look, make_slot, make_site):
    centre = make_site("Centre", "LA14 5AA", 54.12, -3.22, kind="cdc")
    make_slot()
    there = make_slot(site=centre)

    assert slots(look(replace(ANY, kinds=frozenset({"cdc"})))) == [there.pk]


def test_a_sparse_search_widens_until_it_finds(look, make_slot, make_site):
    for number in range(12):
        make_site(f"Empty{number}", f"LA14 {number % 9}AA", 54.13, -3.2)
    far = make_site("Far", "PR2 9HT", 53.79, -2.70)
    there = make_slot(site=far)

    found = look(limit=2)

    assert slots(found) == [there.pk]
    assert len(found) == 2
    assert found[-1].place.name == "Far"


def test_a_normal_search_asks_for_slots_once_and_by_the_partial_index(look, make_slot):
    for hour in range(8, 18):
        make_slot(hour=hour)

    with CaptureQueriesContext(connection) as asked:
        look(limit=1)

    about_slots = [q["sql"] for q in asked.captured_queries if "booking_slot" in q["sql"]]
    assert len(about_slots) == 1
    assert "slot_bookable" in plan(about_slots[0])


def plan(sql):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        else:
            cursor.execute("SET enable_seqscan = off")  # a small table is else read whole
            cursor.execute(f"EXPLAIN {sql}")
        return str(cursor.fetchall())


def test_a_places_own_page_shows_ten_days_that_have_times(furness, make_slot, now):
    for day in range(1, 24, 2):
        make_slot(day=day, hour=9)
        make_slot(day=day, hour=18)

    page = places.times_at(furness.pk, ANY, now=now)

    assert len(page) == 10
    assert all(len(times) == 2 for times in page.values())
    later = places.day_after(page)
    rest = places.times_at(furness.pk, replace(ANY, first_day=later), now=now)
    assert len(rest) == 2
    assert places.day_after(rest) is None


def test_who_loses_a_time_is_offered_the_three_nearest_to_it(make_slot, furness, lancaster, now):
    lost = make_slot(day=8, hour=12)
    make_slot(day=2)
    near = [make_slot(day=8, hour=9), make_slot(day=8, hour=13), make_slot(day=9, hour=9)]
    Slot.objects.filter(pk=lost.pk).update(free_at=None)

    offers = places.nearest_alternatives(lost, None, now=now)

    assert [free.slot for _, free in offers] == [slot.pk for slot in near]


def test_where_the_place_has_too_few_the_next_place_is_offered(make_slot, furness, lancaster, now):
    lost, other = make_slot(), make_slot(site=lancaster)
    Slot.objects.filter(pk=lost.pk).update(free_at=None)

    offers = places.nearest_alternatives(lost, find("LA14 4LF"), now=now)

    assert [(place.name, free.slot) for place, free in offers] == [("Lancaster", other.pk)]
