"""Places at one address are one entry of the list, with a door and times each."""

import re
from datetime import timedelta

import pytest
import time_machine

from booking.models import Feed, Slot
from booking.search import places as search
from booking.search.criteria import SearchCriteria
from sites import places
from sites.models import Site, Trust
from sites.postcodes import Origin

pytestmark = pytest.mark.django_db
HERE = Origin("LA14 5AA", 54.12, -3.22, approximate=False)


@pytest.fixture(autouse=True)
def _clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def cdc(make_site):
    """A CDC in the grounds of Furness General."""
    return make_site("Crossland", "LA14 4LF", 54.137, -3.208, kind="cdc")


def wanted(now, **more):
    day = now.date()
    return SearchCriteria("MR", day, day.replace(month=12, day=30), **more)


def found(now, limit=10, **more):
    of = search.addresses(HERE, wanted(now, **more), now=now, limit=limit)
    return [[door.place.name for door in one.doors] for one in of]


def counted(now, limit):
    every = search.find(HERE, wanted(now), now=now, limit=limit, times=5)
    return every.total, every.with_times


def test_a_hospital_and_its_cdc_are_one_stop_with_times_of_each(
    furness, cdc, lancaster, make_slot, now
):
    make_slot(site=furness, day=5)
    make_slot(site=cdc, day=3)

    first, second = search.addresses(HERE, wanted(now), now=now)

    assert [door.place.name for door in first.doors] == ["Furness", "Crossland"]
    assert [door.times[0].start.day for door in first.doors] == [29, 27]
    assert first.first_start.day == 27
    assert [door.place.name for door in second.doors] == ["Lancaster"]


def test_the_limit_counts_stops_and_never_parts_one(furness, cdc, lancaster, make_slot, now):
    for site in (furness, cdc, lancaster):
        make_slot(site=site, day=5)

    assert found(now, limit=1) == [["Furness", "Crossland"]]
    assert found(now, limit=2) == [["Furness", "Crossland"], ["Lancaster"]]


def test_a_stop_comes_as_soon_as_its_soonest_door(furness, cdc, lancaster, make_slot, now):
    make_slot(site=furness, day=9)
    make_slot(site=lancaster, day=5)
    make_slot(site=cdc, day=3)

    assert found(now, sort="soonest") == [["Furness", "Crossland"], ["Lancaster"]]


@pytest.mark.parametrize("limit", [1, 10])
def test_counts_are_of_stops_however_few_are_shown(furness, cdc, lancaster, make_slot, now, limit):
    make_slot(site=furness, day=5)
    make_slot(site=cdc, day=3)

    assert counted(now, limit) == (2, 1)
    Slot.objects.filter(site=furness).update(free_at=None)
    assert counted(now, limit) == (2, 1)


@pytest.mark.parametrize(
    ("postcode", "lat", "together"),
    [
        ("LA14 4LF", 54.137, True),
        ("la144lf", 54.137, True),
        ("LA14 4LF", 54.15, False),  # a large postcode: a mile up the valley is another journey
        ("LA14 4LP", 54.136, False),
        ("", 54.136, False),
    ],
)
def test_what_is_one_address(furness, make_site, postcode, lat, together):
    other = make_site("Other", "LA14 4AA", lat, -3.208)
    other.postcode = postcode
    other.save()

    assert (len(set(places.addresses_of([other.pk, furness.pk]))) == 1) == together


def test_two_places_without_a_postcode_are_two(make_site):
    one, other = make_site("One", "LA14 4AA", 54.1, -3.2), make_site("Two", "LA14 4AB", 54.1, -3.2)
    for site in (one, other):
        site.postcode = ""
        site.save()

    assert len(set(places.addresses_of([one.pk, other.pk]))) == 2


def test_the_finder_numbers_stops_on_list_and_map(client, furness, cdc, lancaster, make_slot):
    make_slot(site=furness, day=5)
    make_slot(site=cdc, day=3)
    for modality in ("MR", ""):
        asked = {"postcode": "LA14 4LF", "modality": modality}  # each door has its own times
        page = client.post("/places", asked, follow=True).content.decode()

        assert re.findall(r'<li class="finder-place" id="place-(\d+)">', page) == ["1", "2"]
        assert re.findall(r'<a id="(pin-\d+)" href="(#\S+)"', page) == [
            ("pin-1", "#place-1"), ("pin-2", "#place-2")
        ]  # fmt: skip
        assert re.findall(r'on-map" href="(#pin-\d+)"', page) == ["#pin-1", "#pin-2"]
        assert "2 places" in page
        assert 'aria-label="1: Furness and Crossland"' in page
        assert page.count("At the same address:") == 1
        svg = page[page.index('<svg class="finder-map__picture') :]
        assert len(svg[: svg.index("</svg>")].encode()) < 20_000


def test_the_larger_map_has_the_same_numbers_and_leads_back(client, furness, cdc, lancaster):
    client.post("/places", {"postcode": "LA14 4LF", "modality": "MR"})
    page = client.get("/places/map?modality=MR&show=50").content.decode()

    assert re.findall(r'finder-map__entry" id="place-(\d+)"', page) == ["1", "2"]
    assert re.findall(r'<a id="(pin-\d+)" href="(#\S+)"', page) == [
        ("pin-1", "#place-1"), ("pin-2", "#place-2")
    ]  # fmt: skip
    assert 'href="/places?modality=MR&amp;show=50"' in page
    assert "miles by road" in page


def test_the_larger_map_without_where_from_asks_for_it(client, furness):
    assert client.get("/places/map").headers["Location"] == "/places"


def test_times_that_nobody_can_trust_do_not_fill_the_list(
    furness, cdc, lancaster, make_slot, make_site, now
):
    other = Trust.objects.create(code="RXN", name="Lancashire Teaching Hospitals")
    Feed.objects.create(trust=other, last_contact_at=now, last_change_at=now)
    Site.objects.filter(pk=lancaster.pk).update(trust=other)
    places.forget()
    Feed.objects.filter(trust="RTX").update(last_contact_at=now - timedelta(days=30))
    make_slot(site=furness, day=5)
    make_slot(site=cdc, day=5)
    slot = make_slot(site=lancaster, day=6)
    Slot.objects.filter(pk=slot.pk).update(trust=other)

    assert found(now, limit=1) == [["Lancaster"]]
    assert counted(now, 1) == (2, 1)


def test_of_all_that_are_shown_those_with_times_are_counted(
    furness, lancaster, blackburn, make_slot, now
):
    make_slot(site=lancaster, day=5)

    assert counted(now, 10) == (3, 1)
