"""When each request waited, and by which clock; written for all, or for those that changed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking.models import Appointment, Referral
from insights import waits
from insights.any_day import AnyDay, filled
from insights.building import Queries
from insights.days import days_between
from insights.inserting import sql_of
from insights.measures import COUNTERS
from insights.models import Wait

DAY = date(2026, 6, 10)


def stretches():
    """Return the clocks of all stretches, in the order in which they begin."""
    return list(Wait.objects.order_by("begins").values_list("clock", flat=True))


def test_two_missed_times_of_one_moment_start_the_clock_once(scan):
    first = scan(DAY, time(9), status="did_not_attend")
    Appointment.objects.filter(pk=scan(DAY, time(9), status="did_not_attend").pk).update(
        referral=first.referral
    )
    Referral.objects.exclude(pk=first.referral_id).update(clock_start=DAY + timedelta(days=9))

    waits.refresh()

    assert stretches().count(DAY) == 1
    assert waits.open_on(DAY).count() == 1


def test_each_missed_time_begins_a_stretch_and_a_scan_ends_the_last(scan):
    first = scan(DAY, time(9), status="did_not_attend")
    for later, status in ((3, "did_not_attend"), (5, "attended"), (8, "did_not_attend")):
        other = scan(DAY + timedelta(days=later), time(9), status=status)
        Appointment.objects.filter(pk=other.pk).update(referral=first.referral)
    Referral.objects.exclude(pk=first.referral_id).delete()
    began = first.referral.clock_start

    waits.refresh()

    assert stretches() == [began, DAY, DAY + timedelta(days=3)]
    open_days = [d for d in days_between(DAY, DAY + timedelta(days=9)) if waits.open_on(d)]
    assert open_days == list(days_between(DAY, DAY + timedelta(days=4)))


def test_only_the_requests_that_changed_are_written_anew(wait):
    one, other = wait(DAY), wait(DAY)
    waits.refresh()
    Referral.objects.update(ended_at=datetime(2026, 6, 11, 9, tzinfo=UTC), end_reason="withdrawn")

    waits.refresh(Referral.objects.filter(pk=one.pk).values("pk"))

    assert list(waits.open_on(date(2026, 6, 12))) == [other]


def test_a_request_that_is_gone_waits_no_more(wait):
    wait(DAY)
    waits.refresh()
    Referral.objects.all().delete()

    assert not waits.open_on(DAY).exists()
    waits.refresh()
    assert not Wait.objects.exists()


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda one: one.code)
@pytest.mark.parametrize(
    "day",
    [date(2026, 3, 29), date(2026, 10, 25), date(2024, 2, 29), date(2026, 5, 25), date(2026, 6, 9)],
)
def test_a_query_written_for_any_day_is_that_of_the_day(db, counter, day):
    """Two days of each kind: what was written for the first must not be asked of the second."""
    queries = Queries()
    for near in (day - timedelta(days=7), day):
        sql, params = queries.of(counter.rows, near)
        plain, values = sql_of(counter.rows(near))
        assert sql.replace("(%s)", "%s") == plain.replace("(%s)", "%s")
        assert list(map(str, params)) == list(map(str, values))


def test_what_is_not_a_days_own_cannot_be_asked_of_any_day():
    with pytest.raises(AttributeError):
        AnyDay(None).as_date().replace(day=1)
    assert filled(["a", 1], DAY) == ["a", 1]
