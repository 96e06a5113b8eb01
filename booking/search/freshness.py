"""How far the times of a trust can be trusted."""

from datetime import datetime
from typing import NamedTuple

from booking.models import Feed
from times.written import Written

FEEDS = Written(lambda: Feed.objects.defer("pull_url", "pull_state", "pull_problem"))


class Freshness(NamedTuple):
    """How far a trust's times can be trusted.

    `unknown`: too old to be shown at all. `late`: shown with when they were last checked.
    """

    unknown: bool
    late: bool
    checked_at: datetime | None


def of_trust(trust: str, *, now: datetime) -> Freshness:
    """Return how fresh the times of a trust (ODS code) are."""
    return of_feed(Feed.objects.filter(pk=trust).first(), now)


def feeds() -> dict[str, Feed]:
    """Return each trust's feed: read once a search."""
    return {feed.trust_id: feed for feed in FEEDS()}


def of_feed(feed: Feed | None, now: datetime) -> Freshness:
    """Return how fresh the times of a feed are, None if the trust has none."""
    if feed is None:
        return Freshness(True, True, None)
    return Freshness(feed.is_unknown(now), feed.is_late(now), feed.checked_at)
