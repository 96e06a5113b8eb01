"""Minutes from a Valhalla server that the network runs itself (`POST /sources_to_targets`)."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.conf import settings

from sites.places import Place
from sites.postcodes import Origin
from sites.travel import matrix
from sites.travel.journey import Journey


def journeys(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place, in their order. Raises NoAnswer."""
    return matrix.journeys(ROUTER, settings.VALHALLA_URL, origin, places)


def _ask(url: str, here: matrix.Point, ends: list[matrix.Point]) -> matrix.Answer:
    said = matrix.fetch(
        "POST",
        f"{url}/sources_to_targets",
        json={
            "sources": [_point(here)],
            "targets": [_point(end) for end in ends],
            "costing": "auto",
            "units": "kilometers",
            "verbose": True,  # only then does it say where it put the points
        },
    )
    if "error_code" in said:
        raise matrix.RouterRefused(f"error {said['error_code']}"[:40])
    cells = sorted(matrix.only(said["sources_to_targets"]), key=itemgetter("to_index"))
    if [cell["to_index"] for cell in cells] != list(range(len(ends))):
        raise ValueError("not one cell a place")
    seconds = [matrix.number(cell["time"]) for cell in cells]
    return matrix.Answer(
        [None if time is None else time / 60 for time in seconds],
        [matrix.number(cell["distance"]) for cell in cells],
        _spot(*said["sources"]),
        [_spot(target) for target in said["targets"]],
    )


def _point(point: matrix.Point) -> dict[str, float]:
    return {"lat": round(point[0], 6), "lon": round(point[1], 6)}


def _spot(said: dict[str, Any]) -> matrix.Point:
    return matrix.point(said["lat"], said["lon"])


ROUTER = matrix.Router("valhalla", _ask)
