"""How right each travel engine is, and how quick.

`python -m benchmarks.travel --truth FILE.csv` scores every engine against minutes that somebody
else routed: a row an origin, with columns lat, lon, and minutes_<postcode> (space as _) for each
destination. Destinations that are not the network's own are scored in a row of their own, over the
border. Without such a file that row says what can be measured: how long and how far the ways to
nine hospitals of the neighbours are. `make bench` runs this part too, with the file that the
environment names as TRAVEL_TRUTH. OSRM and Valhalla run over our own network,
exported, where `make test` could get them; "by roads" is the share of trips that they left to it.
"""

import argparse
import csv
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sites.places import Place
    from sites.postcodes import Origin
    from sites.travel import Journey

    Engine = Callable[[Origin, list[Place]], list[Journey]]

Minutes = NDArray[np.float64]
NEIGHBOURS = {
    "Salford Royal": (53.4875, -2.3236),
    "Bradford Royal Infirmary": (53.8060, -1.7970),
    "Airedale General": (53.8980, -1.9630),
    "Fairfield General, Bury": (53.6020, -2.2550),
    "Aintree, Liverpool": (53.4660, -2.9320),
    "Whiston": (53.4200, -2.7850),
    "Southport": (53.6338, -2.9784),
    "Cumberland Infirmary": (54.8970, -2.9580),
    "Harrogate District": (53.9930, -1.5180),
}
"""Hospitals that the region's patients may be sent to, in no trust of ours, and about where."""
FAR_APART = 20
"""Minutes: pairs that differ by more and stand in the wrong order send people the wrong way."""


