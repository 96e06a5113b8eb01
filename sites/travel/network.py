"""The region's main roads, read once from sites/data: junctions, links, and the ways between.

Speeds and lengths by class of road are those of the design notes; none was fitted to anything.
"""

import json
from dataclasses import dataclass
from functools import cache

import networkx
import numpy as np
from geopy.distance import geodesic
from numpy.typing import NDArray
from pyproj import Transformer

from sites.data import DATA, rows
from sites.travel.journey import Floats

ROADS = {
    # class: (km/h, road length for each km of straight line)
    "motorway": (105, 1.03),
    "dual": (88, 1.06),
    "trunk": (66, 1.12),
    "primary": (56, 1.16),
    "urban": (36, 1.20),
    "lane": (42, 1.30),
}
BETWEEN_JUNCTIONS_ONLY = ("motorway", "dual")
"""Classes that one cannot turn into on the way: only at their ends."""
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Links:
    """The roads that one can turn into anywhere, one a row. `head` and `tail` are junctions."""

    head: Ints
    tail: Ints
    minutes: Floats
    km: Floats


@dataclass(frozen=True)
class Network:
    """Junctions (degrees, and metres of the National Grid), and minutes and km by road between
    every two of them (inf: no road). `built[x, y]` says whether a square km is built up, counted
    from the grid's origin.
    """

    lats: Floats
    lons: Floats
    xs: Floats
    ys: Floats
    minutes: Floats
    km: Floats
    links: Links
    built: NDArray[np.bool_]


@cache
def to_grid() -> Transformer:
    """Return the way from WGS 84 degrees (lon, lat) to the British National Grid (metres)."""
    return Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)


def graph() -> "networkx.Graph[str]":
    """Return the network as drawn: nodes with lat and lon, edges with their road class (`road`),
    minutes and km."""
    found: networkx.Graph[str] = networkx.Graph()
    for row in rows("road_nodes.csv"):
        found.add_node(row["name"], lat=float(row["lat"]), lon=float(row["lon"]))
    for row in rows("road_links.csv"):
        ends = [found.nodes[row[end]] for end in ("from", "to")]
        speed, circuity = ROADS[row["road_class"]]
        km = geodesic(*((end["lat"], end["lon"]) for end in ends)).km * circuity
        found.add_edge(
            row["from"], row["to"], road=row["road_class"], minutes=km / speed * 60, km=km
        )
    return found


@cache
def network() -> Network:
    """Return the network; Dijkstra runs once, from every junction."""
    roads = graph()
    order = {name: i for i, name in enumerate(roads)}
    minutes, lengths = (np.full((len(order), len(order)), np.inf) for _ in range(2))
    for start, row in order.items():
        before, found = networkx.dijkstra_predecessor_and_distance(roads, start, weight="minutes")
        for end, value in found.items():  # the nearest first: what comes before is known already
            minutes[row, order[end]] = value
            lengths[row, order[end]] = (
                lengths[row, order[before[end][0]]] + roads.edges[before[end][0], end]["km"]
                if before[end]
                else 0.0
            )
    lats, lons = (np.array([roads.nodes[name][part] for name in roads]) for part in ("lat", "lon"))
    xs, ys = map(np.asarray, to_grid().transform(lons, lats))
    return Network(lats, lons, xs, ys, minutes, lengths, _links(roads, order), _built())


def _links(roads: "networkx.Graph[str]", order: dict[str, int]) -> Links:
    edges = [
        (order[head], order[tail], road["minutes"], road["km"])
        for head, tail, road in roads.edges(data=True)
        if road["road"] not in BETWEEN_JUNCTIONS_ONLY
    ]
    heads, tails, minutes, km = zip(*edges, strict=True)
    return Links(np.array(heads), np.array(tails), np.array(minutes), np.array(km))


def _built() -> NDArray[np.bool_]:
    squares = np.array(json.loads((DATA / "basemap.json").read_text(encoding="utf-8"))["built"])
    built = np.zeros((700, 1300), dtype=np.bool_)  # Great Britain, in km of the National Grid
    built[squares[:, 0], squares[:, 1]] = True
    return built
