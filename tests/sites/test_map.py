"""The map that the server draws."""

import itertools
from dataclasses import replace

import pytest
from django.template import engines

from sites import map as site_map
from sites import places
from sites.map import base, labels
from sites.map.base import Box, Point
from sites.map.pins import DOT_SHOWS
from sites.map.sizes import PIN, text_wide
from sites.postcodes import Origin, find

CORNERS = {
    "Preston": (53.76, -2.70),
    "Barrow": (54.136, -3.208),
    "Kirkby Stephen": (54.472, -2.349),
    "Bacup": (53.703, -2.20),
    "Skelmersdale": (53.55, -2.77),
    "Seascale": (54.396, -3.48),
    "Salford": (53.487, -2.32),
}


def drawing(postcode="LA14 4LF", across=site_map.SMALL):
    numbered = [(number, [place]) for number, place in enumerate(places.table().places, 1)]
    return site_map.draw(find(postcode), numbered, across=across)


def picture_of(origin, count, across=site_map.SMALL, template=None):
    """Return a map of so many of 40 places, those of the region and their neighbours."""
    spots = [
        (53.82, -3.016), (53.749, -2.991), (53.735, -2.461), (53.81, -2.228), (53.85, -2.218),
        (53.88, -2.387), (53.791, -2.707), (53.667, -2.637), (54.043, -2.799), (54.136, -3.208),
        (54.306, -2.732), (54.069, -2.846), (53.815, -3.033), (53.923, -3.015), (53.700, -2.28),
        (53.787, -2.703), (54.03, -2.895), (53.487, -2.323), (53.806, -1.797), (53.467, -2.936),
    ]  # fmt: skip
    spots += [(lat + 0.01, lon + 0.015) for lat, lon in spots]
    made = [
        (n, [replace(template, id=n, name=f"Place number {n}", lat=lat, lon=lon)])
        for n, (lat, lon) in enumerate(spots[:count], 1)
    ]
    return site_map.draw(Origin("", *CORNERS[origin], approximate=True), made, across=across)


def boxes_of(picture):
    """Return everything that must not cover another thing."""
    written = [*((name, 12) for name in picture.towns), *((name, 13) for name in picture.waters)]
    written += [(name, 10) for name in picture.motorways]
    found = [pin.box for pin in picture.pins]
    for name, high in written:
        half = text_wide(name.text, high) / 2
        middle = name.y - high * 0.35
        found.append(Box(name.x - half, middle - high / 2, name.x + half, middle + high / 2))
    return found


@pytest.fixture
def template(bay):
    return places.table().places[0]


@pytest.mark.parametrize("origin", CORNERS)
def test_the_small_map_of_forty_places_is_small(template, origin):
    picture = picture_of(origin, 40, template=template)
    page = next(iter(engines.all())).env.from_string(
        "{% from 'booking/_map.jinja' import picture %}{{ picture(drawing) }}"
    )

    assert len(page.render(drawing=picture).encode()) <= 20_000


@pytest.mark.parametrize("across", [site_map.SMALL, site_map.LARGE])
@pytest.mark.parametrize("count", [1, 2, 9, 40])
@pytest.mark.parametrize("origin", CORNERS)
def test_nothing_covers_anything_else_and_every_pin_is_in_the_picture(
    template, origin, count, across
):
    picture = picture_of(origin, count, across, template)
    _, _, wide, high = map(float, picture.view_box.split())

    for one, other in itertools.combinations(boxes_of(picture), 2):
        assert not one.touches(other)
    for box in boxes_of(picture):
        assert Box(0, 0, wide, high).holds(box)
    numbers = [entry.number for pin in picture.pins for entry in pin.entries]
    assert sorted(numbers) == list(range(1, count + 1))
    assert 0 < picture.ring.x < wide
    assert 0 < picture.ring.y < high


def test_a_pin_stands_at_its_place_or_has_a_line_to_it(template):
    picture = picture_of("Preston", 40, template=template)

    for pin in picture.pins:
        dots = set(pin.dots)
        for entry in pin.entries:
            if len(pin.entries) == 1:
                assert entry.at == (pin.x, pin.y)
            outside = max(abs(entry.at.x - pin.x) - pin.wide / 2, abs(entry.at.y - pin.y) - PIN / 2)
            assert (entry.at in dots) == (outside >= DOT_SHOWS)
    assert any(pin.dots for pin in picture.pins)


