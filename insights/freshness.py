"""Looks how fresh each trust's times are, and keeps it by day: a feed has no history of its own."""

from datetime import datetime, timedelta

from django.db.models import F

from booking.models import Feed
from insights.models import FeedLook
from times.london import day_in_england

MINUTE = timedelta(minutes=1)


def look(now: datetime) -> None:
    """Note how old the times of each feed are; of one that never sent any nothing is known."""
    for feed in Feed.objects.all():
        checked = feed.checked_at
        if checked is None:
            continue
        age = max(now - checked, timedelta(0)) // MINUTE
        known = {"day": day_in_england(now), "trust": feed.pk, "is_late": feed.is_late(now)}
        row, _ = FeedLook.objects.get_or_create(**known)
        FeedLook.objects.filter(pk=row.pk).update(looks=F("looks") + 1, minutes=F("minutes") + age)
