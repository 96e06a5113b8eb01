"""The water that no road crosses: lines whose last vertex is the lowest road crossing."""

import json
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sites.data import DATA
from sites.travel.journey import Floats


@cache
def walls() -> Floats:
    """Return the lines as segments, one a row: easting and northing of both ends, in metres."""
    features = json.loads((DATA / "water_barriers.geojson").read_text(encoding="utf-8"))["features"]
    segments = [
        [*start, *end]
        for feature in features
        for line in [feature["properties"]["bng"]]
        for start, end in pairwise(line)
    ]
    return np.array(segments, dtype=np.float64)


def crosses(x: float, y: float, xs: Floats, ys: Floats) -> NDArray[np.bool_]:
    """Return, for each end point (metres), whether the straight line to it crosses water.

    Two lines cross if the ends of each lie on different sides of the other.
    """
    from_x, from_y, to_x, to_y = walls().T
    wall_x, wall_y = to_x - from_x, to_y - from_y
    line_x, line_y = (xs - x)[:, None], (ys - y)[:, None]
    apart = (line_x * (from_y - y) - line_y * (from_x - x)) * (
        line_x * (to_y - y) - line_y * (to_x - x)
    )
    here = wall_x * (y - from_y) - wall_y * (x - from_x)
    across = here * (here + wall_x * line_y - wall_y * line_x)
    return np.asarray(((apart < 0) & (across < 0)).any(axis=1))
