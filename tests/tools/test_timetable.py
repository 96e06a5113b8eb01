"""The timetable's file from GTFS: an invented network of two buses and a night bus.

Bus 1 goes from Ford to the Crossing, bus 2 from there to Ward Gate, every two hours on weekdays
and Saturdays. The last bus 2 with which one still gets home goes at 7:10pm; another at 8:10pm
meets no bus 1. On Saturdays a night bus goes at 25:10:00. Nothing runs on Sundays or at Christmas.
"""

import csv
import random
from datetime import date
from pathlib import Path

import pytest

from sites import places as known_places
from sites.models import Postcode, Site, Trust
from tools import gtfs, timetable
from tools.gtfs import Connection, Day, Stop
from tools.rides import CHANGE_SECONDS, Point, Streets, last_home, ways_to

# What the reader's own libraries warn of: a parallel run cannot name a library that only the
# tool's environment has, and breaks off.
pytestmark = pytest.mark.filterwarnings("ignore")
GTFS = Path(__file__).parent / "gtfs"
DAYS = {"weekday": date(2026, 12, 2), "saturday": date(2026, 12, 5), "sunday": date(2026, 12, 6)}
FORD, CROSSING = Point("LA14 4", 54.1364, -3.2080), Point("LA12 7", 54.1905, -3.0890)
WARD, ISLE = Point("ward", 54.0430, -2.7990), Point("isle", 54.05, -3.25)


@pytest.fixture(scope="module", autouse=True)
def _partridge():
    try:
        gtfs.reader()
    except gtfs.NotInstalled:
        try:
            gtfs.install()
        except gtfs.NotInstalled as error:
            pytest.skip(f"partridge is not here, and cannot be had: {error}")


def found(days=DAYS, origins=(FORD, CROSSING), places=(WARD, ISLE)):
    rows = timetable.rows(GTFS, list(origins), list(places), days)
    return {(row.origin, row.place, row.band): row for row in rows}


def test_the_last_bus_that_still_gets_one_home_counts():
    row = found()["LA14 4", "ward", "weekday-day"]

    assert row.last_home == "19:10"  # not 20:10: it meets no bus 1
    # 8am to 9:10am, and on foot at both ends; two minutes between the stands are part of the wait.
    assert (row.minutes, row.changes, row.walk) == (78, 1, 10)


def test_who_lives_at_the_crossing_still_gets_home_at_ten_past_eight():
    row = found()["LA12 7", "ward", "weekday-evening"]

    assert (row.last_home, row.changes) == ("20:10", 0)


def test_after_midnight_is_written_as_the_day_before_has_it():
    rows = found()

    assert rows["LA14 4", "ward", "saturday"].last_home == "25:10"
    assert rows["LA12 7", "ward", "saturday"].last_home == "20:10"


def test_a_day_without_service_has_no_journeys():
    assert not [key for key in found() if key[2] == "sunday"]
    assert not found(days={"weekday": date(2026, 12, 25)})  # an exception in calendar_dates.txt


def test_where_no_bus_goes_there_is_no_journey():
    assert not [key for key in found() if key[1] == "isle"]


def test_who_lives_near_walks_on_every_day_and_home_at_any_time():
    near = Point("LA1 4", 54.0440, -2.8010)

    rows = found(origins=[near], places=[WARD])

    assert {band for _, _, band in rows} == {"weekday-day", "weekday-evening", "saturday", "sunday"}
    assert {(row.minutes == row.walk, row.last_home) for row in rows.values()} == {(True, "35:59")}


def test_the_file_is_what_load_timetable_reads(tmp_path):
    file = tmp_path / "timetable.csv"
    count = timetable.write(file, found().values())

    with file.open(encoding="utf-8", newline="") as text:
        head, *lines = csv.reader(text)
    assert tuple(head) == timetable.HEAD
    assert len(lines) == count == len(found())


