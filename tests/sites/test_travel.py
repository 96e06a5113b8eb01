"""Real travel around water."""

import pytest

from sites import places, travel
from sites.postcodes import find
from sites.travel import roads
from sites.travel.journey import straight_km

pytestmark = pytest.mark.usefixtures("bay")


def ranked(postcode):
    origin = find(postcode)
    return {places.get(j.site_id).name: j for j in travel.rank(origin, places.table().places)}


def test_from_barrow_lancaster_comes_before_fleetwood_though_it_is_as_far_by_crow():
    journeys = ranked("LA14 5AA")

    assert list(journeys) == ["Furness", "Lancaster", "Fleetwood"]
    assert journeys["Fleetwood"].minutes > journeys["Lancaster"].minutes + 20
    assert {journey.engine for journey in journeys.values()} == {"roads"}


def test_fleetwood_is_not_two_miles_from_knott_end_by_road():
    fleetwood = ranked("FY6 0AJ")["Fleetwood"]

    assert fleetwood.straight_miles < 2
    assert fleetwood.miles > 8
    assert fleetwood.minutes > 15


def test_a_short_trip_goes_direct():
    furness = ranked("LA14 4LP")["Furness"]

    assert furness.miles < 1
    assert furness.minutes < 3


def test_where_there_is_no_road_a_straight_line_answers_and_says_so(monkeypatch):
    def no_road(origin, found):
        raise roads.NoRoad

    monkeypatch.setattr(roads, "journeys", no_road)

    assert {journey.engine for journey in ranked("LA14 4LF").values()} == {"geodesic"}


def test_every_junction_is_reached_from_every_other():
    from sites.travel.network import network

    assert (network().minutes < 300).all()
    assert network().minutes.shape == (150, 150)


def test_quick_straight_lines_agree_with_geopy():
    from geopy.distance import geodesic

    here, there = (54.136395, -3.207899), (53.82066, -3.016279)

    assert straight_km(*here, *there) == pytest.approx(geodesic(here, there).km, rel=0.004)


def test_no_places_need_no_journeys():
    assert travel.rank(find("LA14 4LF"), []) == []
