"""The map that the server draws."""

from sites import map as site_map
from sites import places
from sites.postcodes import find


def drawing(postcode="LA14 4LF"):
    numbered = list(enumerate(places.table().places, 1))
    return site_map.draw(find(postcode), numbered)


def test_every_place_has_its_number_inside_the_picture(bay):
    picture = drawing()
    left, top, wide, high = map(float, picture.view_box.split())

    assert [(pin.number, pin.label) for pin in picture.pins] == [
        (1, "Furness"), (2, "Lancaster"), (3, "Fleetwood")
    ]  # fmt: skip
    for pin in [*picture.pins, picture.origin]:
        assert left < pin.x < left + wide
        assert top < pin.y < top + high


def test_north_is_up(bay):
    pins = {pin.label: pin for pin in drawing().pins}

    assert pins["Furness"].y < pins["Fleetwood"].y
    assert pins["Furness"].x < pins["Lancaster"].x


def test_two_places_at_one_spot_do_not_hide_each_other(bay):
    site = bay["Lancaster"]
    bay["Furness"].lat, bay["Furness"].lon = site.lat, site.lon
    bay["Furness"].save()

    one, two, _ = drawing().pins

    assert abs(one.x - two.x) + abs(one.y - two.y) >= 2 * drawing().unit


def test_the_coast_and_towns_are_paths(bay):
    assert drawing().coast.startswith("M")
    assert "h10v10h-10z" in drawing().towns


def test_the_map_shows_no_sea_where_only_our_drawing_ends(bay):
    left, top, wide, _ = map(float, drawing("BB10 2PQ").view_box.split())

    assert left + wide <= 3970
    assert top >= -5160


def test_a_place_beyond_the_drawing_is_still_on_the_map(bay):
    bay["Fleetwood"].lat, bay["Fleetwood"].lon = 53.35, -1.5
    bay["Fleetwood"].save()

    picture = drawing()
    left, top, wide, high = map(float, picture.view_box.split())

    for pin in picture.pins:
        assert left < pin.x < left + wide
        assert top < pin.y < top + high
