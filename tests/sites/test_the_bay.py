"""The network's real places, from real postcodes: nobody is sent over the water."""

import io

import pytest
from django.core.management import call_command

from sites import places, travel
from sites.origins import find

FYLDE = {"Blackpool Victoria Hospital", "Whitegate Drive Community Diagnostic Centre",
         "Fleetwood Community Diagnostic Centre", "Clifton Hospital"}  # fmt: skip


@pytest.fixture
def network(db):
    call_command("load_postcodes", "--areas", "FY", "BB", "PR", "LA", stdout=io.StringIO())
    call_command("load_places", stdout=io.StringIO())


def test_from_barrow_and_from_knott_end(network):
    mri = places.places_with("MR")
    ranked = [places.get(j.site_id).name for j in travel.rank(find("LA14 4LF"), mri)]
    first_on_the_fylde = min(ranked.index(name) for name in FYLDE & set(ranked))

    assert ranked[0] == "Furness General Hospital"
    for name in ("Royal Lancaster Infirmary", "Westmorland General Hospital"):
        assert ranked.index(name) < first_on_the_fylde

    # Knott End looks at Fleetwood over the mouth of the Wyre, three quarters of a mile away.
    for origin in (find("FY6 0AJ"), find("Knott End")):
        journeys = {places.get(j.site_id).name: j for j in travel.rank(origin, mri)}
        fleetwood = journeys["Fleetwood Community Diagnostic Centre"]
        assert fleetwood.straight_miles < 2
        assert fleetwood.miles > 9
        assert fleetwood.minutes > 20
        assert next(iter(journeys)) != "Heysham Community Diagnostic Centre"
