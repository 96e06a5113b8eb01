"""A long count is done several days at a time where the database can, and ends with the same."""

import threading
from datetime import date, time

import pytest
from django.db import connection

from booking.models import Referral
from insights import at_once, keeping, waits
from insights.models import Wait
from tests.insights.test_late import figures
from tests.insights.test_resuming import FIRST, LAST, NOW, rows  # noqa: F401 - a fixture
from tests.waiting import until

MANY = range(at_once.FEW + 1)
only_postgresql = pytest.mark.skipif("connection.vendor == 'sqlite'", reason="one writes at a time")


def a_part():
    """So many keys that all requests are more parts than few, however high the keys are by now."""
    return max(1, max(Referral.objects.values_list("pk", flat=True)) // (2 * at_once.FEW))


def waited():
    return set(Wait.objects.values_list("referral", "clock", "begins", "until"))


@pytest.mark.django_db(transaction=True)
def test_it_ends_with_what_one_after_the_other_ends_with(rows, monkeypatch):  # noqa: F811
    monkeypatch.setattr(waits, "A_PART", a_part())
    with monkeypatch.context() as here:
        here.setattr(at_once, "FEW", 10_000)
        keeping.rebuild(FIRST, LAST, NOW)
    whole, by_clock = figures(), waited()
    assert by_clock

    keeping.rebuild(FIRST, LAST, NOW)

    assert (figures(), waited()) == (whole, by_clock)


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_many_are_done_beside_each_other_and_told_in_their_order():
    beside = threading.Barrier(at_once.AT_ONCE, timeout=60)
    connections = set()

    def act(number):
        if number < at_once.AT_ONCE:
            beside.wait()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            connections.add(cursor.fetchone())

    assert list(at_once.each(act, MANY)) == list(MANY)
    assert len(connections) >= at_once.AT_ONCE
    until(lambda: not connections & connected())  # the server ends each in its own time


def connected():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return set(cursor.fetchall())


@pytest.mark.parametrize("every", [MANY, range(at_once.FEW)])
def test_within_a_transaction_and_for_few_all_is_done_here(db, every):
    done_by = []

    assert list(at_once.each(lambda _: done_by.append(threading.get_ident()), every)) == list(every)

    assert set(done_by) == {threading.get_ident()}


@pytest.mark.django_db(transaction=True)
def test_few_are_done_here_outside_of_a_transaction_too():
    done_by = []

    for _ in at_once.each(lambda _: done_by.append(threading.get_ident()), range(at_once.FEW)):
        pass

    assert set(done_by) == {threading.get_ident()}


@pytest.mark.django_db(transaction=True)
def test_what_fails_is_raised_and_no_later_one_is_told():
    def act(number):
        if number == 4:
            raise ValueError("the fifth")

    told = []
    with pytest.raises(ValueError, match="the fifth"):
        told.extend(at_once.each(act, MANY))
    assert told == [0, 1, 2, 3]


def test_who_asks_while_all_are_written_sees_each_request_once(scan, monkeypatch):
    for hour in (9, 10, 11):
        scan(date(2026, 6, 9), time(hour))
    monkeypatch.setattr(waits, "A_PART", a_part())
    waits.refresh()
    before, seen = waited(), []
    write = waits._write

    def watched(those):
        write(those)
        seen.append(waited())

    monkeypatch.setattr(waits, "_write", watched)
    waits.refresh()
    assert len(before) == 3
    assert seen == [before] * len(seen)
