"""The region's main roads and the water that no road crosses, read once from sites/data.

Parameters are those that the design notes measured, unfitted (R2 0.981 to road-routed minutes).
"""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import networkx
import numpy as np
from geopy.distance import geodesic
from numpy.typing import NDArray
from pyproj import Transformer

from sites.travel.journey import Floats

DATA = Path(__file__).resolve().parent.parent / "data"
ROADS = {
    # class: (km/h, road length for each km of straight line)
    "motorway": (105, 1.03),
    "dual": (88, 1.06),
    "trunk": (66, 1.12),
    "primary": (56, 1.16),
    "urban": (36, 1.20),
    "lane": (42, 1.30),
}


@dataclass(frozen=True)
class Network:
    """Junctions, and minutes and km by road between every two of them (inf: no road)."""

    lats: Floats
    lons: Floats
    minutes: Floats
    km: Floats
    walls: Floats
    """Water's edges as segments, one a row: easting and northing of both ends, in metres."""


@cache
def to_grid() -> Transformer:
    """Return the way from WGS 84 degrees (lon, lat) to the British National Grid (metres)."""
    return Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)


@cache
def network() -> Network:
    """Return the network; Dijkstra runs once, from every junction."""
    with (DATA / "road_nodes.csv").open(encoding="utf-8") as file:
        nodes = {
            row["name"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)
        }
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_nodes_from(nodes)
    with (DATA / "road_links.csv").open(encoding="utf-8") as file:
        for link in csv.DictReader(file):
            speed, circuity = ROADS[link["road_class"]]
            km = geodesic(nodes[link["from"]], nodes[link["to"]]).km * circuity
            graph.add_edge(link["from"], link["to"], minutes=km / speed * 60, km=km)
    order = {name: i for i, name in enumerate(nodes)}
    minutes, lengths = (np.full((len(nodes), len(nodes)), np.inf) for _ in range(2))
    for start, (ways_minutes, ways) in networkx.all_pairs_dijkstra(graph, weight="minutes"):
        for end, value in ways_minutes.items():
            minutes[order[start], order[end]] = value
            lengths[order[start], order[end]] = networkx.path_weight(graph, ways[end], "km")
    lats, lons = (np.array([place[i] for place in nodes.values()]) for i in (0, 1))
    return Network(lats, lons, minutes, lengths, _walls())


def _walls() -> Floats:
    features = json.loads((DATA / "water_barriers.geojson").read_text(encoding="utf-8"))["features"]
    segments = [
        [*start, *end]
        for feature in features
        for line in [feature["properties"]["bng"]]
        for start, end in zip(line, line[1:], strict=False)
    ]
    return np.array(segments, dtype=np.float64)


def crosses_water(x: float, y: float, xs: Floats, ys: Floats, walls: Floats) -> NDArray[np.bool_]:
    """Return, for each end point (metres), whether the straight line to it crosses a wall."""
    heads, tails = walls[None, :, :2], walls[None, :, 2:]
    start = np.array([[[x, y]]])
    ends = np.stack([xs, ys], axis=-1)[:, None, :]
    apart = _side(start, ends, heads) * _side(start, ends, tails) < 0
    across = _side(heads, tails, start) * _side(heads, tails, ends) < 0
    return np.asarray((apart & across).any(axis=1))


def _side(start: Floats, end: Floats, point: Floats) -> Floats:
    """Return a number whose sign says on which side of a line a point lies."""
    along, to = end - start, point - start
    sides: Floats = along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
    return sides
