"""A log that is pruned: what was counted of a day is never made less by counting it again."""

from datetime import date, timedelta

import pytest

from booking.exchange.feeds import log
from booking.models import FeedCall
from insights import keeping
from insights.building import count
from insights.days import at
from insights.models import DayFigure, TrustMonth
from insights.reading import Amount, Filters, amounts
from sites.models import Trust

DAY, OTHER, TODAY = date(2026, 8, 10), date(2026, 8, 11), date(2026, 11, 24)
TAKEN, REFUSED = ("feed_calls", "taken"), ("feed_calls", "refused")


@pytest.fixture
def call(trust):
    """Write calls of a trust on a day: so many taken, so many refused."""
    Trust.objects.create(code="RXR", name="East Lancashire")

    def call(day, taken, refused=0, trust="RTX"):
        for number in range(taken + refused):
            log.record_call(
                trust, "$import", key=None, status=200 if number < taken else 422, counts={},
                now=at(day) + timedelta(minutes=number),
            )  # fmt: skip

    return call


def counted(trust=None):
    found = amounts(["feed_calls"], "month", Filters(trust=trust))
    month = DAY.replace(day=1)
    return tuple(found[one].get(month, Amount()).n for one in (TAKEN, REFUSED))


def test_a_rebuild_after_the_log_was_pruned_keeps_what_was_counted(call, now):
    call(DAY, 5, 2)
    count([DAY], today=TODAY)
    assert counted() == (5, 2)
    log.prune(now=now)
    assert not FeedCall.objects.exists()

    keeping.rebuild(DAY, OTHER, now)

    assert counted() == (5, 2)
    assert DayFigure.objects.get(counter="feed_calls", group="taken").n == 5


def test_of_a_day_that_is_half_pruned_the_whole_count_is_kept(call):
    call(DAY, 5, 2)
    count([DAY], today=TODAY)
    FeedCall.objects.filter(at__lt=at(DAY) + timedelta(minutes=3)).delete()

    count([DAY], today=TODAY)

    assert counted() == (5, 2)


def test_one_trusts_pruned_log_does_not_stop_anothers_calls(call):
    call(DAY, 5)
    call(DAY, 1, trust="RXR")
    count([DAY], today=TODAY)
    FeedCall.objects.filter(trust="RTX").delete()
    call(DAY, 3, 1, trust="RXR")

    count([DAY], today=TODAY)

    assert (counted("RTX"), counted("RXR")) == ((5, 0), (4, 1))


def test_calls_that_come_later_that_day_are_counted_once(call):
    call(DAY, 5)
    count([DAY], today=TODAY)
    call(DAY, 2, 1)
    for _ in range(2):
        count([DAY], today=TODAY)

    assert counted() == (7, 1)
    assert TrustMonth.objects.filter(counter="feed_calls").count() == 2
