"""Every name of a place that people type, and whether there is one for everybody."""

import numpy as np
import pytest
from django.core.management import call_command

from sites import origins, towns
from sites.data import rows
from sites.models import Postcode
from sites.travel.journey import straight_km
from sites.travel.network import to_grid

PLACES = [row for row in rows("towns.csv") if row["kind"] != "county"]
NAMES = [
    (name, float(row["lat"]), float(row["lon"]))
    for row in PLACES
    for name in (row["name"], *filter(None, row["also"].split("|")))
]
NETWORK = [
    (name, float(row["lat"]), float(row["lon"]))
    for row in rows("road_nodes.csv")
    for name in filter(None, row["town"].split("|"))
]
ASKED = {"Bootle", "Broughton", "Churchtown", "Kirkby", "Middleton", "Warton"}
"""Names of several places of which none is the one that most people mean."""
NAMESAKES = {"Barrow", "Claughton", "Dalton", "Newchurch", "Staveley"}
"""Names of several places of which one is: it is taken, and the page says so."""
LIKE_IT = {"Ashton", "Burton"}
"""Short names that belong to one place here, though another begins so: said too."""

REGION_AREAS = ["BB", "FY", "LA", "PR"]
REGION_OUTWARDS = ["L39", "L40", "WN8", "OL13", "BD24"]
BUILT_UP = 20
"""Postcodes in a square kilometre that is built up."""
KNOWN_KM, NEAR_KM = 3, 1.5
"""From a built-up square to a name; from a name to a square with a postcode."""


def km(lat, lon, other_lat, other_lon):
    return float(straight_km(lat, lon, other_lat, other_lon))


def asked_for(name):
    """Return where a name leads: the origins of the choices if somebody must choose."""
    try:
        return [origins.find(name)]
    except origins.SeveralPlaces as several:
        return [origins.find(choice) for choice in several.choices]


@pytest.mark.parametrize(("name", "lat", "lon"), NAMES)
def test_every_name_of_the_list_is_found_without_a_guess_unless_it_is_shared(name, lat, lon):
    found = asked_for(name)

    guessed = len(found) > 1 or bool(found[0].typed)
    assert (len(found) > 1) == (name in ASKED)
    assert guessed == (name in ASKED | NAMESAKES | LIKE_IT)
    assert name in NAMESAKES or (lat, lon) in [(one.lat, one.lon) for one in found]


@pytest.mark.parametrize(("name", "lat", "lon"), NETWORK)
def test_every_town_of_the_network_is_found_where_it_is(name, lat, lon):
    found = asked_for(name)

    assert min(km(lat, lon, one.lat, one.lon) for one in found) < KNOWN_KM
    assert len(found) == 1 or name in ASKED


def test_the_network_has_all_its_towns():
    assert len(NETWORK) == 131


@pytest.mark.parametrize("row", PLACES, ids=lambda row: f"{row['name']} {row['lat']}")
def test_every_place_has_a_name_of_its_own_however_it_is_written(row):
    town = towns.Town(row["name"], row["kind"], float(row["lat"]), float(row["lon"]))
    name = towns.label(town)

    for typed in (name, name.upper(), name.lower().replace("-", " "), name.replace("'", "’")):
        found = origins.find(f" {typed}. ")
        assert (found.postcode, found.lat, found.lon) == (name, town.lat, town.lon)
        assert found.typed == ""


@pytest.mark.parametrize("row", PLACES, ids=lambda row: f"{row['name']} {row['lat']}")
def test_every_place_is_in_or_near_the_region(row):
    assert origins.at(float(row["lat"]), float(row["lon"]))


@pytest.mark.parametrize("row", list(rows("towns_elsewhere.csv")), ids=lambda row: row["name"])
def test_a_town_elsewhere_is_said_to_be_elsewhere(row):
    with pytest.raises(origins.TooFar):
        origins.find(row["name"])


@pytest.fixture
def codes(db):
    """Load the postcodes; return their outward parts and their metres on the National Grid."""
    call_command("load_postcodes", verbosity=0)
    outwards, lats, lons = zip(*Postcode.objects.values_list("outward", "lat", "lon"), strict=True)
    return outwards, np.array(to_grid().transform(lons, lats)).T


def km_between(spots, spot):
    return np.hypot(*(spots - spot).T) / 1000


def in_region(outward):
    return outward.rstrip("0123456789") in REGION_AREAS or outward in REGION_OUTWARDS


