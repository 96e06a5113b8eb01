"""A GTFS folder as connections between stops on one day, read by partridge.

partridge knows which services run on a day (calendar and its exceptions) and times after
midnight; it is put under .venv/timetable, beside the service's own packages and not among them.
"""

import importlib
import math
import subprocess
import sys
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tools.environment import PYTHON, ROOT, VENV

PINS = ROOT / "requirements" / "timetable.txt"
HOME = VENV / "timetable"


class NotInstalled(Exception):
    """partridge is not there and cannot be had; the text says why."""


class GtfsRefused(Exception):
    """A folder cannot be used; the text says why."""


class Stop(NamedTuple):
    """Where buses or trains stop (degrees)."""

    id: str
    lat: float
    lon: float


class Connection(NamedTuple):
    """One vehicle from one stop to its next; stops and trips by number, times in seconds after
    the day's midnight."""

    departs: int
    arrives: int
    start: int
    end: int
    trip: int


class Day(NamedTuple):
    """All stops, and the connections of one day by when they depart."""

    stops: list[Stop]
    connections: list[Connection]


def reader() -> Any:
    """Return partridge. Raises NotInstalled."""
    if str(HOME) not in sys.path:
        sys.path.append(str(HOME))  # last: what the service stands on comes first
    try:
        return importlib.import_module("partridge")
    except ImportError as error:
        raise NotInstalled(f"partridge cannot be imported: {error}") from None


def install() -> None:
    """Put partridge, and what it needs besides ours, under .venv/timetable. Raises NotInstalled."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "-r", str(PINS), "--target", str(HOME)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = [line for line in done.stderr.splitlines() if "ERROR" in line][-1:]
        raise NotInstalled("".join(why) or "pip failed")
    importlib.invalidate_caches()


def read_day(folder: Path, day: date) -> Day:
    """Return what runs on a day; no connections on a day without service. Raises GtfsRefused."""
    partridge = reader()
    if (folder / "frequencies.txt").exists():
        raise GtfsRefused("frequencies.txt is not understood: write every trip out first.")
    try:
        services = partridge.read_service_ids_by_date(str(folder)).get(day, frozenset())
        if not services:
            return Day([], [])
        feed = partridge.load_feed(str(folder), view={"trips.txt": {"service_id": services}})
        stops, stop_times = feed.stops, feed.stop_times
        numbers = {stop: number for number, stop in enumerate(stops["stop_id"])}
        places = zip(stops["stop_id"], stops["stop_lat"], stops["stop_lon"], strict=True)
        names = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")
        calls = list(zip(*(stop_times[name] for name in names), strict=True))
    except (AssertionError, KeyError, ValueError, OSError) as error:
        raise GtfsRefused(f"{type(error).__name__}: {error}") from None
    return Day([Stop(*place) for place in places], _connections(calls, numbers))


def _connections(calls: list[Any], numbers: dict[str, int]) -> list[Connection]:
    """Return what joins each call with its trip's next that has a time, in order of departure."""
    by_trip: dict[str, list[Any]] = defaultdict(list)
    for trip, arrives, departs, stop, sequence in calls:
        if not (math.isnan(arrives) or math.isnan(departs)):  # between timing points: passed over
            by_trip[trip].append((sequence, int(arrives), int(departs), numbers[stop]))
    found = []
    for number, of_trip in enumerate(by_trip.values()):
        of_trip.sort()
        for (_, _, departs, start), (_, arrives, _, end) in pairwise(of_trip):
            found.append(Connection(departs, arrives, start, end, number))
    return sorted(found)
