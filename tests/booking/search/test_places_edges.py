"""Searches at their edges: how many, how far, how fresh, and whose."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from booking.exams import fit
from booking.exams.needed import Needed
from booking.models import Feed, Slot
from booking.search import freshness, places
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime
from sites import places as site_places
from sites.models import OpenHours, Scanner, Site
from sites.places import clear
from sites.postcodes import find

ANY = SearchCriteria("MR", date(2026, 11, 24), date(2027, 1, 5))


@pytest.fixture
def row_of_sites(make_site, furness):
    """Furness and eight more, each farther than the one before."""
    letters = "ABCDEFGH"
    more = [
        make_site(f"Site{letter}", f"LA1 {number}AA", 54.14 + number * 0.004, -3.208)
        for number, letter in enumerate(letters)
    ]
    return [furness, *more]


@pytest.fixture
def look(furness, now):
    def look(wanted=ANY, at=now, **options):
        return places.places(find("LA14 4LF"), wanted, now=at, **options)

    return look


def names(found):
    return [one.place.name for one in found]


def test_without_being_told_ten_places_with_five_times_each_are_shown(
    look, make_site, make_slot, row_of_sites
):
    make_site("SiteI", "LA1 8AA", 54.18, -3.208), make_site("SiteJ", "LA1 9AA", 54.19, -3.208)
    for day in range(1, 8):
        make_slot(day=day)

    found = look()

    assert len(found) == 10
    assert len(found[0].times) == 5


@pytest.mark.parametrize(("number", "is_found"), [(7, True), (8, False)])
def test_a_search_widens_three_times_by_doubling(look, make_slot, row_of_sites, number, is_found):
    make_slot(site=row_of_sites[number])

    (found,) = look(limit=1)

    assert bool(found.times) is is_found
    assert found.place.name == row_of_sites[number if is_found else 0].name


def test_a_search_that_has_found_enough_looks_no_farther(look, make_slot, row_of_sites):
    make_slot(site=row_of_sites[0]), make_slot(site=row_of_sites[2])

    assert names(look(limit=2)) == ["Furness", "SiteB"]
    make_slot(site=row_of_sites[1])
    assert names(look(limit=2)) == ["Furness", "SiteA"]


def test_needs_and_opening_narrow_the_list_each_by_itself(look, furness, lancaster):
    Site.objects.filter(pk=furness.pk).update(facilities=["step_free"])
    OpenHours.objects.create(site=lancaster, weekday=5, opens=time(9), closes=time(17))
    clear()

    assert names(look(replace(ANY, needs=frozenset({"step_free"})))) == ["Furness"]
    assert names(look(replace(ANY, opening=frozenset({"weekends"})))) == ["Lancaster"]


def test_places_without_times_fill_up_what_is_left(look, make_slot, row_of_sites):
    make_slot(site=row_of_sites[3], day=3), make_slot(site=row_of_sites[2], day=9)

    assert names(look(limit=4)) == ["Furness", "SiteA", "SiteB", "SiteC"]
    soonest = look(replace(ANY, sort="soonest"), limit=4)
    assert names(soonest) == ["SiteC", "SiteB", "Furness", "SiteA"]


def test_a_place_says_how_far_how_fresh_and_what_there_is(look, make_slot, furness, lancaster, now):
    slot = make_slot()

    here, there = look()

    assert (here.place.id, here.journey.site_id) == (furness.pk, furness.pk)
    assert (here.availability, here.checked_at, here.late) == ("some", now, False)
    assert here.times == [FreeTime(slot.pk, slot.start, slot.end)]
    assert (there.availability, there.times) == ("none", [])


@pytest.mark.parametrize(
    ("age", "unknown", "late"),
    [
        (timedelta(minutes=45), False, False),
        (timedelta(minutes=45, seconds=1), False, True),
        (timedelta(days=1), False, True),
        (timedelta(days=1, seconds=1), True, True),
    ],
)
def test_the_age_of_a_feed_makes_it_late_and_then_unknown(
    look, make_slot, furness, now, age, unknown, late
):
    make_slot()
    Feed.objects.update(last_contact_at=now - age)

    assert freshness.of_trust("RTX", now=now) == (unknown, late, now - age)
    (found,) = look()
    assert (found.late, found.checked_at) == (late, now - age)
    assert found.availability == ("unknown" if unknown else "some")
    assert bool(found.times) is not unknown


def test_a_trust_that_never_told_anything_is_unknown(look, make_slot, furness, now):
    make_slot()
    Feed.objects.update(last_contact_at=None)
    assert freshness.of_trust("RTX", now=now) == (True, True, None)
    Feed.objects.all().delete()
    assert freshness.of_trust("RTX", now=now) == (True, True, None)

    (found,) = look()
    assert (found.availability, found.checked_at, found.late) == ("unknown", None, True)


def test_each_place_is_as_fresh_as_its_own_trust(look, make_slot, furness, blackburn, now):
    make_slot(site=blackburn), make_slot(site=furness)
    Feed.objects.filter(trust=blackburn.trust_id).update(last_contact_at=now - timedelta(days=2))

    assert [one.availability for one in look()] == ["some", "unknown"]
    assert freshness.of_trust(furness.trust_id, now=now).unknown is False
    assert freshness.of_trust(blackburn.trust_id, now=now).unknown is True


def test_a_time_that_begins_now_is_not_offered(look, make_slot, now):
    make_slot(start=now)
    later = make_slot(start=now + timedelta(minutes=1))

    at_once = replace(ANY, at_once=True)
    assert [free.slot for free in look(at_once)[0].times] == [later.pk]


def test_a_place_shows_its_own_times_only(make_slot, furness, lancaster, now):
    here = make_slot(day=3)
    make_slot(day=4, site=lancaster)

    by_day = places.times_at(furness.pk, ANY, now=now)

    assert by_day == {date(2026, 11, 27): [FreeTime(here.pk, here.start, here.end)]}


def test_a_page_of_days_is_as_long_as_asked_for_and_says_where_the_next_begins(
    make_slot, furness, now
):
    for day in (3, 5, 7):
        make_slot(day=day, hour=9), make_slot(day=day, hour=10)

    page = places.times_at(furness.pk, ANY, now=now, days=2)

    assert [len(times) for times in page.values()] == [2, 2]
    assert places.day_after(page, days=2) == date(2026, 11, 30)
    assert places.day_after(page) is None
    whole = places.times_at(furness.pk, ANY, now=now, days=3)
    assert (len(whole), places.day_after(whole, days=3)) == (3, date(2026, 12, 2))


def test_of_a_time_with_several_seats_the_first_that_is_free_is_shown(look, make_slot, now):
    first = make_slot(external_id="two", seat=0, day=3)
    second = make_slot(external_id="two", seat=1, day=3)
    Slot.objects.filter(pk=first.pk).update(free_at=now + timedelta(minutes=5))

    assert [free.slot for free in look()[0].times] == [second.pk]
    assert [free.slot for free in look(at=now + timedelta(minutes=5))[0].times] == [first.pk]


def test_without_an_origin_others_are_nearest_to_the_lost_place(
    make_slot, make_site, furness, lancaster, now
):
    near_lancaster = make_site("NearLancaster", "LA1 1AA", 54.048, -2.801)
    lost = make_slot(site=lancaster, free_at=None)
    make_slot(site=furness), make_slot(site=near_lancaster)

    def offered(origin):
        return [place.name for place, _ in places.nearest_alternatives(lost, origin, now=now)]

    assert offered(None) == ["NearLancaster", "Furness"]
    assert offered(find("LA14 4LF")) == ["Furness", "NearLancaster"]


def test_alternatives_stand_in_the_order_of_time(make_slot, furness, now):
    lost = make_slot(day=8, hour=12, free_at=None)
    after, before = make_slot(day=8, hour=13), make_slot(day=8, hour=11)

    offers = places.nearest_alternatives(lost, None, now=now)

    assert [free.slot for _, free in offers] == [before.pk, after.pk]


def test_alternatives_are_of_the_same_modality(make_slot, furness, lancaster, now):
    lost = make_slot(free_at=None)
    make_slot(hour=15, modality="DX")
    make_slot(hour=16, modality="DX", site=lancaster)

    assert places.nearest_alternatives(lost, None, now=now) == []


def test_without_being_told_ten_addresses_with_five_times_each_are_shown(
    make_site, make_slot, row_of_sites, now
):
    make_site("SiteI", "LA1 8AA", 54.18, -3.208), make_site("SiteJ", "LA1 9AA", 54.19, -3.208)
    for day in range(1, 8):
        make_slot(day=day)

    found = places.addresses(find("LA14 4LF"), ANY, now=now)

    assert len(found) == 10
    assert len(found[0].doors[0].times) == 5


@pytest.fixture
def far_away(blackburn, now):
    """Blackburn from Barrow: when one can be there at the soonest, which is later than nearby."""
    start = find("LA14 4LF")
    soonest = fit.earliest_start(None, now=now, travel=places.minutes_to(blackburn.pk, start))
    assert soonest > fit.earliest_start(None, now=now)
    return start, soonest


def test_a_place_shows_no_time_before_one_can_be_there(make_slot, blackburn, far_away, now):
    start, soonest = far_away
    before = make_slot(site=blackburn, start=soonest - timedelta(minutes=1))
    there = make_slot(site=blackburn, start=soonest)

    def shown(origin):
        by_day = places.times_at(blackburn.pk, ANY, now=now, origin=origin)
        return [free.slot for times in by_day.values() for free in times]

    assert shown(start) == [there.pk]
    assert shown(None) == [before.pk, there.pk]


def test_a_search_finds_no_time_before_one_can_be_there(make_slot, blackburn, far_away, now):
    start, soonest = far_away
    before = make_slot(site=blackburn, start=soonest - timedelta(minutes=1))
    there = make_slot(site=blackburn, start=soonest)

    def found(wanted):
        of_site = {one.place.id: one for one in places.places(start, wanted, now=now)}
        return [free.slot for free in of_site[blackburn.pk].times]

    assert found(ANY) == [there.pk]
    assert found(replace(ANY, at_once=True)) == [before.pk, there.pk]


def test_no_alternative_begins_before_one_can_be_there(make_slot, blackburn, far_away, now):
    start, soonest = far_away
    lost = make_slot(site=blackburn, start=soonest + timedelta(hours=3), free_at=None)
    before = make_slot(site=blackburn, start=soonest - timedelta(minutes=1))
    there = make_slot(site=blackburn, start=soonest)

    def offered(origin, **more):
        offers = places.nearest_alternatives(lost, origin, now=now, **more)
        return [free.slot for _, free in offers]

    assert offered(start) == [there.pk]
    assert offered(None) == offered(start, at_once=True) == [before.pk, there.pk]


def test_the_way_is_known_only_from_where_somebody_starts(furness, lancaster, make_slot, now):
    start, slot = find("LA14 4LF"), make_slot()
    free = FreeTime(slot.pk, slot.start, slot.end)
    offers = [(site_places.get(site.pk), free) for site in (furness, lancaster)]

    ways = places.journeys_to(offers, start)

    assert [ways[site.pk].site_id for site in (furness, lancaster)] == [furness.pk, lancaster.pk]
    assert ways[lancaster.pk] == places.journey_to(lancaster.pk, start)
    assert ways[lancaster.pk].known_minutes == places.minutes_to(lancaster.pk, start) > 0
    assert places.journeys_to(offers, None) == {}
    assert places.journey_to(furness.pk, None) is places.minutes_to(furness.pk, None) is None


def test_the_next_time_of_a_place_is_its_own_and_can_still_be_had(
    make_slot, furness, lancaster, now
):
    soonest = fit.earliest_start(None, now=now)
    make_slot(start=soonest - timedelta(minutes=1)), make_slot(start=soonest, site=lancaster)
    first = make_slot(start=soonest + timedelta(minutes=1))

    listed, _ = places.next_times(site_places.get(furness.pk), now=now)

    assert [one.first and one.first.slot for one in listed if one.modality == "MR"] == [first.pk]


def _later(site, wanted, now, *, is_open_ended):
    """The day after the first page that has times; `wanted` says which days are looked at."""
    page = places.times_at(site.pk, wanted, now=now)
    return places.later_day(site.pk, wanted, page, is_open_ended=is_open_ended, now=now)


@pytest.mark.parametrize("last", [10, 12, 13])
def test_after_a_full_page_comes_the_next_day_with_times(make_slot, furness, now, last):
    for day in [*range(1, 11), 13, 14]:
        make_slot(day=day)
    wanted = replace(ANY, last_day=now.date() + timedelta(days=last))

    found = _later(furness, wanted, now, is_open_ended=False)

    assert found == (now.date() + timedelta(days=13) if last == 13 else None)
    assert _later(furness, wanted, now, is_open_ended=True) == now.date() + timedelta(days=13)


def test_the_last_day_that_is_looked_at_is_a_page_of_its_own(make_slot, furness, now):
    for day in range(1, 12):
        make_slot(day=day)
    wanted = replace(ANY, last_day=now.date() + timedelta(days=11))

    assert _later(furness, wanted, now, is_open_ended=False) == wanted.last_day


def test_after_a_page_that_is_not_full_the_search_goes_on_only_if_it_is_open(
    make_slot, furness, now
):
    make_slot(day=3), make_slot(day=5), make_slot(day=9)
    wanted = replace(ANY, last_day=now.date() + timedelta(days=4))

    assert _later(furness, wanted, now, is_open_ended=True) == wanted.last_day + timedelta(days=1)
    assert _later(furness, wanted, now, is_open_ended=False) is None


@pytest.mark.parametrize(("over", "is_found"), [(0, True), (1, False)])
def test_no_search_goes_on_beyond_two_years(make_slot, furness, now, over, is_found):
    last = now.date().replace(year=now.year + 2)
    make_slot(day=(last - now.date()).days + over)

    assert _later(furness, ANY, now, is_open_ended=True) == (last if is_found else None)


def test_alternatives_are_where_a_scanner_can_do_what_is_needed(
    jane, make_slot, furness, lancaster, now
):
    lost = make_slot(free_at=None)
    make_slot(day=9)
    there = make_slot(day=9, site=lancaster)
    Scanner.objects.filter(site=lancaster).update(table_kg=250)
    clear()

    offers = places.nearest_alternatives(
        lost, None, now=now, exam=jane.exam, needed=Needed(weight_kg=220)
    )

    assert [free.slot for _, free in offers] == [there.pk]


def test_a_place_whose_scanners_cannot_is_not_listed(jane, make_slot, furness, lancaster, now):
    make_slot(), make_slot(site=lancaster)
    Scanner.objects.filter(site=lancaster).update(table_kg=250)
    clear()
    wanted = replace(ANY, exam=jane.exam, needed=Needed(weight_kg=220))

    assert names(places.places(find("LA14 4LF"), wanted, now=now)) == ["Lancaster"]
