"""Where people travel from: postcodes, towns, what their device says."""

import json

import pytest

from sites import geocoder, origins
from sites.postcodes import MAX_TYPED
from tests.loopback import HANG, ScriptedServer

pytestmark = pytest.mark.usefixtures("postcodes")


def test_a_postcode_is_still_a_postcode():
    assert origins.find("la14 4lf").postcode == "LA14 4LF"
    assert not origins.find("LA14 4LF").approximate


@pytest.mark.parametrize(
    ("typed", "town"),
    [
        ("Kendal", "Kendal"),
        ("  kendal ", "Kendal"),
        ("KENDAL.", "Kendal"),
        ("Barrow", "Barrow-in-Furness"),
        ("barrow in furness", "Barrow-in-Furness"),
        ("Knott End", "Knott End-on-Sea"),
        ("Saint Annes", "St Annes"),
        ("Morcambe", "Morecambe"),
        ("Blackpol", "Blackpool"),
    ],
)
def test_a_town_is_found_however_it_is_typed_and_is_approximate(typed, town):
    found = origins.find(typed)

    assert (found.postcode, found.approximate) == (town, True)


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "😀", "😀😀😀😀", "x" * 10_000, "Kendal" * 20,
     "London", "the sea", "<script>", "54.1,-3.2",
     "Kendal\x00", "ケンダル", "1", "\x00", "\x00" * 100, "Kendal, " * 6, "\u202e", "' OR 1=1"],
)  # fmt: skip
def test_what_is_neither_gets_a_clear_answer(typed):
    if typed == "Kendal\x00":
        assert origins.find(typed).postcode == "Kendal"
        return
    with pytest.raises(origins.OriginError) as refused:
        origins.find(typed)
    assert "LA14 4LF" in refused.value.message
    assert "Kendal" in refused.value.message


def test_a_word_without_digits_is_never_a_postcode():
    assert origins.find("Millom").postcode == "Millom"
    with pytest.raises(origins.NotKnown):
        origins.find("PRl")


@pytest.mark.parametrize(
    ("typed", "postcode", "said"),
    [
        ("la14 4lf", "LA14 4LF", ""),
        ("LA144LF.", "LA14 4LF", ""),
        ("LAl4 4LF", "LA14 4LF", "LAl4 4LF"),
        ("FY6 OAJ", "FY6 0AJ", "FY6 OAJ"),
        ("LA14\x004LF", "LA14 4LF", ""),
        ("ＬＡ１４", "LA14", ""),
        ("10 Fell View, Kendal LA9 7RG LA14 4LF", "LA14 4LF", ""),
        ("Barrow, LA14", "LA14", ""),
    ],
)
def test_a_postcode_with_a_slip_is_put_right_and_that_is_said(typed, postcode, said):
    found = origins.find(typed)

    assert (found.postcode, found.typed) == (postcode, said)


@pytest.mark.parametrize("typed", ["LA14 4L", "LA14 4", "LA1"])
def test_half_a_postcode_will_do(typed):
    assert origins.find(typed).approximate


@pytest.mark.parametrize("typed", ["EH1 1AA", "IM1 1AA", "BF1 2AA", "BFPO 12", "SW1A 1AA"])
def test_elsewhere_is_said_to_be_elsewhere(typed):
    with pytest.raises(origins.OriginError):
        origins.find(typed)


def test_a_point_on_land_of_ours_is_an_origin():
    found = origins.at(54.33, -2.74)

    assert (found.postcode, found.approximate) == ("", True)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (53.9, -3.9),  # the Irish Sea
        (55.95, -3.19),  # Edinburgh
        (54.15, -4.48),  # Douglas, Isle of Man
        (-2.74, 54.33),  # swapped
        (54.33, 2.74),  # the sign forgotten
        (float("nan"), -2.7),
        (float("inf"), -2.7),
        (1e9, 1e9),
        (0, 0),
    ],
)
def test_a_point_elsewhere_is_refused_with_what_to_type(lat, lon):
    with pytest.raises(origins.TooFar) as refused:
        origins.at(lat, lon)
    assert "LA14 4LF" in refused.value.message


# --- a geocoder of the network's own ---------------------------------------------------------

CATON = {"lat": 54.075, "lon": -2.72}
ANSWERS = {
    "nominatim": [{"lat": "54.075", "lon": "-2.72", "display_name": "Fell View Farm"}],
    "photon": {
        "features": [
            {
                "geometry": {"coordinates": [-2.72, 54.075]},
                "properties": {"name": "Fell View Farm"},
            }
        ]
    },
    "pelias": {
        "features": [
            {
                "geometry": {"coordinates": [-2.72, 54.075]},
                "properties": {"name": "Fell View Farm", "label": "Fell View Farm"},
            }
        ]
    },
}


@pytest.fixture
def server():
    geocoder._breaker.cache_clear()
    with ScriptedServer((200, b"")) as server:
        yield server


@pytest.fixture(params=list(ANSWERS))
def kind(request, server, settings):
    settings.GEOCODER, settings.GEOCODER_URL = request.param, server.url
    return request.param


def test_a_farm_is_found_by_the_networks_own_geocoder(kind, server):
    server.answers = [(200, json.dumps(ANSWERS[kind]).encode())]

    found = origins.find("Fell View Farm")

    assert (found.postcode, found.lat, found.lon) == ("Fell View Farm", 54.075, -2.72)
    assert "Fell+View+Farm" in server.calls[0][0]


def test_towns_that_we_know_are_not_asked_for(kind, server):
    origins.find("Kendal")
    origins.find("LA14 4LF")

    assert server.calls == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"features": []}', b'[{"lat": "x"}]', b'"x"']
)
def test_nonsense_of_a_geocoder_is_not_a_place(kind, server, body):
    server.answers = [(200, body)]

    with pytest.raises(origins.OriginError):
        origins.find("Fell View Farm")


def test_a_place_of_that_name_elsewhere_is_refused(kind, server):
    far = json.dumps(ANSWERS[kind]).replace("54.075", "51.5").replace("-2.72", "-0.12")
    server.answers = [(200, far.encode())]

    with pytest.raises(origins.TooFar):
        origins.find("Fell View Farm")


def test_a_geocoder_that_hangs_costs_its_timeout_and_no_more(kind, server, monkeypatch):
    monkeypatch.setattr(geocoder, "TIMEOUT", 0.05)
    geocoder._geocoder.cache_clear()
    server.answers = [HANG]

    with pytest.raises(origins.OriginError):
        origins.find("Fell View Farm")
    geocoder._geocoder.cache_clear()


def test_without_a_setting_nobody_is_asked(settings):
    assert settings.GEOCODER == "none"
    assert geocoder.look_up("Fell View Farm") is None


def test_the_longest_that_can_be_typed_is_looked_at():
    with pytest.raises(origins.OriginError):
        origins.find("k" * MAX_TYPED)
