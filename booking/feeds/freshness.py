"""Feeds that went silent: an alarm on the clerks' list, closed when the feed is back."""

from datetime import datetime

from booking import worklists
from booking.models import Feed, WorklistRow
from notifications.wording.dates import say_day, say_time

ACTOR = "clock"


def watch(*, now: datetime) -> None:
    """Open a row for each feed that missed three intervals; close those of feeds that are back."""
    for feed in Feed.objects.select_related("trust"):
        if feed.is_late(now):
            last = feed.last_contact_at
            since = f"since {say_time(last)}, {say_day(last)}" if last else "yet"
            worklists.open_row(
                worklists.Kind.FEED_LATE,
                about=feed.pk,
                reason=f"No times have come from {feed.trust.name} {since}."[:200],
                trust=feed.pk,
                now=now,
                actor=ACTOR,
            )
        else:
            for row in WorklistRow.objects.filter(
                kind=worklists.Kind.FEED_LATE, about=feed.pk, closed_at=None
            ):
                worklists.close_row(row, "resolved", now=now, actor=ACTOR)
