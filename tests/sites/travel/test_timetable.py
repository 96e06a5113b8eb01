"""Places ranked for who has no car, and times that they cannot get home from."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from sites import places, travel
from sites.models import Timetable, TimetableLine
from sites.postcodes import Origin, find
from sites.travel import timetable
from sites.travel.bands import band_of
from sites.travel.journey import Journey, Ride
from sites.travel.way_home import Snag, no_way_home
from sites.ways import Way
from tests.sites.travel import timetables
from times.london import LONDON

DAY, EVENING, SATURDAY, SUNDAY = "weekday-day", "weekday-evening", "saturday", "sunday"


def without_car(typed="LA14 4LF"):
    origin = find(typed)
    return Origin(origin.postcode, origin.lat, origin.lon, origin.approximate, way=Way.PUBLIC)


def ranked(origin):
    return [(places.get(j.site_id).slug, j) for j in travel.rank(origin, places.table().places)]


def minutes(origin):
    return [(slug, journey.known_minutes) for slug, journey in ranked(origin)]


@pytest.mark.usefixtures("bay")
class TestRank:
    def test_the_shortest_by_bus_is_first_and_who_has_none_is_last(self, tmp_path):
        timetables.put(
            tmp_path,
            f"LA14 4,fleetwood,{DAY},130,3,20,19:10",
            f"LA14 4,furness,{DAY},140,1,8,19:10",
            f"LA1 1,lancaster,{DAY},5,0,5,19:10",
        )

        assert minutes(without_car()) == [("fleetwood", 130), ("furness", 140), ("lancaster", None)]

    def test_no_journey_is_never_a_cars(self, tmp_path):
        timetables.put(tmp_path, f"LA1 1,lancaster,{DAY},5,0,5,19:10")
        found = ranked(without_car())

        # The nearest by road first, and none with minutes.
        assert [slug for slug, _ in found] == ["furness", "lancaster", "fleetwood"]
        assert {journey.known_minutes for _, journey in found} == {None}
        assert all(one.miles <= other.miles for (_, one), (_, other) in pairwise(found))
        assert all(journey.by_public and not journey.rides for _, journey in found)

    def test_who_comes_by_car_or_with_the_hospital_is_not_asked_of_it(self, tmp_path):
        timetables.put(tmp_path, f"LA14 4,fleetwood,{DAY},1,0,1,19:10")
        origin = without_car()
        for way in ("", Way.CAR, Way.HOSPITAL):
            by_road = Origin(origin.postcode, origin.lat, origin.lon, approximate=False, way=way)
            assert [journey.engine for _, journey in ranked(by_road)] == ["roads"] * 3
            assert ranked(by_road)[0][0] == "furness"

    def test_the_first_band_of_the_week_that_there_is_counts(self, tmp_path):
        timetables.put(
            tmp_path,
            f"LA14 4,furness,{SUNDAY},40,0,8,19:10",
            f"LA14 4,furness,{SATURDAY},30,0,8,19:10",
            f"LA14 4,lancaster,{SUNDAY},20,0,8,19:10",
            f"LA14 4,lancaster,{DAY},95,0,8,19:10",
        )

        assert minutes(without_car())[:2] == [("furness", 30), ("lancaster", 95)]

    @pytest.mark.parametrize("typed", ["LA14 4LF", "la144lf", "LA14 4", "LA14 4ZZ"])
    def test_any_postcode_of_a_sector_is_answered(self, tmp_path, typed):
        timetables.put(tmp_path, f"LA14 4,furness,{DAY},12,0,12,19:10")

        assert minutes(without_car(typed))[0] == ("furness", 12)

    def test_a_town_or_a_device_is_answered_by_the_nearest_sector(self, tmp_path):
        timetables.put(tmp_path, f"LA1 1,lancaster,{DAY},12,0,12,19:10")
        town = Origin("Lancaster", 54.0485, -2.8012, approximate=True, way=Way.PUBLIC)
        at_sea = Origin("", 54.0, -3.6, approximate=True, way=Way.PUBLIC)

        assert minutes(town)[0] == ("lancaster", 12)
        assert {known for _, known in minutes(at_sea)} == {None}

    def test_it_is_one_query(self, tmp_path, django_assert_num_queries):
        timetables.put(tmp_path, f"LA14 4,furness,{DAY},12,0,12,19:10")
        origin, all_places = without_car(), places.table().places

        with django_assert_num_queries(1):
            travel.rank(origin, all_places)

    def test_what_is_still_being_loaded_is_not_seen(self, bay, tmp_path):
        assert not timetable.is_loaded()
        half = Timetable.objects.create(started_at=datetime(2026, 11, 1, tzinfo=UTC))
        line = {"band": DAY, "minutes": 1, "changes": 0, "walk": 1, "last_home": None}
        TimetableLine.objects.create(timetable=half, origin="LA14 4", site=bay["Furness"], **line)

        assert not timetable.is_loaded()
        assert {known for _, known in minutes(without_car())} == {None}

        timetables.put(tmp_path, f"LA14 4,furness,{DAY},12,0,12,19:10")
        assert minutes(without_car())[0] == ("furness", 12)


def london(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "band"),
    [
        ("2026-12-02T04:00", DAY),  # a Wednesday
        ("2026-12-02T16:59", DAY),
        ("2026-12-02T17:00", EVENING),
        ("2026-12-02T23:59", EVENING),
        ("2026-12-03T00:30", EVENING),  # it is Wednesday's night
        ("2026-12-05T04:00", SATURDAY),
        ("2026-12-05T03:59", EVENING),
        ("2026-12-06T03:59", SATURDAY),
        ("2026-12-06T12:00", SUNDAY),
        ("2026-12-07T03:59", SUNDAY),
        ("2026-12-25T12:00", SUNDAY),  # a Friday
        ("2026-07-01T16:59", DAY),  # 3:59pm in UTC
        ("2026-07-01T17:00", EVENING),
    ],
)
def test_the_band_of_a_time_is_that_of_londons_clock(moment, band):
    assert band_of(london(moment)) == band


def home(start, end, *rides):
    journey = Journey(1, rides[0].minutes if rides else 9.0, 1.0, 1.0, "timetable", rides)
    return no_way_home(journey, london(start), london(end))


WEEK = (
    Ride(DAY, 55, 1, 8, 19 * 60 + 10),
    Ride(EVENING, 65, 1, 8, 19 * 60 + 10),
    Ride(SATURDAY, 55, 1, 8, 25 * 60 + 10),
)


@pytest.mark.parametrize(
    ("start", "end", "snag"),
    [
        ("2026-12-02T18:30", "2026-12-02T19:02", None),
        ("2026-12-02T18:30", "2026-12-02T19:03", Snag.TOO_LATE),  # 8 minutes on foot
        ("2026-12-02T19:00", "2026-12-02T19:30", Snag.TOO_LATE),
        ("2026-12-05T23:30", "2026-12-06T00:30", None),
        ("2026-12-06T00:30", "2026-12-06T01:02", None),  # Saturday's last goes at 25:10
        ("2026-12-06T00:30", "2026-12-06T01:03", Snag.TOO_LATE),
        ("2026-12-06T11:00", "2026-12-06T11:30", Snag.NO_SERVICE),
        ("2026-12-25T11:00", "2026-12-25T11:30", Snag.NO_SERVICE),
        ("2026-07-01T18:30", "2026-07-01T19:02", None),
        ("2026-07-01T18:30", "2026-07-01T19:03", Snag.TOO_LATE),
    ],
)
def test_a_time_that_ends_after_the_last_way_home_has_a_snag(start, end, snag):
    found = home(start, end, *WEEK)

    assert (found.snag if found else None) == snag


def test_a_band_with_no_way_home_is_said():
    found = home("2026-12-02T11:00", "2026-12-02T11:30", Ride(DAY, 55, 1, 8, None))

    assert found.snag == Snag.NONE_HOME


def test_where_no_journey_is_known_no_time_is_marked():
    assert home("2026-12-06T11:00", "2026-12-06T11:30") is None
    assert no_way_home(None, london("2026-12-06T11:00"), london("2026-12-06T11:30")) is None