@pytest.mark.django_db
def test_the_command_makes_the_file_from_the_places_that_we_have(tmp_path, capsys):
    for code, at in (("LA14 4LF", FORD), ("LA12 7AA", CROSSING), ("M1 1AA", CROSSING)):
        Postcode.objects.create(
            code=code, outward=code.split()[0], sector=code[:-2], lat=at.lat, lon=at.lon
        )
    trust = Trust.objects.create(code="RTX", name="Morecambe Bay")
    Site.objects.create(
        slug="ward", ods_code="RTX01", name="Ward", kind="hospital", trust=trust,
        address="1 Long Street", postcode="LA1 4RP", lat=WARD.lat, lon=WARD.lon,
    )  # fmt: skip
    known_places.forget()
    file = tmp_path / "made.csv"
    days = [word for kind, day in DAYS.items() for word in (f"--{kind}", day.isoformat())]

    code = timetable.main([str(GTFS), *days, "--areas", "LA", "--out", str(file)])

    said = capsys.readouterr().out
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert code == 0
    assert f"{len(rows)} journeys from 2 sectors to 1 places" in said
    assert {(row["origin"], row["place"]) for row in rows} == {
        ("LA14 4", "ward"), ("LA12 7", "ward"),
    }  # fmt: skip


def test_the_command_says_what_is_wrong_and_makes_nothing(db, tmp_path, capsys):
    file = tmp_path / "made.csv"
    days = [word for kind, day in DAYS.items() for word in (f"--{kind}", day.isoformat())]

    assert timetable.main([str(tmp_path / "none"), *days, "--out", str(file)]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_frequencies_are_refused_and_not_passed_over(tmp_path):
    (tmp_path / "frequencies.txt").write_text("trip_id\n", encoding="utf-8")

    with pytest.raises(gtfs.GtfsRefused, match="write every trip out"):
        gtfs.read_day(tmp_path, date(2026, 12, 2))


def test_a_folder_that_is_no_gtfs_is_refused(tmp_path):
    with pytest.raises(gtfs.GtfsRefused):
        gtfs.read_day(tmp_path / "none", date(2026, 12, 2))


@pytest.mark.parametrize("seed", range(30))
def test_both_scans_find_what_trying_every_vehicle_finds(seed):
    day, place = _network(random.Random(seed))
    streets = Streets.of(day)
    ways, lasts = ways_to(place, streets), last_home(place, streets)

    for stop in range(len(day.stops)):
        for moment in range(0, 3000, 250):
            after = [way.arrives for way in ways[stop] if way.departs >= moment]
            assert min(after, default=None) == _arrives(day, {stop: moment}).get(0)
        starts = [c.departs for c in day.connections if c.start == 0]
        home = [at for at in starts if stop in _arrives(day, {0: at}, only_at=at)]
        assert lasts[stop] == max(home, default=None)


def _network(dice):
    """Return a day of buses between five stops far apart, the place being at the first."""
    stops = [Stop(str(n), 54 + n * 0.1, -3.0) for n in range(5)]
    connections = []
    for trip in range(12):
        at, stop = dice.randrange(0, 2000), dice.randrange(5)
        for _ in range(dice.randrange(1, 4)):
            end = dice.choice([n for n in range(5) if n != stop])
            arrives = at + dice.randrange(50, 400)
            connections.append(Connection(at, arrives, stop, end, trip))
            at, stop = arrives + dice.randrange(1, 60), end
    return Day(stops, sorted(connections)), Point("place", 54.0, -3.0)


def _arrives(day, starts, only_at=None):
    """Return when one is at each stop at the soonest, boarding first whatever leaves from there.

    `only_at`: with a vehicle that leaves at that very second.
    """
    soonest = {stop: at - CHANGE_SECONDS for stop, at in starts.items()}
    reached, trips = {}, set()
    first = next(iter(starts))
    for one in day.connections:
        can = soonest.get(one.start, 10**9) + CHANGE_SECONDS <= one.departs
        if only_at is not None and one.start == first and first not in reached:
            can = one.departs == only_at
        if can or one.trip in trips:
            trips.add(one.trip)
            if one.arrives < reached.get(one.end, 10**9):
                reached[one.end] = one.arrives
                soonest[one.end] = min(soonest.get(one.end, 10**9), one.arrives)
    return reached