def test_every_built_up_square_is_near_a_name_and_every_name_is_near_houses(codes):
    outwards, metres = codes
    names = np.array(
        to_grid().transform(*zip(*((lon, lat) for _, lat, lon in NAMES), strict=True))
    ).T
    ours = metres[[in_region(outward) for outward in outwards]]
    squares, counts = np.unique(ours // 1000, axis=0, return_counts=True)
    built_up = squares[counts >= BUILT_UP] * 1000 + 500

    houses = np.unique(metres // 1000, axis=0) * 1000 + 500

    from_names = np.array([km_between(names, square).min() for square in built_up])
    from_houses = np.array([km_between(houses, name).min() for name in names])

    assert len(built_up) > 550
    assert built_up[from_names > KNOWN_KM].tolist() == []
    assert [NAMES[i] for i in np.flatnonzero(from_houses > NEAR_KM)] == []


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Gt Harwood", "Great Harwood"),
        ("St. Annes on the Sea", "St Annes"),
        ("Saint Anne's", "St Annes"),
        ("ST ANNES", "St Annes"),
        ("Lytham St Anne’s", "St Annes"),
        ("Lytham St Annes", "St Annes"),
        ("barrowinfurness", "Barrow-in-Furness"),
        ("Upholland", "Up Holland"),
        ("Newton near Kirkham", "Newton-with-Scales"),
        ("newton nr clitheroe", "Newton-in-Bowland"),
        ("Newton, Kirkham, Lancs", "Newton-with-Scales"),
        ("Barrow by Clitheroe", "Barrow near Clitheroe"),
        ("Warton (Carnforth)", "Warton near Carnforth"),
        ("Warton, Preston", "Warton near Kirkham"),
        ("Bootle (Cumbria)", "Bootle near Millom"),
        ("Bootle, Merseyside", "Bootle near Liverpool"),
        ("Dalton, Lancashire", "Dalton near Skelmersdale"),
        ("Ribbleton Preston", "Ribbleton"),
        ("Chorley, Lancashire, UK", "Chorley"),
        ("Ｋｅｎｄａｌ", "Kendal"),
        ("Kendal 😀", "Kendal"),
    ],
)
def test_a_name_as_people_write_it_is_no_guess(typed, name):
    found = origins.find(typed)

    assert (found.postcode, found.typed, found.approximate) == (name, "", True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Morcambe", "Morecambe"),
        ("Blackpol", "Blackpool"),
        ("Chorely", "Chorley"),
        ("Coln", "Colne"),
        ("Ch0rley", "Chorley"),
        ("L1ndale", "Lindale"),
        ("Kendal1", "Kendal"),
        ("Skelmersdail", "Skelmersdale"),
        ("Kirby Lonsdale", "Kirkby Lonsdale"),
        ("12 High Street, Galgate", "Galgate"),
        ("Chorley, Manchester", "Chorley"),
        ("Walton", "Walton-le-Dale"),
        ("Barrow", "Barrow-in-Furness"),
    ],
)
def test_a_guess_says_what_was_typed(typed, name):
    found = origins.find(typed)

    assert (found.postcode, found.typed) == (name, typed)


@pytest.mark.parametrize(
    ("typed", "choices"),
    [
        ("Warton", ["Warton near Kirkham", "Warton near Carnforth"]),
        ("Bootle", ["Bootle near Liverpool", "Bootle near Millom"]),
        ("Clayton", ["Clayton-le-Dale", "Clayton-le-Moors", "Clayton-le-Woods"]),
        ("Kirkb", ["Kirkby near Maghull", "Kirkby Lonsdale", "Kirkby-in-Furness"]),
    ],
)
def test_a_name_of_several_places_asks_which(typed, choices):
    with pytest.raises(origins.SeveralPlaces) as asked:
        origins.find(typed)

    assert asked.value.choices == choices
    assert all(choice in asked.value.message for choice in choices)


@pytest.mark.parametrize("typed", ["Newton, Leeds", "Adlington, London", "leeds", "KING’S LYNN"])
def test_a_place_elsewhere_is_not_one_of_ours_with_a_slip(typed):
    with pytest.raises(origins.TooFar):
        origins.find(typed)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    ["Birmingam", "Leedz", "xyz", "Lancashire", "UK", "near", ",", ", ,", "near Kendal", "Le",
     "Newton Cheshire", "'", "K3nd4l99"],
)  # fmt: skip
def test_what_is_no_name_is_not_guessed(typed):
    with pytest.raises(origins.OriginError) as refused:
        origins.find(typed)
    assert not isinstance(refused.value, origins.SeveralPlaces)


@pytest.mark.parametrize(
    ("one", "other", "slips", "within"),
    [
        ("kendal", "kendal", 0, True),
        ("kendal", "kendall", 1, True),
        ("kendal", "kedal", 1, True),
        ("kendal", "kendel", 1, True),
        ("kendal", "kednal", 1, True),
        ("kendal", "kedmal", 1, False),
        ("kendal", "kedmal", 2, True),
        ("kendal", "ken", 2, False),
    ],
)
def test_slips_are_counted(one, other, slips, within):
    assert towns.is_within(one, other, slips) is within
    assert towns.is_within(other, one, slips) is within
