"""Places with their next free times."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking, holds
from booking.models import Feed, Slot
from booking.search import places
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime
from sites import places as site_places
from sites.postcodes import find
from tests.booking.plans import plan

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


@pytest.mark.parametrize(
    "day", [date(2027, 3, 27), date(2027, 3, 28), date(2027, 7, 1), date(2027, 10, 31)]
)
def test_a_day_is_englands_in_summer_and_when_the_clocks_change(look, make_slot, now, furness, day):
    number = (day - now.date()).days
    make_slot(day=number - 1, hour=23)
    inside = [make_slot(day=number, hour=0), make_slot(day=number, hour=23)]
    make_slot(day=number + 1, hour=0)
    one_day = replace(ANY, first_day=day, last_day=day)

    assert slots(look(one_day)) == [slot.pk for slot in inside]
    by_day = places.times_at(furness.pk, one_day, now=now)
    assert {day: [free.slot for free in times] for day, times in by_day.items()} == {
        day: [slot.pk for slot in inside]
    }


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


def test_soonest_looks_beyond_the_places_that_will_be_shown(look, make_slot, lancaster):
    make_slot(day=9)
    sooner = make_slot(day=2, site=lancaster)

    assert slots(look(replace(ANY, sort="soonest"), limit=1)) == [sooner.pk]


def test_soonest_looks_at_the_nearest_eighty_places(look, make_slot, make_site, lancaster):
    for number in range(78):  # Lancaster is the eightieth
        make_site(f"Near{number}", f"LA14 {number % 9}AA", 54.13, -3.2)
    beyond = make_site("Beyond", "BB10 2PQ", 53.81, -2.23)
    here = make_slot(day=9)
    make_slot(day=2, site=beyond)
    soonest = replace(ANY, sort="soonest")

    assert slots(look(soonest, limit=1)) == [here.pk]
    eightieth = make_slot(day=5, site=lancaster)
    assert slots(look(soonest, limit=1)) == [eightieth.pk]


def test_a_normal_search_asks_for_slots_once_and_by_the_partial_index(
    look, make_slot, furness, lancaster
):
    for day in range(1, 29):
        for site in (furness, lancaster):
            for hour in range(8, 18):
                make_slot(day, hour, site)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE booking_slot")  # by what is there an index is chosen
    look(limit=1)  # PostgreSQL has prepared it then

    with CaptureQueriesContext(connection) as asked:
        look(limit=1)

    statements = [query["sql"] for query in asked.captured_queries]
    about_slots = [sql for sql in statements if "booking_slot" in sql or "EXECUTE" in sql]
    assert len(about_slots) == 1
    planned = plan(about_slots[0])
    assert "slot_bookable" in planned
    if connection.vendor == "sqlite":  # PostgreSQL goes by what is there: hardly anything here
        assert "schedule_overlaps" in planned


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


@pytest.mark.parametrize(("count", "nearest"), [(3, [2, 3, 4]), (2, [3, 4]), (1, [4])])
def test_times_before_the_lost_one_are_the_nearest_of_them(
    monkeypatch, make_slot, furness, now, count, nearest
):
    monkeypatch.setattr(places, "ALTERNATIVES", count)
    before = [make_slot(day=8, hour=hour) for hour in (7, 8, 9, 10, 11)]
    lost = make_slot(day=8, hour=12, free_at=None)
    far = make_slot(day=10)

    offers = places.nearest_alternatives(lost, None, now=now)

    assert [free.slot for _, free in offers] == [before[number].pk for number in nearest]
    assert far.pk not in {free.slot for _, free in offers}


def test_times_after_the_lost_one_are_the_nearest_of_them(make_slot, furness, now):
    make_slot(day=2)
    lost = make_slot(day=8, hour=12, free_at=None)
    after = [make_slot(day=8, hour=hour) for hour in (13, 14, 15, 16)]

    offers = places.nearest_alternatives(lost, None, now=now)

    assert [free.slot for _, free in offers] == [slot.pk for slot in after[:3]]


def test_the_very_time_that_was_lost_is_not_offered_nor_one_that_has_begun(
    make_slot, furness, lancaster, now
):
    lost = make_slot(day=1, hour=9, free_at=None)
    make_slot(day=1, hour=9)
    make_slot(day=0, hour=10)

    assert places.nearest_alternatives(lost, None, now=now) == []


def test_of_a_place_that_is_too_old_to_trust_nothing_is_offered(make_slot, furness, blackburn, now):
    Feed.objects.filter(trust=furness.trust_id).update(last_contact_at=now - timedelta(days=2))
    lost = make_slot(day=8, hour=12, free_at=None)
    make_slot(day=8, hour=13)
    theirs = make_slot(day=9, site=blackburn)

    offers = places.nearest_alternatives(lost, None, now=now)

    assert [(place.name, free.slot) for place, free in offers] == [("Blackburn", theirs.pk)]


@pytest.mark.parametrize(("day", "found"), [(1, True), (68, True), (69, False)])
def test_other_places_are_searched_from_today_to_sixty_days_after_the_lost_time(
    make_slot, furness, lancaster, now, day, found
):
    lost = make_slot(day=8, free_at=None)
    make_slot(day=day, site=lancaster)

    assert bool(places.nearest_alternatives(lost, None, now=now)) is found


def test_the_three_nearest_other_places_are_offered_one_time_each(
    make_slot, make_site, furness, lancaster, blackburn, now
):
    """Though the lost place stands first in the search, with another slot at the lost time."""
    lost, same_time = make_slot(day=8, free_at=None), make_slot(day=8)
    near, far = ("Near", "LA14 5AA", 54.12, -3.22), ("Far", "BB10 2PQ", 53.81, -2.23)
    for site in [lancaster, blackburn, make_site(*near), make_site(*far)]:
        make_slot(day=9, site=site), make_slot(day=10, site=site)

    names = ["Near", "Lancaster", "Blackburn"]
    offers = places.nearest_alternatives(lost, None, now=now)
    assert [place.name for place, _ in offers] == names

    same_time.delete()
    offers = places.nearest_alternatives(lost, None, now=now)
    assert [place.name for place, _ in offers] == names


def test_a_time_at_the_lost_place_comes_before_those_of_others(make_slot, furness, lancaster, now):
    lost, here = make_slot(day=8, free_at=None), make_slot(day=20)
    there = make_slot(day=9, site=lancaster)

    offers = places.nearest_alternatives(lost, None, now=now)

    assert [free.slot for _, free in offers] == [here.pk, there.pk]


def next_of(site, now):
    listed, checked_at = places.next_times(site_places.get(site.pk), now=now)
    return {one.modality: (one.availability, one.first) for one in listed}, checked_at


def test_a_places_next_times_are_of_each_modality_within_six_weeks(make_slot, furness, now):
    make_slot(day=9)
    first = make_slot(day=8)
    late = make_slot(day=43, hour=9, modality="DX")

    listed, checked_at = next_of(furness, now)

    assert listed == {
        "MR": ("some", FreeTime(first.pk, first.start, first.end)),
        "DX": ("none", None),
    }
    assert checked_at == now
    Slot.objects.filter(pk=late.pk).update(start=late.start - timedelta(days=1))
    assert next_of(furness, now)[0]["DX"][0] == "some"


def test_next_times_of_a_stale_or_missing_feed_are_unknown(make_slot, furness, blackburn, now):
    make_slot(day=8)
    unknown = {"MR": ("unknown", None), "DX": ("unknown", None)}
    long_ago = now - timedelta(days=1, seconds=1)

    Feed.objects.filter(trust=furness.trust_id).update(last_contact_at=long_ago)
    assert next_of(furness, now) == (unknown, long_ago)

    Feed.objects.filter(trust=furness.trust_id).delete()
    assert next_of(furness, now) == (unknown, None)


def test_where_the_place_has_too_few_the_next_place_is_offered(make_slot, furness, lancaster, now):
    lost, other = make_slot(), make_slot(site=lancaster)
    Slot.objects.filter(pk=lost.pk).update(free_at=None)

    offers = places.nearest_alternatives(lost, find("LA14 4LF"), now=now)

    assert [(place.name, free.slot) for place, free in offers] == [("Lancaster", other.pk)]
