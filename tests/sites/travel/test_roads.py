"""Real travel around water."""

import importlib
from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from sites import places, travel
from sites.postcodes import Origin, find
from sites.travel.journey import NoAnswer, straight_km

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
        raise NoAnswer

    monkeypatch.setitem(travel.ENGINES, "roads", no_road)

    assert {journey.engine for journey in ranked("LA14 4LF").values()} == {"geodesic"}


def test_every_junction_is_reached_from_every_other():
    from sites.travel.network import network

    assert (network().minutes < 300).all()
    assert network().minutes.shape == (328, 328)


@pytest.mark.parametrize(
    ("start", "end", "least", "most", "miles"),
    [
        # Before the neighbours' motorways were known these were 15 to 25 minutes too long.
        ((53.760, -2.699), (53.4875, -2.3236), 30, 42, 35),  # Preston to Salford: M61, M60
        ((53.788, -2.244), (53.806, -1.797), 40, 55, 34),  # Burnley to Bradford: A6068, A650
        ((53.760, -2.699), (53.466, -2.932), 35, 50, 40),  # Preston to Aintree: M6, M58
        ((53.593, -2.297), (53.739, -1.724), 25, 40, 36),  # Bury to Chain Bar: M66, M62
        ((53.962, -2.017), (53.993, -1.540), 25, 38, 26),  # Skipton to Harrogate: A59
    ],
)
def test_the_neighbours_motorways_lead_over_the_border(start, end, least, most, miles):
    place = places.table().places[0]
    there = replace(place, lat=end[0], lon=end[1])

    (journey,) = travel.rank(Origin("", *start, approximate=False), [there])

    assert least <= journey.minutes <= most
    assert journey.miles <= miles


def test_quick_straight_lines_agree_with_geopy():
    from geopy.distance import geodesic

    here, there = (54.136395, -3.207899), (53.82066, -3.016279)

    assert straight_km(*here, *there) == pytest.approx(geodesic(here, there).km, rel=0.004)


def test_no_places_need_no_journeys():
    assert travel.rank(find("LA14 4LF"), []) == []


@pytest.mark.parametrize(
    ("lat", "lon"), [(55.95, -3.19), (51.5, -0.12), (54.15, -4.48), (53.8, -4.2), (-3.2, 54.1)]
)
def test_far_from_every_main_road_of_ours_straight_lines_answer(lat, lon):
    origin = Origin("", lat, lon, approximate=True)

    assert {j.engine for j in travel.rank(origin, places.table().places)} == {"geodesic"}


def test_a_village_between_junctions_joins_the_road_that_passes_it():
    # On the A595 between Bootle and Gosforth, nine km from either.
    halfway = Origin("", 54.35, -3.40, approximate=False)
    bootle = Origin("", 54.28431, -3.37320, approximate=False)
    furness = [place for place in places.table().places if place.name == "Furness"]

    extra = travel.rank(halfway, furness)[0].minutes - travel.rank(bootle, furness)[0].minutes

    assert 4 < extra < 16


def test_nobody_turns_off_a_motorway_between_junctions():
    from sites.travel.network import graph, network

    joined = {
        frozenset((int(head), int(tail)))
        for head, tail in zip(network().links.head, network().links.tail, strict=True)
    }
    order = {name: i for i, name in enumerate(graph())}

    assert frozenset((order["M6J32"], order["M6J33"])) not in joined
    assert frozenset((order["Bootle"], order["Gosforth"])) in joined


def test_the_engine_is_chosen_by_its_setting(settings):
    settings.TRAVEL_ENGINE = "geodesic"

    assert {j.engine for j in ranked("LA14 4LF").values()} == {"geodesic"}


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"TRAVEL_ENGINE": "google"}, "roads, osrm, valhalla, geodesic"),
        ({"TRAVEL_ENGINE": "osrm"}, "OSRM_URL is missing"),
        ({"OSRM_URL": "router:5000"}, "http://127.0.0.1:5000"),
        ({"GEOCODER": "photon"}, "GEOCODER_URL is missing"),
    ],
)
def test_a_slip_in_a_travel_setting_stops_the_start(monkeypatch, env, says):
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=says):
        importlib.reload(importlib.import_module("config.settings"))