def main(arguments: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Score the travel engines.")
    parser.add_argument("--truth", type=Path, help="CSV of lat, lon, minutes_<postcode>...")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"VAR_DIR": var, "DATABASE_URL": f"sqlite:///{var}/bench.sqlite3"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        with ExitStack() as stack:
            engines = _engines(stack)
            if asked.truth:
                _accuracy(asked.truth, engines)
            else:
                _over_the_border()
            _speed({name: engines[name] for name in ("roads", "geodesic")})
    return 0


def run() -> None:
    """Print what `make bench` does of travel: our own roads, once (no database is asked)."""
    from django.db import connection

    from sites.travel import geodesic, roads

    if connection.vendor != "sqlite":
        return
    truth = os.environ.get("TRAVEL_TRUTH")
    print("Travel")
    if truth:
        _accuracy(Path(truth), {"roads": roads.journeys, "geodesic": geodesic.journeys})
    else:
        print("  TRAVEL_TRUTH names no file of routed minutes: no errors can be told.")
        _over_the_border()
    _speed({"roads": roads.journeys, "geodesic": geodesic.journeys})


def _over_the_border() -> None:
    """Print the row over the border without truth: from every town of the region's main roads."""
    from sites.postcodes import Origin
    from sites.towns import town_names
    from sites.travel import roads

    places = [_place(i, *at) for i, at in enumerate(NEIGHBOURS.values())]
    towns = [town for town in town_names() if town.kind == "town"]
    found = [
        roads.journeys(Origin("", town.lat, town.lon, approximate=True), places) for town in towns
    ]
    print(f"over the border: {len(towns)} towns x {len(places)} hospitals, no truth at hand")
    print(f"{'hospital':<26}{'minutes':>9}{'longest':>9}{'road/straight':>15}{'mph':>6}")
    ways = np.array(
        [[(way.minutes, way.miles, way.straight_miles) for way in row] for row in found]
    )
    for column, name in enumerate(NEIGHBOURS):
        print(f"{name:<26}{_say_ways(ways[:, column])}")
    print(f"{'over the border, all':<26}{_say_ways(ways.reshape(-1, 3))}")


def _say_ways(ways: Minutes) -> str:
    """Return the median and the longest minutes of ways, how crooked they are, and how quick."""
    minutes, miles, straight = ways.T
    return (
        f"{np.median(minutes):9.0f}{minutes.max():9.0f}"
        f"{miles.sum() / straight.sum():15.2f}{miles.sum() / minutes.sum() * 60:6.0f}"
    )


def _engines(stack: ExitStack) -> "dict[str, Engine]":
    """Return every engine that can be had here; `stack` stops those that are servers."""
    from django.conf import settings
    from django.core.management import call_command

    from sites.travel import ENGINES
    from tools import engines

    roads = Path(settings.VAR_DIR) / "roads.osm.pbf"
    for name, setting in {"OSRM": "OSRM_URL", "Valhalla": "VALHALLA_URL"}.items():
        if engines.program(name).exists():
            call_command("export_road_network", str(roads), stdout=StringIO())
            setattr(settings, setting, stack.enter_context(engines.serve(name, roads)))
        else:
            print(f"{name} is not here: make test gets it where it can.")
    missing = {
        name for name in ("osrm", "valhalla") if not getattr(settings, f"{name.upper()}_URL")
    }
    return {name: engine for name, engine in ENGINES.items() if name not in missing}


def _accuracy(file: Path, engines: "dict[str, Engine]") -> None:
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    columns = [name for name in rows[0] if name.startswith("minutes_")]
    truth = np.array([[float(row[name]) for name in columns] for row in rows])
    places = _destinations(name.removeprefix("minutes_").replace("_", " ") for name in columns)
    print(f"{len(rows):,} origins x {len(places)} destinations")
    print(f"{'engine':<10}{'R2':>7}{'mean':>7}{'p95':>7}{'wrong':>8}{'by>20':>7}{'two':>7}", end="")
    print(f"{'by roads':>10}")
    ours = _postcodes_of_ours()
    inside = np.array([name.removeprefix("minutes_").replace("_", " ") in ours for name in columns])
    for name, engine in engines.items():
        minutes, left = _minutes(engine, name, rows, places)
        for where, which in (("", inside), (" over the border", ~inside)):
            if which.any():
                score = _score(minutes[:, which], truth[:, which])
                print(f"{name:<10}{score}{left:10.1%}{where}")
    if inside.all():
        print("The file has no destination over the border.")
        _over_the_border()


def _postcodes_of_ours() -> set[str]:
    from sites.data import rows

    return {row["postcode"] for row in rows("sites.csv") if row["postcode"]}


def _destinations(postcodes: Iterable[str]) -> "list[Place]":
    """Return the destinations as places; only their postcode areas are loaded."""
    from django.core.management import call_command

    from sites.postcodes import find

    wanted = list(postcodes)
    areas = {"".join(itertools.takewhile(str.isalpha, postcode)) for postcode in wanted}
    call_command("migrate", verbosity=0)
    call_command("load_postcodes", "--areas", *sorted(areas), stdout=StringIO())
    return [_place(i, at.lat, at.lon) for i, at in enumerate(map(find, wanted))]


def _place(number: int, lat: float, lon: float) -> "Place":
    from sites.places import Place

    slug = f"place-{number}"
    return Place(number, slug, "", "hospital", "", "", "", "", lat, lon, "", frozenset())


def _minutes(
    engine: "Engine", name: str, rows: list[dict[str, str]], places: "list[Place]"
) -> tuple[Minutes, float]:
    """Return minutes from every row to every place, and the share that another engine answered:
    one that has no answer leaves it to the road network, as sites.travel.rank does."""
    from sites.postcodes import Origin
    from sites.travel import roads
    from sites.travel.journey import NoAnswer

    found, left = np.empty((len(rows), len(places))), 0
    for i, row in enumerate(rows):
        origin = Origin("", float(row["lat"]), float(row["lon"]), approximate=False)
        try:
            journeys = engine(origin, places)
        except NoAnswer:
            journeys = roads.journeys(origin, places)
        for journey in journeys:
            found[i, journey.site_id] = journey.minutes
            left += journey.engine != name
    return found, left / found.size


def _score(found: Minutes, truth: Minutes) -> str:
    """Return R2 (squared correlation), mean and p95 error, and shares of wrong orders."""
    error = np.abs(found - truth)
    r2 = np.corrcoef(found.ravel(), truth.ravel())[0, 1] ** 2
    wrong = far = pairs = 0
    for a, b in itertools.combinations(range(truth.shape[1]), 2):
        apart = truth[:, a] - truth[:, b]
        swapped = (found[:, a] - found[:, b]) * apart < 0
        wrong, pairs = wrong + int(swapped.sum()), pairs + len(swapped)
        far += int((swapped & (np.abs(apart) > FAR_APART)).sum())
    two = (_two_nearest(found) != _two_nearest(truth)).any(axis=1).mean()
    return (
        f"{r2:7.3f}{error.mean():7.2f}{np.percentile(error, 95):7.2f}"
        f"{wrong / pairs:8.2%}{far:7d}{two:7.1%}"
    )


def _two_nearest(minutes: Minutes) -> NDArray[np.intp]:
    return np.sort(np.argsort(minutes, axis=1)[:, :2], axis=1)


def _speed(engines: "dict[str, Engine]") -> None:
    from benchmarks.summary import tell
    from benchmarks.timing import in_turns
    from sites.postcodes import Origin

    chance = random.Random(2026)
    spots = [(chance.uniform(53.6, 54.3), chance.uniform(-2.9, -2.3)) for _ in range(3000)]
    places = [_place(i, lat, lon) for i, (lat, lon) in enumerate(spots)]
    origin = Origin("", 53.76, -2.68, approximate=False)
    print("\nms, median, one origin")
    for count in (40, 3000):
        some = places[:count]
        acts = {name: partial(engine, origin, some) for name, engine in engines.items()}
        taken = in_turns(30 if count == 40 else 5, **acts)
        said = "".join(f"  {name} {ms:.2f}" for name, ms in taken.items())
        print(f"  x {count} places{said}")
        tell(f"ranking {count} places by our own roads", f"{taken['roads']:.2f} ms")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
