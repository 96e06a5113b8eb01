"""From what people type, or what their device says, to where they travel from."""

import re
import unicodedata

from sites import geocoder, postcodes, towns
from sites.postcodes import NotAPostcode, Origin, PostcodeError
from sites.towns import Match
from sites.travel.journey import straight_km
from sites.travel.network import network
from sites.travel.roads import FURTHEST_KM

OriginError = PostcodeError
"""What was typed cannot be used; `message` tells the person what to type instead."""
_ENDS_IN_POSTCODE = re.compile(
    r"\W([A-Z]{1,2}[0-9][A-Z0-9]?(?:\s?[0-9][A-Z]{2})?)\W*$", re.IGNORECASE
)


class NotKnown(OriginError):
    """It is neither a postcode nor a town that we know."""

    message = (
        "Enter a postcode, like LA14 4LF, the first part of one, like LA14,"
        " or a town in Lancashire or South Cumbria, like Kendal"
    )


class SeveralPlaces(OriginError):
    """There are several places of that name; `choices` are names that each mean one of them."""

    def __init__(self, choices: list[str]) -> None:
        """Say which there are."""
        super().__init__()
        self.choices = choices
        *most, last = choices
        which = f"{', '.join(most)} or {last}"
        self.message = f"There is more than one place like that. Enter the one you mean: {which}"


class TooFar(OriginError):
    """The place is not in or near the region."""

    message = (
        "That is not in or near Lancashire and South Cumbria. Enter a postcode there, like"
        " LA14 4LF, or a town, like Kendal"
    )


def find(typed: str) -> Origin:
    """Return where a postcode, a part of one, or the name of a place is; a name is approximate.

    An exact postcode comes first, then an exact name, then what can be put right, which the
    origin says (`typed`). A name that nobody here knows goes to the geocoder that the network
    runs itself, if there is one. Raises OriginError.
    """
    text = _clean(typed)
    if len(text) > postcodes.MAX_TYPED:
        raise NotKnown
    found = _exact(text)
    if found is None and towns.is_elsewhere(text):
        raise TooFar
    found = found or _repaired(text)
    if found is None:
        raise NotKnown
    return found


def at(lat: float, lon: float, name: str = "") -> Origin:
    """Return a point on the globe as an origin. Raises TooFar if no road of ours is near: the
    sea, another region, or latitude and longitude swapped."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise TooFar
    roads = network()
    if straight_km(lat, lon, roads.lats, roads.lons).min() > FURTHEST_KM:
        raise TooFar
    return Origin(name, lat, lon, approximate=True)


def _clean(typed: str) -> str:
    """Return what was typed without what cannot be seen, in the usual forms of its letters."""
    usual = unicodedata.normalize("NFKD", typed[: postcodes.MAX_TYPED * 2])
    seen = (" " if unicodedata.category(one)[0] == "C" else one for one in usual)
    return " ".join("".join(one for one in seen if not unicodedata.combining(one)).split())


def _exact(text: str) -> Origin | None:
    """Return where a postcode, an address with its postcode, or a name is, as it was typed."""
    address = _ENDS_IN_POSTCODE.search(text)
    found = postcodes.find_exact(address[1] if address else text)
    match = None if found else towns.match(text)
    return _at_town(match, text) if match else found


def _repaired(text: str) -> Origin | None:
    """Return where a postcode or a name with a slip in it is. Raises PostcodeNotKnown if it has
    the shape of a postcode and no name is like it."""
    postcode_unknown = None
    try:
        return postcodes.find(text)
    except NotAPostcode:
        pass
    except PostcodeError as error:
        postcode_unknown = error
    spot = geocoder.look_up(text) if text and not postcode_unknown else None
    if spot:
        return at(*spot, name=text)
    rest = text.partition(",")[2]
    match = towns.match_mistyped(text) or towns.match(rest)
    if match:
        return _at_town(Match(match.towns, certain=False), text)
    if postcode_unknown:
        raise postcode_unknown
    return None


def _at_town(match: Match, text: str) -> Origin:
    """Return where a match is, with what was typed if it is a guess. Raises SeveralPlaces."""
    if len(match.towns) > 1:
        raise SeveralPlaces([towns.label(town) for town in match.towns])
    (town,) = match.towns
    typed = "" if match.certain else text
    return Origin(towns.label(town), town.lat, town.lon, approximate=True, typed=typed)
