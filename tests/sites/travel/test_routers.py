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
