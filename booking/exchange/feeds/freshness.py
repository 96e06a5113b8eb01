"""How old a feed's times are, and an alarm on the clerks' list while they are too old.

Not the call counts but what the source says of itself: a file that stands for days, or a clock of
last week, is as old as that however often it is fetched or sent.
"""

from datetime import datetime, timedelta

from django.db import transaction

from booking.exchange.feeds.parse import AHEAD
from booking.exchange.feeds.report import Report
from booking.identifiers.actors import CLOCK
from booking.models import Feed
from booking.worklists import rows, subjects
from times.london import say_day, say_time

ACTOR = CLOCK
QUIET = timedelta(days=3)
"""How long a source that says nothing of itself may say nothing new: over a long weekend nothing
may change at a small place, but something does within three days where people are scanned."""


def of_push(report: Report, *, as_of: datetime | None, now: datetime) -> datetime:
    """Return how old a feed's times are after a push that could be used.

    Whoever sends something new says what is now. Who sends the same again is believed, unless
    its youngest stamp is over QUIET old: then it is frozen, and no younger than it was.
    """
    newest = report.newest or now
    if report.changed or now - newest <= QUIET:
        return now
    return max(min(newest, now), as_of or newest)


def of_source(
    said: datetime | None, changed_at: datetime | None, *, now: datetime
) -> datetime | None:
    """Return how old a pulled feed's times are: what its source says, else when it last changed.

    A stamp that lies ahead of our clock says nothing.
    """
    if said is not None and said <= now + AHEAD:
        return min(said, now)
    if changed_at is None or now - changed_at <= QUIET:
        return now
    return changed_at


def watch(*, now: datetime) -> None:
    """Open a row for each feed that missed three intervals; close those of feeds that are back."""
    for feed in Feed.objects.select_related("trust"):
        if feed.is_late(now):
            with transaction.atomic():
                rows.open_row(
                    rows.Kind.FEED_LATE,
                    subjects.of_feed(feed.pk),
                    _words(feed)[:200],
                    now=now,
                    actor=ACTOR,
                )
        else:
            about = subjects.of_feed(feed.pk)
            rows.close_about(rows.Kind.FEED_LATE, about, "resolved", now=now, actor=ACTOR)


def _words(feed: Feed) -> str:
    last, checked = feed.last_contact_at, feed.checked_at
    if last is None or checked is None:
        return f"No times have come from {feed.trust.name} yet."
    when = f"{say_time(checked)}, {say_day(checked)}"
    if checked < last:
        return f"{feed.trust.name} still sends its times as they were at {when}."
    return f"No times have come from {feed.trust.name} since {when}."