def test_pins_that_would_touch_are_one_that_says_its_numbers(template):
    picture = picture_of("Preston", 40, template=template)
    shared = picture.shared

    assert shared
    for pin in shared:
        numbers = [entry.number for entry in pin.entries]
        shown = ", ".join(map(str, numbers)) if len(numbers) <= 3 else f"{len(numbers)} places"
        assert pin.text == shown
        assert pin.label.startswith(f"{shown}: ")
        assert all(f"{number} Place number {number}" in pin.label for number in numbers)
        assert {picture.pin_of[number] for number in numbers} == {pin.id}


def test_towns_motorways_and_the_bay_are_named_on_the_regions_map(template):
    picture = picture_of("Barrow", 17, template=template)

    assert {"Barrow", "Blackpool", "Kendal", "Preston"} <= {name.text for name in picture.towns}
    assert "M6" in [name.text for name in picture.motorways]
    assert "Morecambe Bay" in [name.text for name in picture.waters]
    assert set(picture.roads) == {"motorway", "main", "other"}


def test_villages_are_named_where_there_is_room_for_them(template):
    near = picture_of("Barrow", 0, template=template)
    far = picture_of("Barrow", 17, template=template)
    towns = {name.text for name in base.names() if name.prominence >= base.TOWN_FIRST}
    villages = {name.text for name in base.names()} - towns

    assert villages & {name.text for name in near.towns}
    assert not villages & {name.text for name in far.towns}


def test_the_scale_is_as_long_as_it_says(template):
    picture = picture_of("Preston", 17, template=template)
    here, there = base.spot(54.0, -2.8), base.spot(54.0, -2.3)
    ten = [base.spot(54.0, lon) for lon in (-2.8, -2.554)]
    assert picture.scale.words == "10 miles"
    assert ten[1].x - ten[0].x == pytest.approx(10 * site_map.MILE, rel=0.01)
    assert there.x > here.x


def test_north_is_up(bay):
    pins = {pin.entries[0].label: pin for pin in drawing().pins}

    assert pins["Furness"].y < pins["Fleetwood"].y
    assert pins["Furness"].x < pins["Lancaster"].x


def test_two_numbers_at_one_spot_are_one_pin(bay):
    site = bay["Lancaster"]
    bay["Furness"].lat, bay["Furness"].lon = site.lat, site.lon
    bay["Furness"].save()

    one, other = drawing().pins

    assert (one.text, other.text) == ("1, 2", "3")
    assert one.label == "1, 2: 2 places, 1 Furness, 2 Lancaster"
    assert not one.dots


def test_places_at_one_address_are_one_number(bay):
    all_places = places.table().places

    picture = site_map.draw(find("LA14 4LF"), [(1, all_places[:2]), (2, all_places[2:])])

    assert [pin.label for pin in picture.pins] == ["1: Furness and Lancaster", "2: Fleetwood"]


def test_the_map_shows_only_what_is_drawn_unless_a_place_is_beyond(bay):
    known = drawing("BB10 2PQ").sea
    _, _, wide, high = map(float, drawing("BB10 2PQ").view_box.split())
    assert known.left <= 0 < wide <= known.right
    assert known.top <= 0 < high <= known.bottom

    bay["Fleetwood"].lat, bay["Fleetwood"].lon = 52.9, -1.5
    bay["Fleetwood"].save()
    picture = drawing()
    _, _, wide, high = map(float, picture.view_box.split())
    assert all(0 < pin.x < wide and 0 < pin.y < high for pin in picture.pins)
    assert picture.sea.bottom < high


def test_no_place_of_the_network_is_drawn_in_the_sea(template):
    def inside(at, ring):
        turns = False
        for one, other in itertools.pairwise([*ring, ring[0]]):
            if (one.y > at.y) != (other.y > at.y):
                turns ^= at.x < one.x + (at.y - one.y) * (other.x - one.x) / (other.y - one.y)
        return turns

    (land,) = base.coast()
    assert all(inside(base.spot(lat, lon), land.points) for lat, lon in CORNERS.values())
    assert not inside(base.spot(54.07, -3.02), land.points)


def test_outlines_go_round_squares_and_their_holes():
    assert sorted(map(len, base.outlines({(0, 0), (1, 0), (5, 5)}))) == [4, 4]
    ring = {(x, y) for x in range(3) for y in range(3)} - {(1, 1)}
    assert sorted(map(len, base.outlines(ring))) == [4, 4]


def test_a_name_that_has_no_room_is_left_out():
    writer = labels.Writer(Box(0, 0, 100, 30), [Box(0, 0, 100, 30)])

    assert writer.place("Preston", [Point(50, 15)]) is None
