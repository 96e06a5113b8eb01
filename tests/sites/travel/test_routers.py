"""What a router may do wrong: the road network then answers, and says so."""

import pytest
from django.core.cache import cache

from sites import places, travel
from sites.postcodes import Origin, find
from sites.travel import breaker, matrix
from tests.loopback import HANG, ScriptedServer

pytestmark = pytest.mark.usefixtures("bay")


@pytest.fixture
def server():
    cache.clear()
    matrix._breaker.cache_clear()
    with ScriptedServer((200, b"")) as server:
        yield server


@pytest.fixture(params=["osrm", "valhalla"])
def engine(request, server, settings):
    settings.TRAVEL_ENGINE = request.param
    settings.OSRM_URL = settings.VALHALLA_URL = server.url
    return request.param


def answer(engine, minutes=(2, 80, 140), start=None, ends=(), km=(1, 110, 180)):
    """Return what a router answers from LA14 5AA to Furness, Lancaster and Fleetwood."""
    found = {place.name: (place.lat, place.lon) for place in places.table().places}
    start = start or (54.12, -3.22)
    ends = ends or [found[name] for name in ("Furness", "Lancaster", "Fleetwood")]
    if engine == "osrm":
        return {
            "code": "Ok",
            "durations": [[m if isinstance(m, str) or m is None else m * 60 for m in minutes]],
            "distances": [[None if k is None else k * 1000 for k in km]],
            "sources": [{"location": [start[1], start[0]], "distance": 3}],
            "destinations": [{"location": [lon, lat], "distance": 3} for lat, lon in ends],
        }
    cells = [
        {"from_index": 0, "to_index": i, "distance": k,
         "time": m if isinstance(m, str) or m is None else m * 60}
        for i, (m, k) in enumerate(zip(minutes, km, strict=True))
    ]  # fmt: skip
    return {
        "sources_to_targets": [cells],
        "sources": [{"lat": start[0], "lon": start[1]}],
        "targets": [{"lat": lat, "lon": lon} for lat, lon in ends],
    }


def ranked(postcode="LA14 5AA"):
    origin = find(postcode) if isinstance(postcode, str) else postcode
    return {places.get(j.site_id).name: j for j in travel.rank(origin, places.table().places)}


def engines(journeys):
    return {name: journey.engine for name, journey in journeys.items()}


def test_its_minutes_are_those_shown(engine, server):
    server.answers = [(200, answer(engine))]

    journeys = ranked()

    assert [round(journey.minutes) for journey in journeys.values()] == [2, 80, 140]
    assert set(engines(journeys).values()) == {engine}
    assert journeys["Lancaster"].miles == pytest.approx(110 / 1.609, rel=0.01)


def test_one_search_is_one_call(engine, server):
    server.answers = [(200, answer(engine))]

    ranked()

    assert len(server.calls) == 1


def test_a_postcode_sector_is_asked_for_once(engine, server):
    server.answers = [(200, answer(engine, start=(54.1365, -3.2085)))]

    ranked("LA14 4LF")
    ranked("LA14 4LP")

    assert len(server.calls) == 1


def test_what_is_kept_does_not_name_the_postcode(engine):
    assert "4LF" not in matrix._key(engine, "http://x", "LA14 4LF", [])
    assert matrix._key(engine, "http://x", "", []) is None


def test_the_other_end_of_a_large_sector_is_asked_for_again(engine, server):
    server.answers = [(200, answer(engine))]
    ranked(Origin("LA14 5AA", 54.12, -3.22, approximate=False))
    server.answers = [(200, answer(engine, start=(54.16, -3.22)))]
    ranked(Origin("LA14 5ZZ", 54.16, -3.22, approximate=False))

    assert len(server.calls) == 2


NONSENSE = [
    b"",
    b"<html>Welcome to nginx!</html>",
    b"[]",
    b"null",
    b"{}",
    b'"Ok"',
    b"\xff\xfe",
    b'{"code":"Ok","durations":[[]],"distances":[[]],"sources":[],"destinations":[]}',
    b'{"code":"Ok","sources_to_targets":[[]],"sources":[{}],"targets":[]}',
    b'{"code":"Ok","durations":"x","distances":7,"sources_to_targets":{"durations":null}}',
]


