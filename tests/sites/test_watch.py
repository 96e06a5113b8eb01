"""A process that serves: all is read before the first request, and no request reads or waits."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from config.health import ready
from sites import keeper, places, travel, watch
from sites.models import Site
from sites.postcodes import find
from sites.travel import roads
from tests.config.served import database_url, serving, wait_until
from tests.waiting import WITHIN, until

pytestmark = pytest.mark.django_db(transaction=True)

RENAME = """
from sites.models import Site
Site.objects.filter(slug="furness").update(name="Changed elsewhere")
"""


@pytest.fixture
def watching(monkeypatch):
    """A thread that looks often."""
    monkeypatch.setattr(watch, "LOOK", 0.01)
    stop = threading.Event()
    thread = watch.start(stop)
    yield thread
    stop.set()
    thread.join(WITHIN)


@pytest.fixture
def warm(bay, monkeypatch):
    monkeypatch.setattr(places, "before_use", list(places.before_use))
    places.forget()
    watch.warm_up()


def rename(name):
    Site.objects.filter(slug="furness").update(name=name)  # no signal: only the triggers know


def test_what_another_process_changes_is_seen_without_a_restart(bay, watching):
    assert places.find("furness").name == "Furness"

    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", RENAME],
        cwd=settings.BASE_DIR, env={**os.environ, "DATABASE_URL": database_url()}, check=True,
    )  # fmt: skip

    until(lambda: places.find("furness").name == "Changed elsewhere")


def test_a_server_is_ready_with_places_and_follows_them(bay, tmp_path):
    with serving(tmp_path) as served:
        assert "places: ok\n" in served.get("/readyz?of=web").text
        assert "Furness" in served.get("/api/v1/places/furness").text

        rename("Changed elsewhere")

        wait_until(
            lambda: "Changed elsewhere" in served.get("/api/v1/places/furness").text,
            served.process, served.log,
        )  # fmt: skip


def test_a_process_that_has_not_read_places_is_not_ready(bay):
    places.forget()
    assert ready.places() == "not read yet"

    places.table()

    assert ready.places() == ""


def test_a_first_search_reads_and_works_out_nothing(warm, monkeypatch):
    origin = find("LA14 4LF")
    monkeypatch.setattr(roads, "_work_out", None)

    with CaptureQueriesContext(connection) as asked:
        assert len(travel.rank(origin, places.table().places)) == 3

    assert list(asked) == []


def test_a_new_place_is_worked_out_before_anybody_has_the_table(warm, monkeypatch):
    origin = find("LA14 4LF")
    Site.objects.filter(slug="furness").update(lat=54.2)
    places.look()
    monkeypatch.setattr(roads, "_work_out", None)

    assert len(travel.rank(origin, places.table().places)) == 3


def test_a_network_that_comes_later_is_worked_out_before_anybody_has_it(
    postcodes, request, monkeypatch
):
    monkeypatch.setattr(places, "before_use", list(places.before_use))
    watch.warm_up()
    assert places.table().places == []
    request.getfixturevalue("bay")
    places.look()
    origin = find("LA14 4LF")
    monkeypatch.setattr(roads, "_work_out", None)

    assert len(travel.rank(origin, places.table().places)) == 3


def of_places(asked):
    """Return the statements about tables that places come from, or about their version."""
    names = ("sites_site", "sites_scanner", "sites_openhours", "sites_stop", "sites_placesversion")
    return [one["sql"] for one in asked if any(name in one["sql"] for name in names)]


def test_a_request_asks_nothing_of_places_while_nothing_changed(bay, client, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(keeper, "monotonic", lambda: clock[0])
    monkeypatch.setattr(keeper, "SEEN", 4.0)
    places.look()
    clock[0] += 3.9

    with CaptureQueriesContext(connection) as asked:
        assert client.get("/places/furness").status_code == 200
    assert of_places(asked) == []

    clock[0] += 0.2  # nobody has looked meanwhile: no thread watches
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/places/furness").status_code == 200
    [one] = of_places(asked)
    assert "sites_placesversion" in one


def test_no_request_waits_while_another_thread_reads(bay, client, monkeypatch):
    reading, go_on, gave_up = threading.Event(), threading.Event(), threading.Event()

    def slowly(_table, before):
        if before is not None:
            reading.set()
            if not go_on.wait(WITHIN):
                gave_up.set()

    places.table()
    monkeypatch.setattr(places, "before_use", [slowly])
    rename("Changed elsewhere")
    stop = threading.Event()
    thread = watch.start(stop)
    assert reading.wait(WITHIN)
    monkeypatch.setattr(keeper, "SEEN", 0.0)  # whoever asks would look, if nobody did

    assert "Furness" in client.get("/places/furness").text, "of the table that was"
    assert not gave_up.is_set(), "and it did not wait for the other"

    go_on.set()
    stop.set()
    thread.join(WITHIN)
    assert "Changed elsewhere" in client.get("/places/furness").text


def test_a_database_that_goes_is_said_once_and_followed_again_when_it_is_back(
    bay, watching, monkeypatch, caplog
):
    until(lambda: places.at_hand() is not None)
    tries = iter(range(1_000_000))
    tried = [0]

    def away(*_):
        tried[0] = next(tries)
        raise OperationalError

    with monkeypatch.context() as gone:  # for connections that begin now: the thread keeps none
        gone.setattr(type(connections["default"]), "get_new_connection", away)
        until(lambda: tried[0] > 3)
        rename("Changed elsewhere")
        assert places.find("furness").name == "Furness"

    def said():
        return [one.levelname for one in caplog.records if one.name == "sites.keeper"]

    until(lambda: places.find("furness").name == "Changed elsewhere")
    until(lambda: len(said()) > 1)  # it is said once the new ones are there for everybody
    assert said() == ["ERROR", "WARNING"]
    assert watching.is_alive()


def test_a_database_that_is_away_at_the_start_is_waited_for(bay, monkeypatch):
    monkeypatch.setattr(places, "before_use", list(places.before_use))
    places.forget()
    connection.close()
    with monkeypatch.context() as gone:
        gone.setattr(type(connections["default"]), "get_new_connection", refuse)
        watch.warm_up()
        assert ready.places() == "not read yet"

    stop = threading.Event()
    thread = watch.start(stop)
    until(lambda: ready.places() == "")
    stop.set()
    thread.join(WITHIN)


def refuse(*_):
    raise OperationalError
