"""What answers always, from memory: our own roads, or straight lines where no road leads."""

from collections.abc import Sequence

from sites.places import Place
from sites.postcodes import Origin
from sites.travel import geodesic, roads
from sites.travel.journey import Journey, NoAnswer


def journeys(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey by car to every place, in their order."""
    try:
        return roads.journeys(origin, places)
    except NoAnswer:
        return geodesic.journeys(origin, places)