@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_with_status_200_is_not_an_answer(engine, server, body):
    server.answers = [(200, body)]

    assert set(engines(ranked()).values()) == {"roads"}
    assert list(ranked()) == ["Furness", "Lancaster", "Fleetwood"]


@pytest.mark.parametrize("cell", [None, -5, 1, "80", 1e308 * 10])
def test_a_cell_that_cannot_be_true_is_left_to_the_roads_and_says_so(engine, server, cell):
    server.answers = [(200, answer(engine, minutes=(2, cell, 140)))]

    found = engines(ranked())

    assert found["Lancaster"] == "roads"
    # A word for a number spoils the whole answer; a cell that is only untrue, itself.
    assert found["Fleetwood"] == ("roads" if cell == "80" else engine)


@pytest.mark.parametrize(
    ("minutes", "km"),
    [
        (53_331 / 60, 1), (53_331 / 60, 1_400), (53_331 / 60, 90), (60, 50), (40, 1),
        (0, 0), (0, 1), (2, 0), (-1, 1), (2, -1), (None, 1), (2, None), (float("nan"), 1),
        (2, float("nan")), (float("inf"), float("inf")), (2, 40),
    ],
)  # fmt: skip
def test_a_cell_that_no_car_could_drive_is_no_answer(engine, server, minutes, km):
    # Furness General is 2 km from LA14 5AA, over dry land.
    server.answers = [(200, answer(engine, (minutes, 80, 140), km=(km, 110, 180)))]

    journeys = ranked()

    assert engines(journeys) == {"Furness": "roads", "Lancaster": engine, "Fleetwood": engine}
    assert 2 < journeys["Furness"].minutes < 15


@pytest.mark.parametrize(
    ("minutes", "km", "stands"),
    [
        (80, 110, True),
        (10, 30, False),
        (80, 20, False),
        (80, 300, False),
        (7 * 60, 75, True),
        (15 * 60, 75, False),
    ],
)
def test_round_the_bay_is_as_long_as_it_may_be(engine, server, minutes, km, stands):
    # Lancaster is 29 km from LA14 5AA, over the bay.
    server.answers = [(200, answer(engine, (4, minutes, 140), km=(3, km, 180)))]

    assert (engines(ranked())["Lancaster"] == engine) == stands


def test_what_a_router_cannot_say_nor_our_roads_is_a_straight_line(engine, server, bay):
    bay["Fleetwood"].lat, bay["Fleetwood"].lon = 51.5, -0.12  # no main road of ours is near
    bay["Fleetwood"].save()
    ends = [(54.136395, -3.207899), (54.042726, -2.799232), (51.5, -0.12)]
    said = answer(engine, (4, 80, None), km=(3, 110, None), ends=ends)
    server.answers = [(200, said)]

    assert engines(ranked()) == {
        "Furness": engine, "Lancaster": engine, "Fleetwood": "geodesic"
    }  # fmt: skip


def reshaped(engine, how):
    """Return an answer of another shape than was asked for."""
    said = answer(engine, (4, 80, 140), km=(3, 110, 180))
    if engine == "osrm":
        tables = [said["durations"], said["distances"]]
        ends = said["destinations"]
    else:
        tables, ends = [said["sources_to_targets"]], said["targets"]
    rows = {
        "fewer cells": lambda row: [row[:-1]],
        "more rows": lambda row: [row, row],
        "no rows": lambda row: [],
        "columns": lambda row: [[cell] for cell in row],
        "a row that is none": lambda row: [None],
    }
    for table in tables if how in rows else ():
        table[:] = rows[how](table[0])
    if how == "fewer ends":
        ends.pop()
    elif how == "other ends":
        ends.reverse()
    elif how == "ends nowhere":
        ends[:] = [{"location": [10**400, 1e400], "lat": 91, "lon": 181}] * len(ends)
    elif how == "no start":
        said["sources"].clear()
    return said


