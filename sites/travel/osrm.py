"""Minutes from an OSRM server that the network runs itself (`GET /table`, OSRM 5 and 6)."""

from collections.abc import Sequence

from django.conf import settings

from sites.places import Place
from sites.postcodes import Origin
from sites.travel import matrix
from sites.travel.journey import Journey


def journeys(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place, in their order. Raises NoAnswer.

    The server must allow as many points as there are places and one (`--max-table-size`).
    """
    return matrix.journeys(ROUTER, settings.OSRM_URL, origin, places)


def _ask(url: str, here: matrix.Point, ends: list[matrix.Point]) -> matrix.Answer:
    points = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in [here, *ends])
    said = matrix.fetch(
        "GET",
        f"{url}/table/v1/driving/{points}",
        params={
            "sources": "0",
            "destinations": ";".join(str(i) for i in range(1, len(ends) + 1)),
            "annotations": "duration,distance",
        },
    )
    if said["code"] != "Ok":
        raise matrix.RouterRefused(str(said["code"])[:40])
    seconds = [matrix.number(cell) for cell in matrix.only(said["durations"])]
    metres = [matrix.number(cell) for cell in matrix.only(said["distances"])]
    return matrix.Answer(
        [None if cell is None else cell / 60 for cell in seconds],
        [None if cell is None else cell / 1000 for cell in metres],
        _point(*said["sources"]),
        [_point(end) for end in said["destinations"]],
    )


def _point(waypoint: dict[str, list[float]]) -> matrix.Point:
    lon, lat = waypoint["location"]
    return matrix.point(lat, lon)


ROUTER = matrix.Router("osrm", _ask)
