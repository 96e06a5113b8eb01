"""Real OSRM and Valhalla servers, over an OSM file made from our own road network."""

import numpy as np
import pytest
from django.core.cache import cache

from sites import places, travel
from sites.postcodes import Origin, find
from tests.sites.travel.servers import real

ENGINES = {"OSRM": "osrm", "Valhalla": "valhalla"}


@pytest.fixture(scope="module", params=list(ENGINES))
def router(request):
    with real(request.param) as url:
        yield ENGINES[request.param], url


@pytest.fixture
def engine(router, settings, bay):
    cache.clear()
    name, url = router
    settings.TRAVEL_ENGINE = name
    settings.OSRM_URL = settings.VALHALLA_URL = url
    return name


def ranked(origin):
    return {places.get(j.site_id).name: j for j in travel.rank(origin, places.table().places)}


def test_it_sends_nobody_across_the_bay(engine):
    journeys = ranked(find("LA14 5AA"))

    assert list(journeys) == ["Furness", "Lancaster", "Fleetwood"]
    assert {journey.engine for journey in journeys.values()} == {engine}
    assert journeys["Lancaster"].miles > 35
    assert journeys["Fleetwood"].minutes > journeys["Lancaster"].minutes + 20


def test_it_agrees_with_our_own_engine_over_the_same_roads(engine, settings):
    routed = ranked(find("LA14 5AA"))
    settings.TRAVEL_ENGINE = "roads"
    ours = ranked(find("LA14 5AA"))

    # OSRM's cars go a fifth slower than the limit.
    for name in ("Lancaster", "Fleetwood"):
        assert np.isclose(routed[name].minutes, ours[name].minutes, rtol=0.35)
        assert np.isclose(routed[name].straight_miles, ours[name].straight_miles)


def test_a_place_off_its_roads_is_answered_by_our_own_and_says_so(engine, bay):
    bay["Furness"].lat, bay["Furness"].lon = 54.33, -3.17  # in the Dunnerdale fells
    bay["Furness"].save()

    journeys = ranked(find("LA1 4RP"))

    assert journeys["Furness"].engine == "roads"
    assert journeys["Fleetwood"].engine == engine


def test_from_far_off_its_roads_our_own_answers_all(engine):
    journeys = ranked(Origin("", 54.00, -2.58, approximate=True))  # in the Forest of Bowland

    assert {journey.engine for journey in journeys.values()} == {"roads"}
