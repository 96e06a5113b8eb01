"""Feeds that went silent: an alarm on the clerks' list, closed when the feed is back."""

from datetime import datetime

from django.db import transaction

from booking.identifiers.actors import CLOCK
from booking.models import Feed
from booking.worklists import rows, subjects
from times.london import say_day, say_time

ACTOR = CLOCK


def watch(*, now: datetime) -> None:
    """Open a row for each feed that missed three intervals; close those of feeds that are back."""
    for feed in Feed.objects.select_related("trust"):
        if feed.is_late(now):
            last = feed.last_contact_at
            since = f"since {say_time(last)}, {say_day(last)}" if last else "yet"
            with transaction.atomic():
                rows.open_row(
                    rows.Kind.FEED_LATE,
                    subjects.of_feed(feed.pk),
                    f"No times have come from {feed.trust.name} {since}."[:200],
                    now=now,
                    actor=ACTOR,
                )
        else:
            about = subjects.of_feed(feed.pk)
            rows.close_about(rows.Kind.FEED_LATE, about, "resolved", now=now, actor=ACTOR)
