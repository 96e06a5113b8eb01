"""How a statement waits for SQLite's one lock."""

import sqlite3

import pytest
from django.db import OperationalError, connection

from booking.models import Counter
from config.sqlite import base

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has a queue"),
]


@pytest.fixture
def other():
    """Another connection, which has the lock."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_who_waits_looks_every_millisecond_and_gets_in_when_the_lock_is_free(other, monkeypatch):
    looks = []

    def sleep(seconds):
        looks.append(seconds)
        if len(looks) == 12:
            other.rollback()

    monkeypatch.setattr(base.time, "sleep", sleep)

    Counter.objects.create(name="waited", value=1)

    assert looks == [0.001] * 12
    assert Counter.objects.get().name == "waited"


def test_who_waits_too_long_is_told_that_it_is_locked(other, monkeypatch):
    monkeypatch.setattr(base, "WAIT", 0.01)

    with pytest.raises(OperationalError, match="locked"):
        Counter.objects.create(name="waited", value=1)


def test_what_read_before_another_wrote_fails_at_once(other, monkeypatch):
    monkeypatch.setattr(base.time, "sleep", lambda _: pytest.fail("it waited"))
    other.rollback()

    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        cursor.execute("SELECT * FROM booking_counter")
        other.execute("INSERT INTO booking_counter VALUES ('other', 1)")
        with pytest.raises(OperationalError, match="locked"):
            cursor.execute("INSERT INTO booking_counter VALUES ('late', 1)")
        cursor.execute("ROLLBACK")


def test_who_is_still_reading_what_another_changed_fails_at_once(other, monkeypatch):
    monkeypatch.setattr(base.time, "sleep", lambda _: pytest.fail("it waited"))
    other.execute("INSERT INTO booking_counter VALUES ('a', 1), ('b', 1)")
    other.commit()

    with connection.cursor() as reading, connection.cursor() as cursor:
        reading.execute("SELECT * FROM booking_counter")
        other.execute("INSERT INTO booking_counter VALUES ('other', 1)")
        with pytest.raises(OperationalError, match="locked"):
            cursor.execute("INSERT INTO booking_counter VALUES ('late', 1)")


def test_other_errors_are_not_waited_for(monkeypatch):
    monkeypatch.setattr(base.time, "sleep", lambda _: pytest.fail("it waited"))

    with connection.cursor() as cursor, pytest.raises(OperationalError, match="no such table"):
        cursor.execute("SELECT * FROM missing")
