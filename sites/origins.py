"""From what people type, or what their device says, to where they travel from."""

import re
from difflib import get_close_matches
from functools import cache

from sites import geocoder, postcodes
from sites.data import rows
from sites.postcodes import NotAPostcode, Origin, PostcodeError
from sites.travel.journey import straight_km
from sites.travel.network import network
from sites.travel.roads import FURTHEST_KM

OriginError = PostcodeError
"""What was typed cannot be used; `message` tells the person what to type instead."""
SHORTEST = 3
ALIKE = 0.84
"""How alike (0 to 1, difflib) a mistyped town must be: one slip in a name of six letters."""


class NotKnown(OriginError):
    """It is neither a postcode nor a town that we know."""

    message = (
        "Enter a postcode, like LA14 4LF, the first part of one, like LA14,"
        " or a town in Lancashire or South Cumbria, like Kendal"
    )


class TooFar(OriginError):
    """The place is not in or near the region."""

    message = (
        "That is not in or near Lancashire and South Cumbria. Enter a postcode there, like"
        " LA14 4LF, or a town, like Kendal"
    )


def find(typed: str) -> Origin:
    """Return where a postcode, a part of one, or a town is; a town is approximate.

    A name that is no town of the road network goes to the geocoder that the network runs itself,
    if there is one. Raises OriginError.
    """
    try:
        return postcodes.find(typed)
    except NotAPostcode:
        name = _plain(typed[:80])
        if len(typed) > postcodes.MAX_TYPED or len(name) < SHORTEST:
            raise NotKnown from None
    known = _towns()
    alike = [name] if name in known else get_close_matches(name, known, 1, ALIKE)
    if alike and (name in known or not geocoder.is_set()):
        return known[alike[0]]
    spot = geocoder.look_up(typed)
    if spot is None:
        if alike:
            return known[alike[0]]
        raise NotKnown
    return at(*spot, name=typed.strip())


def at(lat: float, lon: float, name: str = "") -> Origin:
    """Return a point on the globe as an origin. Raises TooFar if no road of ours is near: the
    sea, another region, or latitude and longitude swapped."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise TooFar
    roads = network()
    if straight_km(lat, lon, roads.lats, roads.lons).min() > FURTHEST_KM:
        raise TooFar
    return Origin(name, lat, lon, approximate=True)


@cache
def _towns() -> dict[str, Origin]:
    """Return the towns of the road network by their plain names."""
    return {
        _plain(name): Origin(row["town"].split("|")[0], float(row["lat"]), float(row["lon"]), True)
        for row in rows("road_nodes.csv")
        for name in row["town"].split("|")
        if name
    }


def _plain(name: str) -> str:
    """Return a name as its small letters alone."""
    return re.sub(r"[^a-z]", "", name.lower().replace("saint ", "st "))
