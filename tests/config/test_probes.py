"""Probes: they need no host, no scheme and, for being alive, no database; and say what is amiss."""

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import Client

from config.health import ready, writing
from config.health.ready import ALL
from sites import places


@pytest.fixture(autouse=True)
def _looks_anew(monkeypatch):
    """What an earlier test found does not stand for this one."""
    monkeypatch.setattr(ready, "_migrated", False)
    writing.forget()
    yield
    writing.forget()


@pytest.fixture
def has_places(db):
    """The process has read the places, as one that serves does before its first request."""
    places.table()


def lines(answer):
    return dict(line.split(": ", 1) for line in answer.content.decode().splitlines())


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?of=web"])
@pytest.mark.parametrize("host", ["10.1.2.3", "web:8000", "scans.example", "[::1]:8000", "_"])
@pytest.mark.usefixtures("has_places")
def test_a_probe_by_any_host_without_tls_gets_its_answer(settings, path, host):
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["scans.example"]
    client = Client(headers={"Host": host})

    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert client.get(path).headers["Cache-Control"] == "no-store"
    assert client.get("/").status_code in (301, 400), "others still are refused or redirected"


def test_being_alive_asks_no_database(client):
    """Without the mark of a test that may: it would fail at the first question."""
    assert client.get("/healthz").content == b"ok"


def test_ready_names_each_part(has_places, client):
    found = lines(client.get("/readyz"))

    parts = ["database", "writes", "migrations", "places", "broker", "texts"]
    assert found == dict.fromkeys(parts, "ok")


def test_a_process_that_has_not_read_the_places_takes_no_requests(db, client):
    for address in ("/readyz", "/readyz?of=web"):
        answer = client.get(address)

        assert answer.status_code == 503
        assert lines(answer)["places"] == "not read yet"


def test_places_that_were_read_are_ready_still_when_the_database_is_away(
    has_places, client, monkeypatch
):
    monkeypatch.setitem(ready.ALL, "database", lambda: "away")

    found = lines(client.get("/readyz"))

    assert (found["database"], found["places"]) == ("away", "ok")


@pytest.mark.parametrize("part", list(ALL))
@pytest.mark.usefixtures("has_places")
def test_a_part_that_is_not_well_makes_it_not_ready_and_is_named(client, monkeypatch, part):
    monkeypatch.setitem(ready.ALL, part, lambda: "away")
    if part in ready.WEB:
        monkeypatch.setitem(ready.WEB, part, lambda: "away")

    answer = client.get("/readyz")

    assert (answer.status_code, lines(answer)[part]) == (503, "away")
    of_web = client.get("/readyz?of=web")
    assert of_web.status_code == (503 if part in ready.WEB else 200), "pages need no broker"


def test_a_database_that_is_away_is_named_and_nothing_else_of_it_is_asked(client, monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", away)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert lines(answer)["database"] == "away"
    assert "writes" not in lines(answer)


def test_a_database_that_goes_between_two_questions_is_no_server_error(db, client, monkeypatch):
    def goes():
        raise DatabaseError

    monkeypatch.setitem(ready.ALL, "migrations", goes)

    answer = client.get("/readyz")

    assert (answer.status_code, lines(answer)["migrations"]) == (503, "the database is away")


def test_a_migration_that_is_to_do_is_said(db, client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'booking'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert lines(answer)["migrations"].endswith(" to do")


def test_a_broker_that_nobody_answers_for_is_away(settings, monkeypatch):
    from celery import current_app

    monkeypatch.setattr(
        current_app, "connection_for_write",
        lambda **how: current_app.connection(url="redis://127.0.0.1:1/0", **how),
    )  # fmt: skip

    assert ready.broker().startswith("away")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own limit")
def test_a_full_disk_is_not_ready_while_pages_still_are_read(transactional_db, client):
    """`max_page_count` is to SQLite what a full disk is: no page more."""
    places.table()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count")
        before = cursor.fetchone()[0]
        cursor.execute("VACUUM")  # no free page is left in the file
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    try:
        answer = client.get("/readyz")
        assert client.get("/").status_code == 200, "what is read goes on"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {before}")

    assert answer.status_code == 503
    assert lines(answer)["database"] == "ok"
    assert "full" in lines(answer)["writes"]
    writing.forget()
    assert client.get("/readyz").status_code == 200, "and is well again by itself"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="of a database in a file")
def test_a_disk_without_room_for_the_log_is_not_ready(db, client, monkeypatch):
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _path: _Usage(writing.FREE - 1))

    assert "full" in lines(client.get("/readyz"))["writes"]


class _Usage:
    def __init__(self, free):
        self.free = free


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own")
def test_a_database_that_only_reads_is_not_ready(transactional_db, client):
    """A standby, or one that its keeper stopped: it answers, and takes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        answer = client.get("/readyz")
    finally:
        connection.close()

    assert answer.status_code == 503
    assert "read-only" in lines(answer)["writes"]


def test_nothing_is_left_of_the_question(transactional_db):
    from booking.models import Heartbeat

    assert writing.why_not() == ""
    assert list(Heartbeat.objects.values_list("name", flat=True)) == [writing.NAME]


def test_who_asks_often_makes_us_write_once(db, monkeypatch):
    looked = []
    monkeypatch.setattr(writing, "_look", lambda: looked.append(1) or "")
    monkeypatch.setattr(writing.time, "monotonic", lambda: 100.0)
    writing.why_not()
    writing.why_not()
    monkeypatch.setattr(writing.time, "monotonic", lambda: 100.1 + writing.KEPT)
    writing.why_not()

    assert len(looked) == 2