@pytest.mark.parametrize(
    "how",
    ["fewer cells", "more rows", "no rows", "columns", "a row that is none", "fewer ends",
     "ends nowhere", "no start"],
)  # fmt: skip
def test_an_answer_of_another_shape_is_not_an_answer(engine, server, how):
    server.answers = [(200, reshaped(engine, how))]

    assert set(engines(ranked()).values()) == {"roads"}


def test_ends_in_another_order_are_not_taken_for_ours(engine, server):
    server.answers = [(200, reshaped(engine, "other ends"))]

    found = engines(ranked())

    assert found["Furness"] == found["Fleetwood"] == "roads"


def test_cells_in_another_order_are_put_back_by_their_number(server, settings):
    settings.TRAVEL_ENGINE, settings.VALHALLA_URL = "valhalla", server.url
    said = answer("valhalla", (4, 80, 140), km=(3, 110, 180))
    said["sources_to_targets"][0].reverse()
    server.answers = [(200, said)]
    assert [round(one.minutes) for one in ranked().values()] == [4, 80, 140]

    cache.clear()
    said["sources_to_targets"][0][0]["to_index"] = 1
    server.answers = [(200, said)]
    assert set(engines(ranked()).values()) == {"roads"}


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"code":"Ok","durations":[[1' + b"0" * 400 + b"]]}"]
)
def test_a_body_that_no_reader_survives_is_not_an_answer(engine, server, body):
    server.answers = [(200, body)]

    assert set(engines(ranked()).values()) == {"roads"}


def test_null_for_every_place_still_ranks_them(engine, server):
    server.answers = [(200, answer(engine, minutes=(None,) * 3, km=(None,) * 3))]

    assert set(engines(ranked()).values()) == {"roads"}


def test_a_start_moved_five_kilometres_is_not_an_answer(engine, server):
    server.answers = [(200, answer(engine, start=(54.165, -3.22)))]

    assert set(engines(ranked()).values()) == {"roads"}


def test_a_place_moved_five_kilometres_is_left_to_the_roads(engine, server):
    ends = [(54.136395, -3.207899), (54.09, -2.80), (53.923, -3.015)]
    server.answers = [(200, answer(engine, ends=ends))]

    assert engines(ranked()) == {"Furness": engine, "Lancaster": "roads", "Fleetwood": engine}


def test_a_hang_ends_after_the_timeout(engine, server, monkeypatch):
    monkeypatch.setattr(matrix, "TIMEOUT", 0.05)
    server.answers = [HANG]

    assert set(engines(ranked()).values()) == {"roads"}


@pytest.mark.parametrize("status", [400, 500, 503])
def test_an_error_is_not_an_answer(engine, server, status):
    server.answers = [(status, {"code": "InvalidOptions", "error_code": 154, "error": "no"})]

    assert set(engines(ranked()).values()) == {"roads"}


def test_nobody_waits_for_a_router_that_is_down_three_times(engine, server, monkeypatch):
    server.answers = [(200, b"")]
    for _ in range(5):
        ranked()
    assert len(server.calls) == breaker.FAILURES

    server.answers = [(200, answer(engine))]
    later = breaker.monotonic() + breaker.REST + 1
    monkeypatch.setattr(breaker, "monotonic", lambda: later)

    assert set(engines(ranked()).values()) == {engine}


def test_a_refusal_does_not_count_as_being_down(engine, server):
    server.answers = [(400, {"code": "NoSegment", "error_code": 171, "error": "no edges"})]
    for _ in range(5):
        ranked()

    assert len(server.calls) == 5


def test_after_a_rest_only_one_caller_tries(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(breaker, "monotonic", lambda: now[0])
    one = breaker.Breaker()
    for _ in range(breaker.FAILURES):
        one.failed()

    assert not one.may_ask()
    now[0] += breaker.REST + 1
    assert [one.may_ask(), one.may_ask()] == [True, False]


def test_the_log_does_not_say_from_where(engine, server, caplog):
    server.answers = [(200, b"<html>")]
    ranked()

    assert "did not answer" in caplog.text
    assert "54.1" not in caplog.text
    assert "LA14" not in caplog.text
