"""How fresh trusts' times were: noted at each count, summed up by month, equal to a plain sum."""

import random
from datetime import date, timedelta

import pytest

from booking.models import Feed
from insights import keeping
from insights.measures import measure_of
from insights.models import FeedLook, Invented
from insights.reading import Filters, values
from sites.models import Trust

MINUTES, ON_TIME = measure_of("feed_minutes"), measure_of("feeds_on_time")
HOUR, NOVEMBER = timedelta(hours=1), date(2026, 11, 1)


@pytest.fixture
def feeds(trust, now):
    """Two feeds that send each 15 minutes, and one that never sent anything."""
    for code in ("RXR", "RXN"):
        Trust.objects.create(code=code, name=code)
    for code in ("RTX", "RXR", "RXN"):
        Feed.objects.update_or_create(
            pk=code, defaults={"interval_minutes": 15, "last_contact_at": None, "as_of": None}
        )


def sent(trust, at, as_of=None):
    Feed.objects.filter(pk=trust).update(last_contact_at=at, as_of=as_of)


def test_a_month_says_what_a_plain_sum_of_its_looks_says(feeds, now):
    dice, ages = random.Random(7), {"RTX": [], "RXR": []}
    for hour in range(12):
        moment = now + hour * HOUR
        for trust, seen in ages.items():
            age = dice.choice([0, 5, 44, 46, 300])
            sent(trust, moment - timedelta(minutes=age))
            seen.append(age)
        keeping.keep(moment)

    both = ages["RTX"] + ages["RXR"]
    asked = {None: both, **ages}
    for trust, seen in asked.items():
        filters = Filters(trust=trust)
        late = sum(age > 45 for age in seen)
        assert values(MINUTES, "month", filters)[NOVEMBER] == pytest.approx(sum(seen) / len(seen))
        assert values(ON_TIME, "month", filters)[NOVEMBER] == pytest.approx(
            100 * (len(seen) - late) / len(seen)
        )
        assert 0 < late < len(seen), "the test would be blind"
    assert FeedLook.objects.count() == 4, "two rows a trust and day, however many looks"


def test_times_are_as_old_as_their_sender_says(feeds, now):
    sent("RTX", now, as_of=now - timedelta(minutes=90))
    keeping.keep(now)

    look = FeedLook.objects.get()
    assert (look.trust, look.minutes, look.is_late, look.looks) == ("RTX", 90, True, 1)


def test_a_clock_that_is_ahead_is_no_negative_age(feeds, now):
    sent("RTX", now + timedelta(minutes=3))
    keeping.keep(now)

    assert FeedLook.objects.get().minutes == 0


def test_the_day_is_englands(feeds, now):
    midnight = now.replace(month=7, hour=23, minute=30)  # 0.30 in England's summer
    sent("RTX", midnight)
    keeping.keep(midnight)

    assert FeedLook.objects.get().day == midnight.date() + timedelta(days=1)


def test_a_rebuild_keeps_what_was_seen_then(feeds, now):
    sent("RTX", now - timedelta(minutes=30))
    keeping.keep(now)
    sent("RTX", now - timedelta(minutes=1))
    keeping.rebuild(now.date(), now.date(), now)

    assert values(MINUTES, "month", Filters())[NOVEMBER] == 30


def test_beside_invented_figures_nothing_is_noted(feeds, now):
    Invented.objects.create(note="Invented.", at=now)
    sent("RTX", now)
    keeping.keep(now)

    assert not FeedLook.objects.exists()
