"""Counters that take from the same rows read them once, and the database counts as it is told."""

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.models import Appointment
from insights.building import count_day
from insights.inserting import counting
from insights.measures.scans import BOOKED, MISSED, SCANS
from insights.measures.waiting import FROM_REFERRAL, WAITING
from insights.models import DayFigure

DAY, NOON = date(2026, 6, 9), time(12)
Status = Appointment.Status


@pytest.mark.parametrize("counters", [[SCANS, MISSED, BOOKED], [WAITING, FROM_REFERRAL]])
def test_counters_of_the_same_rows_are_one_statement(db, counters):
    with CaptureQueriesContext(connection) as asked:
        count_day(DAY, counters)

    written = [one for one in asked if DayFigure._meta.db_table in one["sql"]]
    assert sum("INSERT" in one["sql"] for one in written) == 1


def test_each_takes_its_own_of_them(scan):
    for status in (Status.ATTENDED, Status.ATTENDED, Status.DID_NOT_ATTEND, Status.CANCELLED):
        scan(DAY, NOON, status=status)

    count_day(DAY, [SCANS, MISSED, BOOKED])

    counted = dict.fromkeys(("scans", "did_not_attend", "booked"), 0)
    for figure in DayFigure.objects.all():
        counted[figure.counter] += figure.n
    assert counted == {"scans": 2, "did_not_attend": 1, "booked": 3}


def test_one_of_them_is_counted_alone(scan):
    scan(DAY, NOON, status=Status.DID_NOT_ATTEND)

    count_day(DAY, [MISSED])

    assert list(DayFigure.objects.values_list("counter", "n", "total")) == [
        ("did_not_attend", 1, 0)
    ]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no such setting")
@pytest.mark.django_db(transaction=True)
def test_how_it_counts_is_not_left_behind():
    with counting(), connection.cursor() as cursor:
        cursor.execute("SHOW random_page_cost")
        assert cursor.fetchone() == ("1.1",)

    with connection.cursor() as cursor:
        cursor.execute("SHOW random_page_cost")
        assert cursor.fetchone() != ("1.1",)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps pages for everybody")
def test_many_pages_are_kept_for_who_counts(db):
    with counting(), connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        assert cursor.fetchone() == (-131072,)
