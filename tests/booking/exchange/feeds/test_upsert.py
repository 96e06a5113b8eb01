"""The statement that writes slots, when another push came in between."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from booking.exchange.feeds import upsert
from booking.models import Slot


@pytest.fixture
def row(make_slot):
    """The row of a stored slot, as its trust would send it again."""
    stored = make_slot(external_id="s1")
    return upsert.SlotRow(**{name: getattr(stored, name) for name in upsert.COLUMNS})


def test_an_older_word_that_comes_late_changes_nothing(row, now):
    older = replace(row, status="withdrawn", free_at=None, fed_at=row.fed_at - timedelta(hours=1))

    upsert.write(upsert.prepared([older], now=now))

    assert Slot.objects.get().status == "free"


def test_a_newer_word_changes_the_row(row, now):
    newer = replace(row, status="busy", free_at=None, fed_at=row.fed_at + timedelta(hours=1))

    upsert.write(upsert.prepared([newer], now=now))

    assert Slot.objects.get().status == "busy"


@pytest.mark.parametrize(("hours", "status", "news"), [
    (1, "free", True), (0, "free", False), (0, "busy", True), (-1, "busy", False),
])  # fmt: skip
def test_only_what_is_not_older_is_news(row, hours, status, news):
    word = replace(row, status=status, fed_at=row.fed_at + timedelta(hours=hours))

    stored = upsert.stored_seats(row.trust_id, ["s1"], lock=False)
    assert upsert.is_newer(stored["s1", 0], word) is news


@pytest.mark.parametrize(("moment", "part", "weekend"), [
    (datetime(2026, 12, 2, 11, 59, tzinfo=UTC), "morning", False),
    (datetime(2026, 12, 2, 12, 0, tzinfo=UTC), "afternoon", False),
    (datetime(2026, 12, 2, 17, 0, tzinfo=UTC), "evening", False),
    (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), "morning", True),  # 00:30 on Sunday, summer
    (datetime(2026, 10, 25, 16, 30, tzinfo=UTC), "afternoon", True),  # the clocks went back
    (datetime(2027, 3, 29, 16, 0, tzinfo=UTC), "evening", False),  # 5pm, summer time
    (datetime(2026, 11, 29, 23, 59, tzinfo=UTC), "evening", True),
    (datetime(2026, 11, 27, 23, 59, tzinfo=UTC), "evening", False),  # Friday
    (datetime(2026, 11, 28, 0, 0, tzinfo=UTC), "morning", True),  # Saturday
    (datetime(2026, 11, 30, 0, 0, tzinfo=UTC), "morning", False),  # Monday
])  # fmt: skip
def test_parts_of_day_and_weekends_are_englands(moment, part, weekend):
    assert (upsert.daypart(moment), upsert.is_weekend(moment)) == (part, weekend)
